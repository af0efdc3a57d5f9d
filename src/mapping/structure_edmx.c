/* Entity sets of an EDMX document, as the OData adapter reads and writes them: EntitySet/EntityType with an element for
 * every property, and Navigation/EntityType for what hangs on it. The set is the root. */
#include "format/xml.h"
#include "mapping/structure.h"

enum { MOST_BASES = 16 };

struct edmx {
    struct map
        types; /* name without namespace -> (const struct xml_node *) EntityType or ComplexType */
    struct map sets; /* name -> (const struct xml_node *) */
    struct map associations;
};

static void free_doc(void *doc)
{
    xml_free(doc);
}

static str last_name(str qualified)
{
    size_t dot = str_rfind_char(qualified, '.');
    return dot == SIZE_MAX ? qualified : str_from(qualified, dot + 1);
}

static void *borrowed(const struct xml_node *n)
{
    return (void *)(uintptr_t)n;
}

static void collect(struct edmx *x, const struct xml_node *n)
{
    str name = xml_attr(n, "Name");
    if (xml_is(n, "EntityType") || xml_is(n, "ComplexType"))
        map_put(&x->types, name, borrowed(n));
    if (xml_is(n, "EntitySet"))
        map_put(&x->sets, name, borrowed(n));
    if (xml_is(n, "Association"))
        map_put(&x->associations, name, borrowed(n));
    for (const struct xml_node *c = xml_first(n); c; c = xml_next(c))
        collect(x, c);
}

/* "Collection(ns.Type)" or "ns.Type". */
static str type_name(str type)
{
    if (str_starts(type, STR("Collection(")) && str_ends(type, STR(")")))
        type = str_sub(type, 11, type.n - 1);
    return last_name(type);
}

/* The type a navigation leads to: V4 says it, V2 through the association's end of that role. */
static str navigation_type(const struct edmx *x, const struct xml_node *n)
{
    str type = xml_attr(n, "Type");
    if (type.n)
        return type_name(type);
    const struct xml_node *ends = map_get(&x->associations, last_name(xml_attr(n, "Relationship")));
    for (const struct xml_node *end = ends ? xml_first(ends) : NULL; end; end = xml_next(end))
        if (str_eq(xml_attr(end, "Role"), xml_attr(n, "ToRole")))
            return type_name(xml_attr(end, "Type"));
    return STR_NONE;
}

static void add_property(struct structure *s, const struct xml_node *n,
                         struct structure_content *out)
{
    const struct edmx *x = s->own;
    struct structure_node p = {.name = xml_attr(n, "Name"), .max = 1};
    p.declaration = map_get(&x->types, type_name(xml_attr(n, "Type")));
    structure_add(s, out, p);
}

static void add_navigation(struct structure *s, const struct xml_node *n,
                           struct structure_content *out)
{
    structure_add(s, out,
                  (struct structure_node){.name = xml_attr(n, "Name"), .max = 1, .declaration = n});
}

static void add_entity(struct structure *s, str type, struct structure_content *out)
{
    const struct edmx *x = s->own;
    struct structure_node n = {.name = type, .max = STRUCTURE_MANY};
    n.declaration = map_get(&x->types, type);
    if (n.declaration)
        structure_add(s, out, n);
}

static void add_members(struct structure *s, const struct xml_node *type,
                        struct structure_content *out)
{
    const struct edmx *x = s->own;
    for (unsigned i = 0; type && i < MOST_BASES; i++) {
        for (const struct xml_node *n = xml_first(type); n; n = xml_next(n))
            if (xml_is(n, "NavigationProperty"))
                add_navigation(s, n, out);
            else if (xml_is(n, "Property"))
                add_property(s, n, out);
        type = map_get(&x->types, last_name(xml_attr(type, "BaseType")));
    }
}

static bool content(struct structure *s, const struct structure_node *n,
                    struct structure_content *ret, struct err *e)
{
    const struct edmx *x = s->own;
    const struct xml_node *d = n->declaration;
    (void)e;
    ret->text = !d;
    if (d && xml_is(d, "EntitySet"))
        add_entity(s, last_name(xml_attr(d, "EntityType")), ret);
    else if (d && xml_is(d, "NavigationProperty"))
        add_entity(s, navigation_type(x, d), ret);
    else if (d)
        add_members(s, d, ret);
    return true;
}

static bool open(struct structure *s, str bytes, struct structure_node *ret, struct err *e)
{
    struct edmx *x = arena_new_of(s->arena, struct edmx);
    struct xml_doc *doc;
    s->own = x;
    map_init(&x->types, s->arena, false);
    map_init(&x->sets, s->arena, false);
    map_init(&x->associations, s->arena, false);
    if (!xml_parse(bytes, &doc, e))
        return false;
    arena_defer(s->arena, free_doc, doc);
    collect(x, xml_root(doc));
    const struct xml_node *set = map_get(&x->sets, s->root_name);
    if (!set)
        return err_set(e, ERR_NOT_FOUND, "no entity set '" STR_FMT "' in " STR_FMT,
                       STR_ARG(s->root_name), STR_ARG(s->path));
    *ret = (struct structure_node){.name = s->root_name, .declaration = set};
    return true;
}

const struct structure_reader structure_edmx = {"edmx", open, content};
