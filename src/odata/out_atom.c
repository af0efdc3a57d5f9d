/* Atom and plain XML (odata-v2.md 5), written as text: every name is the model's, every value is
 * escaped, every URI is percent-encoded. */
#include "base/codec.h"
#include "base/time.h"
#include "format/xml.h"
#include "odata/feed.h"
#include "odata/out.h"

#define DATA "http://schemas.microsoft.com/ado/2007/08/dataservices"
#define XML "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
#define NAMESPACES                                                                         \
    " xmlns=\"http://www.w3.org/2005/Atom\" xmlns:m=\"" DATA "/metadata\" xmlns:d=\"" DATA \
    "\" xml:base=\""

static void escaped(struct odata_request *rq, str s, bool attribute)
{
    xml_escape(rq->out, s, attribute);
}

static void write_text(struct odata_request *rq, enum edm t, struct value v)
{
    if (t == EDM_BINARY) {
        base64_write(rq->out, v.s, false);
    } else if (t == EDM_STRING) {
        escaped(rq, v.s, false);
    } else {
        edm_write_text(rq->out, t, v);
    }
}

/* <d:Name>: prefix "d:" inside m:properties, "" with a default namespace. extra: attributes. */
static void write_property(struct odata_request *rq, const struct model_property *p,
                           const struct value *values, const char *prefix, const char *extra)
{
    buf_addf(rq->out, "<%s" STR_FMT "%s", prefix, STR_ARG(p->name), extra);
    if (p->complex) {
        buf_addf(rq->out, " m:type=\"" STR_FMT "\">", STR_ARG(p->complex->qualified));
        for (size_t i = 0; i < p->complex->properties.n; i++) {
            const struct model_property *inner = &p->complex->properties.at[i];
            write_property(rq, inner, values + inner->slot, prefix, "");
        }
    } else if (values->kind == V_NULL || p->hidden) {
        buf_addz(rq->out, " m:null=\"true\"/>");
        return;
    } else {
        if (p->type != EDM_STRING && prefix[0])
            buf_addf(rq->out, " m:type=\"%s\"", edm_name(p->type));
        buf_add_char(rq->out, '>');
        write_text(rq, p->type, *values);
    }
    buf_addf(rq->out, "</%s" STR_FMT ">", prefix, STR_ARG(p->name));
}

static void write_properties(struct odata_request *rq, const struct entity *en,
                             const struct pick *pick)
{
    buf_addz(rq->out, "<m:properties>");
    for (size_t i = 0; i < en->type->properties.n; i++)
        if (picked(pick, i) && !en->type->properties.at[i].feed_only)
            write_property(rq, &en->type->properties.at[i],
                           en->values + en->type->properties.at[i].slot, "d:", "");
    buf_addz(rq->out, "</m:properties>");
}

static void write_entry(struct odata_request *rq, const struct set_info *set,
                        const struct entity *en, const struct pick *pick);

/* tag and what follows up to '>': m:etag */
static void open_entry(struct odata_request *rq, const struct entity *en, const char *tag)
{
    buf_addz(rq->out, tag);
    if (type_info_of(rq->service, en->type)->versioned) {
        buf_addz(rq->out, " m:etag=\"");
        escaped(rq, etag_of(rq->arena, en), true);
        buf_add_char(rq->out, '"');
    }
    buf_add_char(rq->out, '>');
}

static void write_feed_head(struct odata_request *rq, const struct set_info *set, str id,
                            int64_t count)
{
    buf_addf(rq->out,
             "<id>" STR_FMT STR_FMT "</id><title type=\"text\">" STR_FMT "</title><updated>" STR_FMT
             "</updated><author><name/></author><link href=\"" STR_FMT
             "\" rel=\"self\" title=\"" STR_FMT "\"/>",
             STR_ARG(rq->base), STR_ARG(id), STR_ARG(set->set->name),
             STR_ARG(time_iso(rq->arena, time_now_ms(), false)), STR_ARG(id),
             STR_ARG(set->set->name));
    if (count >= 0)
        buf_addf(rq->out, "<m:count>%lld</m:count>", (long long)count);
}

static void write_inline(struct odata_request *rq, const struct entity *en,
                         const struct pick_nav *pn, const struct model_nav *nav, str path)
{
    const struct set_info *to = info_of(rq->service, nav->set);
    buf_addz(rq->out, "<m:inline>");
    if (nav->many) {
        buf_addz(rq->out, "<feed>");
        write_feed_head(
            rq, to,
            arena_fmt(rq->arena, STR_FMT "/" STR_FMT, STR_ARG(path), STR_ARG(nav->uri_name)), -1);
    }
    bool first = true;
    for (size_t i = 0; i < en->inlines.n && (nav->many || first) && !rq->out->failed; i++) {
        if (en->inlines.at[i].nav != pn->nav)
            continue;
        open_entry(rq, en->inlines.at[i].child, "<entry");
        write_entry(rq, to, en->inlines.at[i].child, pn->sub);
        buf_addz(rq->out, "</entry>");
        first = false;
    }
    buf_addz(rq->out, nav->many ? "</feed></m:inline>" : "</m:inline>");
}

static void write_nav(struct odata_request *rq, const struct entity *en, const struct pick_nav *pn,
                      const struct model_nav *nav, str path)
{
    buf_addf(rq->out,
             "<link href=\"" STR_FMT "/" STR_FMT "\" rel=\"" DATA "/related/" STR_FMT
             "\" title=\"" STR_FMT "\" type=\"application/atom+xml;type=%s\"",
             STR_ARG(path), STR_ARG(nav->uri_name), STR_ARG(nav->name), STR_ARG(nav->name),
             nav->many ? "feed" : "entry");
    if (pn->expand) {
        buf_add_char(rq->out, '>');
        write_inline(rq, en, pn, nav, path);
        buf_addz(rq->out, "</link>");
    } else {
        buf_addz(rq->out, "/>");
    }
}

static void write_media(struct odata_request *rq, const struct entity *en, str path, bool link)
{
    str type = en->media_type.p ? en->media_type : STR("application/octet-stream");
    buf_addz(rq->out, link ? "<link rel=\"edit-media\" href=\"" : "<content src=\"");
    buf_add(rq->out, path);
    buf_addz(rq->out, "/$value\" type=\"");
    escaped(rq, type, true);
    buf_addz(rq->out, "\"/>");
}

static void write_entry(struct odata_request *rq, const struct set_info *set,
                        const struct entity *en, const struct pick *pick)
{
    const struct model_type *t = en->type;
    AUTO(buf) struct buf b = BUF(1 << 20);
    write_entity_path(&b, set->set, en);
    str path = arena_str(rq->arena, buf_str(&b));
    str title = set->set->uri_name, updated = STR_NONE;
    if (t->in_feeds) {
        title = feed_text(rq, en, "SyndicationTitle");
        updated = feed_text(rq, en, "SyndicationUpdated");
    }
    if (!updated.p)
        updated = time_iso(rq->arena, time_now_ms(), false);
    buf_addf(rq->out,
             "<id>" STR_FMT STR_FMT "</id><title type=\"text\">" STR_FMT "</title><updated>" STR_FMT
             "</updated>",
             STR_ARG(rq->base), STR_ARG(path), STR_ARG(title), STR_ARG(updated));
    feed_elements(rq, en);
    buf_addf(rq->out,
             "<category term=\"" STR_FMT "\" scheme=\"" DATA "/scheme\"/><link href=\"" STR_FMT
             "\" rel=\"edit\" title=\"" STR_FMT "\"/>",
             STR_ARG(t->qualified), STR_ARG(path), STR_ARG(t->name));
    if (t->has_stream)
        write_media(rq, en, path, true);
    for (size_t i = 0; i < t->navs.n; i++) {
        const struct pick_nav *pn = picked_nav(pick, &t->navs.at[i]);
        if (pn)
            write_nav(rq, en, pn, &t->navs.at[i], path);
    }
    if (t->has_stream) {
        write_media(rq, en, path, false);
        write_properties(rq, en, pick);
        return;
    }
    buf_addz(rq->out, "<content type=\"application/xml\">");
    write_properties(rq, en, pick);
    buf_addz(rq->out, "</content>");
}

static void atom_entry(struct odata_request *rq, const struct set_info *info,
                       const struct entity *en)
{
    buf_addf(rq->out, XML "<entry" NAMESPACES STR_FMT "\"", STR_ARG(rq->base));
    open_entry(rq, en, "");
    write_entry(rq, info, en, rq->options.pick);
    buf_addz(rq->out, "</entry>");
}

static void atom_feed(struct odata_request *rq, const struct set_info *info,
                      const struct page *page)
{
    str next = next_uri(rq, page);
    buf_addf(rq->out, XML "<feed" NAMESPACES STR_FMT "\">", STR_ARG(rq->base));
    write_feed_head(rq, info, info->set->uri_name, page->count);
    for (size_t i = 0; i < page->rows.n; i++) {
        open_entry(rq, page->rows.at[i], "<entry");
        write_entry(rq, info, page->rows.at[i], rq->options.pick);
        buf_addz(rq->out, "</entry>");
    }
    if (next.p) {
        buf_addz(rq->out, "<link rel=\"next\" href=\"");
        escaped(rq, next, true);
        buf_addz(rq->out, "\"/>");
    }
    buf_addz(rq->out, "</feed>");
}

static void atom_links(struct odata_request *rq, const struct links *l)
{
    buf_addz(rq->out, l->many ? XML "<links xmlns=\"" DATA "\">" : XML);
    if (l->count >= 0)
        buf_addf(rq->out, "<m:count xmlns:m=\"" DATA "/metadata\">%lld</m:count>",
                 (long long)l->count);
    for (size_t i = 0; i < l->list->n; i++) {
        buf_addz(rq->out, l->many ? "<uri>" : "<uri xmlns=\"" DATA "\">");
        buf_add(rq->out, rq->base);
        write_entity_path(rq->out, l->info->set, l->list->at[i]);
        buf_addz(rq->out, "</uri>");
    }
    buf_addz(rq->out, l->many ? "</links>" : "");
}

static void atom_property(struct odata_request *rq, const struct out_property *p)
{
    buf_addz(rq->out, XML);
    write_property(rq, p->property, p->values, "",
                   " xmlns=\"" DATA "\" xmlns:m=\"" DATA "/metadata\"");
}

static void write_result(struct odata_request *rq, const struct out_function *f, size_t i)
{
    const struct model_type *t = f->function->returns_type;
    if (!t) {
        if (f->result->values.at[i].kind != V_NULL)
            write_text(rq, f->function->returns, f->result->values.at[i]);
        return;
    }
    for (size_t k = 0; k < t->properties.n; k++)
        write_property(rq, &t->properties.at[k],
                       f->result->list.at[i]->values + t->properties.at[k].slot, "", "");
}

static void atom_function(struct odata_request *rq, const struct out_function *f)
{
    const struct model_type *t = f->function->returns_type;
    size_t n = t ? f->result->list.n : f->result->values.n;
    str name = f->function->name;
    buf_addf(rq->out, XML "<" STR_FMT " xmlns=\"" DATA "\" xmlns:m=\"" DATA "/metadata\"%s>",
             STR_ARG(name), !n && !f->function->returns_many ? " m:null=\"true\"" : "");
    for (size_t i = 0; i < n; i++) {
        buf_addz(rq->out, f->function->returns_many ? "<element>" : "");
        write_result(rq, f, i);
        buf_addz(rq->out, f->function->returns_many ? "</element>" : "");
    }
    buf_addf(rq->out, "</" STR_FMT ">", STR_ARG(name));
}

static void atom_service(struct odata_request *rq)
{
    const struct model *m = rq->service->model;
    buf_addf(
        rq->out,
        XML
        "<service xmlns=\"http://www.w3.org/2007/app\" xmlns:atom=\"http://www.w3.org/2005/Atom\" "
        "xml:base=\"" STR_FMT "\"><workspace><atom:title>Default</atom:title>",
        STR_ARG(rq->base));
    for (size_t i = 0; i < m->sets.n; i++)
        if (m->sets.at[i]->in_service_document)
            buf_addf(rq->out,
                     "<collection href=\"" STR_FMT "\"><atom:title>" STR_FMT
                     "</atom:title></collection>",
                     STR_ARG(m->sets.at[i]->uri_name), STR_ARG(m->sets.at[i]->name));
    buf_addz(rq->out, "</workspace></service>");
}

const struct writer atom_writer = {atom_feed,     atom_entry,    atom_links,
                                   atom_property, atom_function, atom_service};
