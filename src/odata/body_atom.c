/* Entities, properties and links from Atom and plain XML (odata-v2.md 5): properties inside content or
 * beside it, in any order; what is not of our namespaces is passed over, an unknown property is not. */
#include "format/xml.h"
#include "odata/feed.h"
#include "odata/write.h"

#define DATA "http://schemas.microsoft.com/ado/2007/08/dataservices"
#define RELATED DATA "/related/"

struct reader {
    struct arena *a;
    const struct model *m;
    unsigned depth;
};

static bool bad_body(struct err *e)
{
    return err_set(e, ERR_BAD_REQUEST, "The request body is malformed.");
}

static bool unknown(const struct xml_node *n, struct err *e)
{
    str name = xml_local(n);
    return err_set(e, ERR_BAD_REQUEST, "Property with name '" STR_FMT "' was not found.",
                   STR_ARG(str_sub(name, 0, 200))) ||
           err_id(e, "property");
}

static bool is_null(const struct xml_node *n)
{
    return str_eqz(xml_attr_ns(n, DATA "/metadata", "null"), "true");
}

static bool read_property(struct reader *r, const struct model_property *p, size_t slot,
                          const struct xml_node *n, struct entity *en, struct err *e)
{
    bool null = is_null(n);
    for (size_t i = 0; i < p->slots; i++)
        en->given[slot + i] = p->complex && !null ? en->given[slot + i] : !p->read_only;
    if (null)
        return p->nullable ||
               err_set(e, ERR_BAD_REQUEST, "Value for '" STR_FMT "' must not be null.",
                       STR_ARG(p->name));
    if (!p->complex)
        return body_text(r->a, p, xml_text(r->a, n), &en->values[slot], e);
    for (const struct xml_node *c = xml_first(n); c; c = xml_next(c)) {
        const struct model_property *inner = model_property_named(p->complex, xml_local(c));
        if (!inner)
            return unknown(c, e);
        if (!read_property(r, inner, slot + inner->slot, c, en, e))
            return false;
    }
    return true;
}

static bool read_properties(struct reader *r, const struct model_type *t,
                            const struct xml_node *properties, struct entity *en, struct err *e)
{
    for (const struct xml_node *n = xml_first(properties); n; n = xml_next(n)) {
        if (xml_uri(n).p && !str_eqz(xml_uri(n), DATA))
            continue;
        const struct model_property *p = model_property_named(t, xml_local(n));
        if (!p)
            return unknown(n, e);
        if (!read_property(r, p, p->slot, n, en, e))
            return false;
    }
    return true;
}

static bool read_entry(struct reader *r, const struct model_type *t, const struct xml_node *entry,
                       struct entity *en, struct err *e) MUST_USE;

static bool read_child(struct reader *r, const struct model_nav *nav, const struct xml_node *entry,
                       struct entity *en, struct err *e)
{
    struct entity *child = entity_new(r->a, nav->target);
    child->given = arena_new_array(r->a, bool, nav->target->slots.n + 1);
    if (!read_entry(r, nav->target, entry, child, e))
        return false;
    vec_add(r->a, &en->inlines, (struct entity_inline){nav, child, false});
    return true;
}

/* <m:inline> with an entry or a feed of them. */
static bool read_inline(struct reader *r, const struct model_nav *nav, const struct xml_node *in,
                        struct entity *en, struct err *e)
{
    const struct xml_node *first = xml_first(in);
    if (!first)
        return true;
    if (nav->many != xml_is(first, "feed"))
        return err_set(e, ERR_BAD_REQUEST,
                       "Invalid '" STR_FMT "' found for parsing of inline content.",
                       STR_ARG(nav->name));
    if (!nav->many)
        return read_child(r, nav, first, en, e);
    for (const struct xml_node *n = xml_first(first); n; n = xml_next(n))
        if (xml_is(n, "entry") && !read_child(r, nav, n, en, e))
            return false;
    return true;
}

/* href="Set(key)" binds; href=".../Nav" is what an answer said. */
static bool read_link(struct reader *r, const struct model_type *t, const struct xml_node *link,
                      struct entity *en, struct err *e)
{
    str rel = xml_attr(link, "rel"), href = xml_attr(link, "href");
    if (!str_starts(rel, STR(RELATED)))
        return true;
    const struct model_nav *nav = model_nav_named(t, str_from(rel, sizeof RELATED - 1));
    const struct xml_node *in = xml_child(link, "inline");
    struct entity *key;
    struct err ignored;
    if (!nav)
        return err_set(e, ERR_BAD_REQUEST, "Could not find property with name: '" STR_FMT "'.",
                       STR_ARG(str_sub(rel, sizeof RELATED - 1, 200)));
    if (in)
        return read_inline(r, nav, in, en, e);
    if (str_ends(href, STR(")")) && uri_to_key(r->a, r->m, href, nav->target, &key, &ignored))
        vec_add(r->a, &en->inlines, (struct entity_inline){nav, key, true});
    return true;
}

static bool read_entry(struct reader *r, const struct model_type *t, const struct xml_node *entry,
                       struct entity *en, struct err *e)
{
    if (!xml_is(entry, "entry"))
        return bad_body(e);
    if (++r->depth > ODATA_MAX_INLINE_DEPTH)
        return err_set(e, ERR_BAD_REQUEST, "The body nests more than %d entities.",
                       ODATA_MAX_INLINE_DEPTH);
    for (const struct xml_node *n = xml_first(entry); n; n = xml_next(n)) {
        const struct xml_node *properties = xml_is(n, "content")      ? xml_child(n, "properties")
                                            : xml_is(n, "properties") ? n
                                                                      : NULL;
        if (properties && !read_properties(r, t, properties, en, e))
            return false;
        if (xml_is(n, "link") && !read_link(r, t, n, en, e))
            return false;
    }
    r->depth--;
    return feed_read(r->a, entry, en, e);
}

/* ---- whole bodies ---- */
bool atom_entity(struct arena *a, const struct model *m, const struct model_type *t, str text,
                 struct entity **ret, struct err *e)
{
    struct reader r = {.a = a, .m = m};
    struct entity *en = entity_new(a, t);
    struct xml_doc *doc;
    en->given = arena_new_array(a, bool, t->slots.n + 1);
    if (!xml_parse(text, &doc, e))
        return false;
    bool ok = read_entry(&r, t, xml_root(doc), en, e);
    xml_free(doc);
    *ret = en;
    return ok;
}

bool atom_property(struct arena *a, const struct model *m, const struct model_property *p,
                   size_t slot, str text, struct entity *en, struct err *e)
{
    struct reader r = {.a = a, .m = m};
    struct xml_doc *doc;
    if (!xml_parse(text, &doc, e))
        return false;
    const struct xml_node *root = xml_root(doc);
    bool ok = str_eq(xml_local(root), p->name) ? read_property(&r, p, slot, root, en, e)
                                               : unknown(root, e);
    xml_free(doc);
    return ok;
}

bool atom_link(struct arena *a, str text, str *ret_uri, struct err *e)
{
    struct xml_doc *doc;
    if (!xml_parse(text, &doc, e))
        return false;
    const struct xml_node *root = xml_root(doc);
    *ret_uri = xml_is(root, "uri") ? str_trim(xml_text(a, root)) : STR_NONE;
    xml_free(doc);
    return true;
}
