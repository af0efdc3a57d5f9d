/* JSON verbose (odata-v2.md 4). Names, types and deferred links come from the pieces that service.c
 * has prepared; the URI of an entity is worked out once and copied. */
#include "base/codec.h"
#include "base/json.h"
#include "odata/out.h"

enum { EXPECT_MOST = 1 << 20 }; /* bytes reserved ahead for the rows of a page */

static void text(struct buf *out, str s)
{
    struct jw w;
    jw_init(&w, out);
    jw_str(&w, s);
}

static void quoted(struct buf *out, enum edm t, struct value v)
{
    buf_add_char(out, '"');
    if (t == EDM_BINARY)
        base64_write(out, v.s, false);
    else
        edm_write_text(out, t, v);
    buf_add_char(out, '"');
}

static void number(struct buf *out, int64_t v)
{
    struct jw w;
    jw_init(&w, out);
    jw_int(&w, v);
}

/* Gateway writes offsets and two digits where the library writes neither; false: the same for both. */
static bool write_as_gateway(struct buf *out, enum edm t, struct value v)
{
    if (t == EDM_DATETIMEOFFSET) {
        buf_addf(out, "\"\\/Date(%lld+0000)\\/\"", (long long)v.i);
    } else if (t == EDM_TIME) {
        int seconds = (int)(v.i / 1000);
        buf_addf(out, "\"PT%02dH%02dM%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
        if (v.i % 1000)
            buf_addf(out, ".%03d", (int)(v.i % 1000));
        buf_addz(out, "S\"");
    } else {
        return false;
    }
    return true;
}

static void write_value(struct buf *out, const struct odata_request *rq, enum edm t,
                        const struct value *v)
{
    if (v->kind == V_NULL) {
        buf_add(out, STR("null"));
        return;
    }
    if (rq->service->config.gateway && write_as_gateway(out, t, *v))
        return;
    switch (t) {
    case EDM_STRING:
    case EDM_GUID:
        text(out, v->s);
        break;
    case EDM_BOOLEAN:
        buf_add(out, v->i ? STR("true") : STR("false"));
        break;
    case EDM_BYTE:
    case EDM_SBYTE:
    case EDM_INT16:
    case EDM_INT32:
        number(out, v->i);
        break;
    case EDM_DATETIME:
    case EDM_DATETIMEOFFSET:
        buf_add(out, STR("\"\\/Date("));
        number(out, v->i);
        buf_add(out, STR(")\\/\""));
        break;
    case EDM_INT64:
    case EDM_DECIMAL:
    case EDM_SINGLE:
    case EDM_DOUBLE:
    case EDM_TIME:
    case EDM_BINARY:
        quoted(out, t, *v);
        break;
    case EDM_COMPLEX:
    case EDM_COUNT:
        break;
    }
}

static void write_complex(struct buf *out, const struct odata_request *rq,
                          const struct model_type *t, const struct value *values);

static void write_property(struct buf *out, const struct odata_request *rq,
                           const struct model_property *p, const struct value *values)
{
    if (p->complex)
        write_complex(out, rq, p->complex, values);
    else
        write_value(out, rq, p->type, p->hidden ? &VALUE_NULL : values);
}

static void write_complex(struct buf *out, const struct odata_request *rq,
                          const struct model_type *t, const struct value *values)
{
    const struct type_info *info = type_info_of(rq->service, t);
    buf_add(out, STR("{\"__metadata\":{"));
    buf_add(out, str_from(info->meta, 2)); /* without the quote and comma of an entity's */
    buf_add_char(out, '}');
    for (size_t i = 0; i < t->properties.n; i++) {
        buf_add(out, info->keys[i]);
        write_property(out, rq, &t->properties.at[i], values + t->properties.at[i].slot);
    }
    buf_add_char(out, '}');
}

static void write_entity(struct odata_request *rq, const struct set_info *set,
                         const struct entity *en, const struct pick *pick);

static void write_inline(struct odata_request *rq, const struct entity *en,
                         const struct pick_nav *pn, const struct model_nav *nav)
{
    const struct set_info *to = info_of(rq->service, nav->set);
    bool first = true;
    buf_addf(rq->out, ",\"" STR_FMT "\":%s", STR_ARG(nav->name), nav->many ? "{\"results\":[" : "");
    /* Shared entities may nest in each other without end: the limit of the answer ends it. */
    for (size_t i = 0; i < en->inlines.n && (nav->many || first) && !rq->out->failed; i++) {
        if (en->inlines.at[i].nav != pn->nav)
            continue;
        if (!first)
            buf_add_char(rq->out, ',');
        write_entity(rq, to, en->inlines.at[i].child, pn->sub);
        first = false;
    }
    buf_addz(rq->out, nav->many ? "]}" : first ? "null" : "");
}

/* What stands in the answer already. */
struct span {
    size_t from, n;
};

static void add_again(struct buf *out, struct span s)
{
    char *to = buf_reserve(out, s.n);
    if (to) {
        memcpy(to, out->p + s.from, s.n);
        out->n += s.n;
    }
}

static void write_media(struct buf *out, const struct entity *en, struct span uri)
{
    buf_add(out, STR(",\"content_type\":"));
    text(out, en->media_type.p ? en->media_type : STR("application/octet-stream"));
    buf_add(out, STR(",\"media_src\":\""));
    add_again(out, uri);
    buf_add(out, STR("/$value\",\"edit_media\":\""));
    add_again(out, uri);
    buf_add(out, STR("/$value\""));
}

static void write_navs(struct odata_request *rq, const struct type_info *info,
                       const struct entity *en, struct span uri, const struct pick *pick)
{
    const struct model_type *t = info->type;
    for (size_t i = 0; i < t->navs.n; i++) {
        const struct pick_nav *pn = picked_nav(pick, &t->navs.at[i]);
        if (pn && pn->expand) {
            write_inline(rq, en, pn, &t->navs.at[i]);
        } else if (pn) {
            buf_add(rq->out, info->deferred[i]);
            add_again(rq->out, uri);
            buf_add(rq->out, info->nav_tails[i]);
        }
    }
}

static void write_entity(struct odata_request *rq, const struct set_info *set,
                         const struct entity *en, const struct pick *pick)
{
    const struct type_info *info = type_info_of(rq->service, en->type);
    struct buf *out = rq->out;
    buf_add(out, STR("{\"__metadata\":{\"id\":\""));
    struct span uri = {.from = out->n};
    buf_add(out, rq->base);
    write_entity_path(out, set->set, en);
    uri.n = out->n - uri.from;
    buf_add(out, STR("\",\"uri\":\""));
    add_again(out, uri);
    buf_add(out, info->meta);
    if (info->versioned) {
        buf_add(out, STR(",\"etag\":"));
        text(out, etag_of(rq->arena, en));
    }
    if (info->type->has_stream)
        write_media(out, en, uri);
    buf_add_char(out, '}');
    for (size_t i = 0; i < info->type->properties.n; i++) {
        const struct model_property *p = &info->type->properties.at[i];
        if (!picked(pick, i))
            continue;
        buf_add(out, info->keys[i]);
        write_property(out, rq, p, en->values + p->slot);
    }
    write_navs(rq, info, en, uri, pick);
    buf_add_char(out, '}');
}

static void write_count(struct odata_request *rq, int64_t count)
{
    if (count >= 0)
        buf_addf(rq->out, "\"__count\":\"%lld\",", (long long)count);
}

static void write_next(struct odata_request *rq, str next)
{
    if (!next.p)
        return;
    buf_addz(rq->out, ",\"__next\":");
    text(rq->out, next);
}

/* Room for n more rows like the one that begins at from, when that is not much: the answer moves once. */
static void expect_rows(struct buf *out, size_t from, size_t n)
{
    size_t more = (out->n - from) * n;
    if (more <= EXPECT_MOST && more <= out->limit - out->n)
        (void)buf_reserve(out, more);
}

static void json_feed(struct odata_request *rq, const struct set_info *info,
                      const struct page *page)
{
    buf_addz(rq->out, "{\"d\":{");
    write_count(rq, page->count);
    buf_addz(rq->out, "\"results\":[");
    size_t from = rq->out->n;
    for (size_t i = 0; i < page->rows.n; i++) {
        if (i)
            buf_add_char(rq->out, ',');
        write_entity(rq, info, page->rows.at[i], rq->options.pick);
        if (i == 0)
            expect_rows(rq->out, from, page->rows.n);
    }
    buf_add_char(rq->out, ']');
    write_next(rq, next_uri(rq, page));
    buf_addz(rq->out, "}}");
}

static void json_entry(struct odata_request *rq, const struct set_info *info,
                       const struct entity *en)
{
    buf_add(rq->out, STR("{\"d\":"));
    write_entity(rq, info, en, rq->options.pick);
    buf_add_char(rq->out, '}');
}

static void json_links(struct odata_request *rq, const struct links *l)
{
    bool object = l->many && (l->count >= 0 || l->next.p || rq->service->config.gateway);
    buf_addz(rq->out, "{\"d\":");
    if (object) {
        buf_add_char(rq->out, '{');
        write_count(rq, l->count);
        buf_addz(rq->out, "\"results\":");
    }
    buf_addz(rq->out, l->many ? "[" : "");
    for (size_t i = 0; i < l->list->n; i++) {
        buf_addz(rq->out, i ? ",{\"uri\":\"" : "{\"uri\":\"");
        buf_add(rq->out, rq->base);
        write_entity_path(rq->out, l->info->set, l->list->at[i]);
        buf_addz(rq->out, "\"}");
    }
    buf_addz(rq->out, l->many ? "]" : "");
    write_next(rq, l->next);
    buf_addz(rq->out, object ? "}}" : "}");
}

static void json_property(struct odata_request *rq, const struct out_property *p)
{
    buf_addf(rq->out, "{\"d\":{\"" STR_FMT "\":", STR_ARG(p->property->name));
    write_property(rq->out, rq, p->property, p->values);
    buf_addz(rq->out, "}}");
}

static void write_result(struct odata_request *rq, const struct out_function *f, size_t i)
{
    if (f->function->returns_type)
        write_complex(rq->out, rq, f->function->returns_type, f->result->list.at[i]->values);
    else
        write_value(rq->out, rq, f->function->returns, &f->result->values.at[i]);
}

static void json_function(struct odata_request *rq, const struct out_function *f)
{
    const struct model_type *t = f->function->returns_type;
    size_t n = t ? f->result->list.n : f->result->values.n;
    if (!f->function->returns_many) {
        buf_addf(rq->out, "{\"d\":{\"" STR_FMT "\":", STR_ARG(f->function->name));
        if (n)
            write_result(rq, f, 0);
        buf_addz(rq->out, n ? "}}" : "null}}");
        return;
    }
    buf_addz(rq->out, "{\"d\":{");
    if (!rq->service->config.gateway)
        buf_addf(rq->out, "\"__metadata\":{\"type\":\"Collection(" STR_FMT ")\"},",
                 STR_ARG(t ? t->qualified : str_of(edm_name(f->function->returns))));
    buf_addz(rq->out, "\"results\":[");
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_add_char(rq->out, ',');
        write_result(rq, f, i);
    }
    buf_addz(rq->out, "]}}");
}

static void json_service(struct odata_request *rq)
{
    const struct model *m = rq->service->model;
    bool first = true;
    buf_addz(rq->out, "{\"d\":{\"EntitySets\":[");
    for (size_t i = 0; i < m->sets.n; i++) {
        if (!m->sets.at[i]->in_service_document)
            continue;
        buf_addf(rq->out, "%s\"" STR_FMT "\"", first ? "" : ",", STR_ARG(m->sets.at[i]->name));
        first = false;
    }
    buf_addz(rq->out, "]}}");
}

const struct writer json_writer = {json_feed,     json_entry,    json_links,
                                   json_property, json_function, json_service};
