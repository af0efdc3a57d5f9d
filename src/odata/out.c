/* What the formats share: URIs of entities, and which parts of an entity are wanted. */
#include "odata/out.h"

#include "base/codec.h"

const struct pick_nav nav_deferred = {0};

const struct writer *writer_of(const struct odata_request *rq)
{
    return rq->format == FORMAT_JSON ? &json_writer : &atom_writer;
}

/* Quotes stay as they are; what stands between them is encoded. */
static void write_key(struct buf *out, enum edm t, struct value v)
{
    if (t == EDM_STRING && v.kind == V_TEXT && str_find_char(v.s, '\'', 0) == SIZE_MAX) {
        buf_add_char(out, '\'');
        percent_write(out, v.s, "");
        buf_add_char(out, '\'');
        return;
    }
    AUTO(buf) struct buf literal = BUF(1 << 20);
    edm_write_uri(&literal, t, v);
    percent_write(out, buf_str(&literal), "'");
}

void write_entity_path(struct buf *out, const struct model_set *set, const struct entity *en)
{
    const struct model_type *t = set->type;
    buf_add(out, set->uri_name);
    for (size_t i = 0; i < t->keys.n; i++) {
        const struct model_property *p = &t->properties.at[t->keys.at[i]];
        buf_add_char(out, i ? ',' : '(');
        if (t->keys.n > 1) {
            buf_add(out, p->uri_name);
            buf_add_char(out, '=');
        }
        write_key(out, p->type, en->values[p->slot]);
    }
    buf_add_char(out, ')');
}

str entity_uri(const struct odata_request *rq, const struct model_set *set, const struct entity *en)
{
    AUTO(buf) struct buf b = BUF(1 << 20);
    buf_add(&b, rq->base);
    write_entity_path(&b, set, en);
    return arena_str(rq->arena, buf_str(&b));
}

str next_uri(const struct odata_request *rq, const struct page *page)
{
    if (!page->next.p)
        return STR_NONE;
    str path = str_from(rq->http->path, rq->service->root.n);
    while (str_starts(path, STR("/")))
        path = str_from(path, 1);
    return arena_fmt(rq->arena, STR_FMT STR_FMT "?" STR_FMT, STR_ARG(rq->base), STR_ARG(path),
                     STR_ARG(options_next(rq->arena, rq->http->query, page->next_top, page->next)));
}

bool picked(const struct pick *p, size_t property)
{
    return p->all || p->props[property];
}

const struct pick_nav *picked_nav(const struct pick *p, const struct model_nav *nav)
{
    for (size_t i = 0; i < p->navs.n; i++)
        if (p->navs.at[i].nav == nav || str_eq(p->navs.at[i].nav->name, nav->name))
            return &p->navs.at[i];
    return p->all ? &nav_deferred : NULL;
}
