/* XML Schema, in files of its own or inside the types of a WSDL. All schema documents reachable from the file are
 * parsed at once and their global components indexed; types are looked up when a level is asked for.
 * Occurrences (message-mapping.md 2): inside a choice or an optional group nothing is required; a group that may be
 * repeated makes its elements unbounded. */
#include "format/xml.h"
#include "mapping/structure.h"

#define XSD_URI "http://www.w3.org/2001/XMLSchema"
enum { MOST_FILES = 200, MOST_NESTING = 48, MOST_PARTICLES = 20000 };

struct document { /* one xs:schema element */
    const struct xml_node *schema;
    str target; /* STR_NONE: none */
};
struct component {
    const struct xml_node *node;
    const struct document *document;
};
struct xsd {
    struct map components; /* "element {uri}name" -> (struct component *) */
    struct map files;      /* path -> anything: read already */
};
struct walk {
    struct structure *s;
    struct xsd *x;
    struct structure_content *out;
    struct err *e;
    unsigned nesting, particles;
    bool attributes; /* this pass collects attributes, the other one elements */
};
struct times { /* what the groups around make of the occurrences of an element */
    bool optional, repeated;
};

static void free_doc(void *doc)
{
    xml_free(doc);
}

static bool is_xsd(const struct xml_node *n, const char *local)
{
    return xml_is(n, local) && str_eqz(xml_uri(n), XSD_URI);
}

static str key_of(struct arena *a, const char *kind, str uri, str name)
{
    return arena_fmt(a, "%s {" STR_FMT "}" STR_FMT, kind, STR_ARG(uri), STR_ARG(name));
}

/* ---- reading documents ---- */

static bool add_file(struct structure *s, str name, str target, struct err *e);

static bool add_schema(struct structure *s, const struct xml_node *schema, str target,
                       struct err *e)
{
    static const char *const kinds[] = {"element", "complexType",    "simpleType",
                                        "group",   "attributeGroup", "attribute"};
    struct xsd *x = s->own;
    struct document *d = arena_new_of(s->arena, struct document);
    d->schema = schema;
    d->target =
        xml_attr(schema, "targetNamespace").n ? xml_attr(schema, "targetNamespace") : target;
    for (const struct xml_node *n = xml_first(schema); n; n = xml_next(n)) {
        if (is_xsd(n, "include") || is_xsd(n, "import") || is_xsd(n, "redefine"))
            if (!add_file(s, xml_attr(n, "schemaLocation"),
                          is_xsd(n, "import") ? STR_NONE : d->target, e))
                return false;
        for (size_t i = 0; i < COUNT(kinds); i++)
            if (is_xsd(n, kinds[i])) {
                struct component *c = arena_new_of(s->arena, struct component);
                *c = (struct component){n, d};
                const char *kind = str_ends(str_of(kinds[i]), STR("Type")) ? "type" : kinds[i];
                map_put(&x->components, key_of(s->arena, kind, d->target, xml_attr(n, "name")), c);
            }
    }
    return true;
}

/* Schemas at any place of a document: a WSDL holds several in its types. */
static bool add_schemas(struct structure *s, const struct xml_node *n, str target, struct err *e)
{
    if (is_xsd(n, "schema"))
        return add_schema(s, n, target, e);
    for (const struct xml_node *c = xml_first(n); c; c = xml_next(c))
        if (!add_schemas(s, c, target, e))
            return false;
    return true;
}

static bool add_document(struct structure *s, str bytes, str target, const struct xml_node **ret,
                         struct err *e)
{
    struct xml_doc *doc;
    if (!xml_parse(bytes, &doc, e))
        return false;
    arena_defer(s->arena, free_doc, doc);
    *ret = xml_root(doc);
    return add_schemas(s, *ret, target, e);
}

/* A file that is not in the bundle may not be needed: what refers to it will say so. */
static bool add_file(struct structure *s, str name, str target, struct err *e)
{
    struct xsd *x = s->own;
    const struct xml_node *root;
    str path;
    const str *bytes = name.n ? structure_file(s->files, name, "xsd", &path) : NULL;
    if (!bytes || map_get(&x->files, path))
        return true;
    if (x->files.entries.n >= MOST_FILES)
        return err_set(e, ERR_TOO_LARGE, "more than %d schema files", MOST_FILES);
    map_put(&x->files, path, s);
    return add_document(s, *bytes, target, &root, e) || err_ctx(e, STR_FMT, STR_ARG(path));
}

/* ---- names ---- */

static const struct component *find(struct walk *w, const char *kind, str uri, str name)
{
    const struct component *c = map_get(&w->x->components, key_of(w->s->arena, kind, uri, name));
    return c;
}

/* A QName in an attribute; unprefixed names of a document without namespaces are its own. */
static str split_name(const struct xml_node *n, str qname, str *ret_name)
{
    size_t colon = str_find_char(qname, ':', 0);
    *ret_name = colon == SIZE_MAX ? qname : str_from(qname, colon + 1);
    return xml_namespace(n, colon == SIZE_MAX ? STR("") : str_sub(qname, 0, colon));
}

static const struct component *find_ref(struct walk *w, const char *kind,
                                        const struct component *at, str qname)
{
    str name, uri = split_name(at->node, qname, &name);
    const struct component *c = find(w, kind, uri, name);
    return c || uri.p ? c : find(w, kind, at->document->target, name);
}

static struct component *component(struct walk *w, const struct xml_node *n,
                                   const struct component *in)
{
    struct component *c = arena_new_of(w->s->arena, struct component);
    *c = (struct component){n, in->document};
    return c;
}

/* ---- one level ---- */

static unsigned count_of(const struct xml_node *n, const char *name)
{
    str s = xml_attr(n, name);
    int64_t v = 1;
    if (str_eqz(s, "unbounded"))
        return STRUCTURE_MANY;
    return s.n && str_to_i64(str_trim(s), &v) && v >= 0 && v < STRUCTURE_MANY ? (unsigned)v : 1;
}

static str namespace_of(const struct component *c, const char *attribute, const char *fallback)
{
    str form = xml_attr(c->node, attribute);
    if (!form.p)
        form = xml_attr(c->document->schema, fallback);
    return str_eqz(form, "qualified") ? c->document->target : STR_NONE;
}

static void add_element(struct walk *w, const struct component *c, struct times t)
{
    struct structure_node n = {.name = xml_attr(c->node, "name")};
    n.uri = namespace_of(c, "form", "elementFormDefault");
    n.min = t.optional ? 0 : count_of(c->node, "minOccurs");
    n.max = count_of(c->node, "maxOccurs");
    n.max = t.repeated && n.max ? STRUCTURE_MANY : n.max;
    n.declaration = c;
    str ref = xml_attr(c->node, "ref");
    if (ref.n) {
        const struct component *global = find_ref(w, "element", c, ref);
        n.uri = split_name(c->node, ref, &n.name);
        n.declaration = global;
        if (global)
            n.uri = global->document->target;
    }
    if (n.max && n.name.n)
        structure_add(w->s, w->out, n);
}

static void add_attribute(struct walk *w, const struct component *c)
{
    str use = xml_attr(c->node, "use"), ref = xml_attr(c->node, "ref");
    struct structure_node n = {.name = xml_attr(c->node, "name"), .attribute = true, .max = 1};
    n.uri = namespace_of(c, "form", "attributeFormDefault");
    if (ref.n)
        n.uri = split_name(c->node, ref, &n.name);
    n.min = str_eqz(use, "required");
    n.declaration = c;
    if (n.name.n && !str_eqz(use, "prohibited"))
        structure_add(w->s, w->out, n);
}

static bool walk_type(struct walk *w, const struct component *type);
static bool walk_particles(struct walk *w, const struct component *parent, struct times t);

static bool enter(struct walk *w)
{
    if (++w->nesting > MOST_NESTING || ++w->particles > MOST_PARTICLES)
        return err_set(w->e, ERR_TOO_LARGE, "types nested too deep, or too many groups");
    return true;
}

static bool walk_group(struct walk *w, const struct component *c, struct times t)
{
    str ref = xml_attr(c->node, "ref");
    t.optional = t.optional || count_of(c->node, "minOccurs") == 0 || is_xsd(c->node, "choice");
    t.repeated = t.repeated || count_of(c->node, "maxOccurs") > 1;
    if (!ref.n)
        return walk_particles(w, c, t);
    const struct component *group = find_ref(w, "group", c, ref);
    w->out->known = w->out->known && group;
    return !group || walk_particles(w, group, t);
}

static bool walk_attribute_group(struct walk *w, const struct component *c, struct times t)
{
    const struct component *group = find_ref(w, "attributeGroup", c, xml_attr(c->node, "ref"));
    return !group || walk_particles(w, group, t);
}

static bool walk_extension(struct walk *w, const struct component *c, struct times t)
{
    const struct component *base = find_ref(w, "type", c, xml_attr(c->node, "base"));
    bool restricts = is_xsd(c->node, "restriction");
    if (base && (!restricts || w->attributes) && !walk_type(w, base))
        return false;
    return walk_particles(w, c, t);
}

static bool walk_particle(struct walk *w, const struct component *c, struct times t)
{
    static const char *const groups[] = {"sequence", "choice", "all", "group"};
    static const char *const derived[] = {"extension", "restriction"};
    for (size_t i = 0; i < COUNT(groups); i++)
        if (is_xsd(c->node, groups[i]))
            return w->attributes || walk_group(w, c, t);
    for (size_t i = 0; i < COUNT(derived); i++)
        if (is_xsd(c->node, derived[i]))
            return walk_extension(w, c, t);
    if (is_xsd(c->node, "simpleContent") || is_xsd(c->node, "complexContent")) {
        w->out->text = w->out->text || is_xsd(c->node, "simpleContent");
        return walk_particles(w, c, t);
    }
    if (is_xsd(c->node, "attributeGroup"))
        return !w->attributes || walk_attribute_group(w, c, t);
    if (is_xsd(c->node, "attribute") && w->attributes)
        add_attribute(w, c);
    if (is_xsd(c->node, "element") && !w->attributes)
        add_element(w, c, t);
    return true;
}

static bool walk_particles(struct walk *w, const struct component *parent, struct times t)
{
    if (!enter(w))
        return false;
    for (const struct xml_node *n = xml_first(parent->node); n; n = xml_next(n))
        if (!walk_particle(w, component(w, n, parent), t))
            return false;
    w->nesting--;
    return true;
}

static bool walk_type(struct walk *w, const struct component *type)
{
    if (is_xsd(type->node, "simpleType") || str_eqz(xml_attr(type->node, "mixed"), "true"))
        w->out->text = true;
    return is_xsd(type->node, "simpleType") || walk_particles(w, type, (struct times){0});
}

/* The type of an element: inside it, by name, or none (any text). */
static const struct component *type_of(struct walk *w, const struct component *element)
{
    const struct xml_node *inside = xml_child(element->node, "complexType");
    str name = xml_attr(element->node, "type");
    if (inside)
        return component(w, inside, element);
    const struct component *type = name.n ? find_ref(w, "type", element, name) : NULL;
    str local, uri = split_name(element->node, name, &local);
    if (!type)
        w->out->text = true;
    if (!type && name.n && !str_eqz(uri, XSD_URI))
        w->out->known = false;
    return type;
}

static bool content(struct structure *s, const struct structure_node *n,
                    struct structure_content *ret, struct err *e)
{
    struct walk w = {.s = s, .x = s->own, .out = ret, .e = e};
    const struct component *element = n->declaration;
    ret->text = n->attribute;
    if (n->attribute)
        return true;
    if (!element) {
        ret->known = false;
        ret->text = true;
        return true;
    }
    const struct component *type = type_of(&w, element);
    for (int pass = 0; type && pass < 2; pass++) {
        w.attributes = pass == 0;
        w.nesting = 0;
        if (!walk_type(&w, type))
            return false;
    }
    return true;
}

/* ---- the root ---- */

static bool use_root(const struct component *c, struct structure_node *ret)
{
    if (!c)
        return false;
    *ret = (struct structure_node){
        .name = xml_attr(c->node, "name"), .uri = c->document->target, .declaration = c};
    return true;
}

static bool find_any(struct walk *w, str name, struct structure_node *ret)
{
    str tail = arena_fmt(w->s->arena, "}" STR_FMT, STR_ARG(name));
    const struct map *all = &w->x->components;
    for (size_t i = 0; i < all->entries.n; i++)
        if (str_starts(all->entries.at[i].key, STR("element {")) &&
            str_ends(all->entries.at[i].key, tail))
            return use_root(all->entries.at[i].value, ret);
    return false;
}

/* The element of the part of a WSDL message of that name. */
static bool find_message(struct walk *w, const struct xml_node *wsdl, struct structure_node *ret)
{
    for (const struct xml_node *m = xml_first(wsdl); m; m = xml_next(m)) {
        const struct xml_node *part =
            xml_is(m, "message") && str_eq(xml_attr(m, "name"), w->s->root_name)
                ? xml_child(m, "part")
                : NULL;
        str name, uri = part ? split_name(part, xml_attr(part, "element"), &name) : STR_NONE;
        if (part && use_root(find(w, "element", uri, name), ret))
            return true;
    }
    return false;
}

static bool open(struct structure *s, str bytes, struct structure_node *ret, struct err *e)
{
    struct xsd *x = arena_new_of(s->arena, struct xsd);
    struct walk w = {.s = s, .x = x};
    const struct xml_node *root;
    s->own = x;
    map_init(&x->components, s->arena, false);
    map_init(&x->files, s->arena, false);
    map_put(&x->files, s->path, s);
    if (!add_document(s, bytes, STR_NONE, &root, e))
        return false;
    if (use_root(find(&w, "element", s->root_ns, s->root_name), ret) ||
        find_any(&w, s->root_name, ret) || find_message(&w, root, ret))
        return true;
    return err_set(e, ERR_NOT_FOUND, "no element '" STR_FMT "' in " STR_FMT, STR_ARG(s->root_name),
                   STR_ARG(s->path));
}

const struct structure_reader structure_xsd = {"xsd", open, content};
const struct structure_reader structure_wsdl = {"wsdl", open, content};
