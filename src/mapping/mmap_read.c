/* The file is plain XML, but for those that came from a design tool which packed the part we want: "!zip!" and base64
 * of a ZIP with an entry "value", itself a ZIP with an entry "metadata". Bricks without a type refer to another brick
 * of the same object_uid, which may stand later in the file: references are resolved at the end. */
#include "mapping/mmap.h"

#include "base/codec.h"
#include "format/xml.h"
#include "format/zip.h"

enum { UNPACKED = 64 << 20 };
struct reader {
    struct arena *a;
    struct mmap *m;
    struct map by_uid; /* object_uid -> (struct brick *) */
    VEC(struct brick *) references;
    VEC(str) reference_uids;
    struct err *e;
};

static void free_doc(void *doc)
{
    xml_free(doc);
}

static bool parse(struct arena *a, str bytes, const struct xml_node **ret, struct err *e)
{
    struct xml_doc *doc;
    if (!xml_parse(bytes, &doc, e))
        return false;
    arena_defer(a, free_doc, doc);
    *ret = xml_root(doc);
    return true;
}

static unsigned number(str s, unsigned otherwise)
{
    int64_t n;
    return s.n && str_to_i64(s, &n) && n >= 0 && n < 1000000 ? (unsigned)n : otherwise;
}

static str text_of(struct arena *a, const struct xml_node *n)
{
    return n ? xml_text(a, n) : STR("");
}

/* ---- messages and libraries ---- */

static str key_element(struct arena *a, const struct xml_node *key, size_t i)
{
    const struct xml_node *n = xml_first(key);
    for (; n && i; i--)
        n = xml_next(n);
    return text_of(a, n);
}

static const struct xml_node *find(const struct xml_node *n, const char *const *path)
{
    for (; n && *path; path++)
        n = xml_child(n, *path);
    return n;
}

static void read_role(struct reader *r, const struct xml_node *role)
{
    const struct xml_node *key = find(role, (const char *const[]){"lnk", "key", NULL});
    bool source = str_eqz(xml_attr(role, "role"), "SOURCE_IFR_MESS");
    if (!key || (!source && !str_eqz(xml_attr(role, "role"), "TARGET_IFR_MESS")))
        return;
    struct mmap_message m = {.type = arena_str(r->a, xml_attr(key, "typeID")), .min = 1, .max = 1};
    m.file = key_element(r->a, key, 0);
    m.root = key_element(r->a, key, 2);
    str ns = key_element(r->a, key, 3);
    m.ns = ns.n ? ns : STR_NONE;
    if (source)
        vec_add(r->a, &r->m->sources, m);
    else
        vec_add(r->a, &r->m->targets, m);
}

static void read_roles(struct reader *r, const struct xml_node *root)
{
    const struct xml_node *n = find(root, (const char *const[]){"generic", "lnks", NULL});
    for (n = n ? xml_first(n) : NULL; n; n = xml_next(n))
        if (xml_is(n, "lnkRole"))
            read_role(r, n);
}

static void read_libraries(struct reader *r, const struct xml_node *storage)
{
    for (const struct xml_node *n = storage ? xml_first(storage) : NULL; n; n = xml_next(n)) {
        const struct xml_node *key =
            find(n, (const char *const[]){"libref", "ref", "key", "key", NULL});
        if (key)
            vec_add(r->a, &r->m->libraries,
                    (struct mmap_library){arena_str(r->a, xml_attr(n, "name")),
                                          key_element(r->a, key, 0)});
    }
}

static unsigned occurrence(struct arena *a, const struct xml_node *parameter, const char *name,
                           unsigned otherwise)
{
    str s = str_trim(text_of(a, xml_child(parameter, name)));
    return str_eqz(s, "unbounded") ? 0 : number(s, otherwise);
}

static void read_parameters(struct reader *r, const struct xml_node *list, struct mmap_message *of,
                            size_t n)
{
    for (const struct xml_node *p = list ? xml_first(list) : NULL; p; p = xml_next(p)) {
        unsigned at = number(str_trim(text_of(r->a, xml_child(p, "Position"))), 1);
        if (at < 1 || at > n)
            continue;
        of[at - 1].min = occurrence(r->a, p, "Minoccurs", 1);
        of[at - 1].max = occurrence(r->a, p, "Maxoccurs", 1);
    }
}

static void read_prefixes(struct reader *r, const struct xml_node *namespaces)
{
    const struct xml_node *n = namespaces ? xml_child(namespaces, "properties") : NULL;
    for (n = n ? xml_first(n) : NULL; n; n = xml_next(n)) {
        str *uri = arena_new_of(r->a, str);
        *uri = arena_str(r->a, xml_attr(n, "name"));
        str prefix = str_trim(xml_text(r->a, n));
        if (prefix.n)
            map_put(&r->m->prefixes, prefix, uri);
    }
}

static void read_settings(struct reader *r, const struct xml_node *list)
{
    for (const struct xml_node *n = list ? xml_first(list) : NULL; n; n = xml_next(n)) {
        str name = text_of(r->a, xml_child(n, "PropertyName")),
            value = text_of(r->a, xml_child(n, "PropertyValue"));
        if (str_find(name, STR("asicDataType"), 0) != SIZE_MAX)
            r->m->basic_types = str_eq_nocase(value, STR("true")) || str_eqz(value, "RESOLVED");
    }
}

/* ---- bricks ---- */

static void binding_rows(struct reader *r, const struct xml_node *n, struct binding *b)
{
    for (n = xml_first(n); n; n = xml_next(n)) {
        str name = xml_attr(n, "name");
        if (xml_attr(n, "type").p)
            vec_add(r->a, &b->rows,
                    (struct brick_row){STR("type"), arena_str(r->a, xml_attr(n, "type"))});
        if (xml_attr(n, "asc").p)
            vec_add(r->a, &b->rows,
                    (struct brick_row){STR("asc"), arena_str(r->a, xml_attr(n, "asc"))});
        if (!xml_first(n))
            vec_add(r->a, &b->rows,
                    (struct brick_row){arena_str(r->a, name.p ? name : xml_local(n)),
                                       xml_text(r->a, n)});
        binding_rows(r, n, b);
    }
}

static void read_bindings(struct reader *r, const struct xml_node *list, struct brick *b)
{
    for (const struct xml_node *n = xml_first(list); n; n = xml_next(n)) {
        struct binding x = {.name = arena_str(r->a, xml_attr(n, "name"))};
        const struct xml_node *value = xml_child(n, "value");
        x.value = value && !xml_first(value) ? xml_text(r->a, value) : STR("");
        if (value)
            binding_rows(r, value, &x);
        vec_add(r->a, &b->bindings, x);
    }
}

static bool read_brick(struct reader *r, const struct xml_node *n, struct brick **ret);

static bool read_arguments(struct reader *r, const struct xml_node *n, struct brick *b)
{
    for (n = xml_first(n); n; n = xml_next(n)) {
        if (xml_is(n, "bindings"))
            read_bindings(r, n, b);
        const struct xml_node *inner = xml_is(n, "arg") ? xml_child(n, "brick") : NULL;
        if (!inner)
            continue;
        struct brick_argument x = {.pin = number(xml_attr(n, "pin"), 0),
                                   .from = number(xml_attr(n, "from"), 0)};
        if (!read_brick(r, inner, &x.brick))
            return false;
        vec_add(r->a, &b->arguments, x);
    }
    return true;
}

static bool read_brick(struct reader *r, const struct xml_node *n, struct brick **ret)
{
    static const struct {
        const char *name;
        enum brick_kind kind;
    } kinds[] = {
        {"Src",  BRICK_SOURCE  },
        {"Func", BRICK_FUNCTION},
        {"Var",  BRICK_VARIABLE}
    };
    struct brick *b = arena_new_of(r->a, struct brick);
    str type = xml_attr(n, "type"), uid = xml_attr(n, "object_uid");
    b->kind = BRICK_REFERENCE;
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (str_eqz(type, kinds[i].name))
            b->kind = kinds[i].kind;
    if (type.n && b->kind == BRICK_REFERENCE)
        return err_set(r->e, ERR_NOT_IMPLEMENTED, "line %u: bricks of type '" STR_FMT "'",
                       xml_line(n), STR_ARG(type));
    if (++r->m->nbricks > MMAP_BRICKS)
        return err_set(r->e, ERR_TOO_LARGE, "more than %d bricks", MMAP_BRICKS);
    b->index = r->m->nbricks - 1;
    if (b->kind == BRICK_REFERENCE) {
        vec_add(r->a, &r->references, b);
        vec_add(r->a, &r->reference_uids, uid.p ? uid : STR(""));
    } else if (uid.n) {
        map_put(&r->by_uid, uid, b);
    }
    b->path = arena_str(r->a, xml_attr(n, "path"));
    b->context = arena_str(r->a, xml_attr(n, "context"));
    b->as_xml = str_eqz(xml_attr(n, "asXml"), "true");
    b->function = arena_str(r->a, xml_attr(n, "fname"));
    b->library = arena_str(r->a, xml_attr(n, "fns"));
    *ret = b;
    return read_arguments(r, n, b);
}

static bool switched_off(struct reader *r, const struct xml_node *field)
{
    const struct xml_node *n = xml_child(field, "properties");
    for (n = n ? xml_first(n) : NULL; n; n = xml_next(n))
        if (str_eqz(xml_attr(n, "name"), "switchedOff") &&
            str_eq_nocase(str_trim(xml_text(r->a, n)), STR("true")))
            return true;
    return false;
}

static bool read_field(struct reader *r, const struct xml_node *n)
{
    struct mmap_field f = {.path = arena_str(r->a, xml_attr(n, "path"))};
    f.variable = str_eqz(xml_attr(n, "type"), "Var");
    if (!f.variable && !str_eqz(xml_attr(n, "type"), "Dst"))
        return true;
    if (r->m->fields.n >= MMAP_FIELDS)
        return err_set(r->e, ERR_TOO_LARGE, "more than %d target fields", MMAP_FIELDS);
    const struct xml_node *arg = xml_child(n, "arg"), *inner = arg ? xml_child(arg, "brick") : NULL;
    if (inner && !read_brick(r, inner, &f.value))
        return false;
    f.from = inner ? number(xml_attr(arg, "from"), 0) : 0;
    if (switched_off(r, n))
        f.value = NULL;
    if (f.path.n)
        vec_add(r->a, &r->m->fields, f);
    return true;
}

static bool resolve(struct reader *r)
{
    for (size_t i = 0; i < r->references.n; i++) {
        str uid = r->reference_uids.at[i];
        struct brick *b = r->references.at[i];
        b->same = map_get(&r->by_uid, uid);
        if (!b->same)
            return err_set(r->e, ERR_BAD_REQUEST, "no brick has the object_uid '" STR_FMT "'",
                           STR_ARG(uid));
    }
    return true;
}

/* ---- the packed form ---- */

static bool unzip_one(struct arena *a, str zip, const char *name, str *ret, struct err *e)
{
    const struct zip_limits limits = {16, UNPACKED, UNPACKED, 0};
    zip_entries entries = {0};
    if (!zip_read(a, zip, &limits, &entries, e))
        return false;
    for (size_t i = 0; i < entries.n; i++)
        if (str_eqz(entries.at[i].name, name)) {
            *ret = entries.at[i].bytes;
            return true;
        }
    return err_set(e, ERR_BAD_REQUEST, "the packed part has no entry '%s'", name);
}

static bool unpack(struct arena *a, const struct xml_node *blob, const struct xml_node **ret,
                   struct err *e)
{
    str text = str_trim(xml_text(a, blob)), zip, value, metadata;
    if (!str_starts(text, STR("!zip!")))
        return err_set(e, ERR_NOT_IMPLEMENTED, "a mapping packed as '" STR_FMT "'",
                       STR_ARG(str_sub(text, 0, 5)));
    if (!base64_decode(a, str_from(text, 5), &zip))
        return err_set(e, ERR_BAD_REQUEST, "the packed part is no base64");
    return unzip_one(a, zip, "value", &value, e) && unzip_one(a, value, "metadata", &metadata, e) &&
           parse(a, metadata, ret, e);
}

/* ---- the whole ---- */

static bool read_project(struct reader *r, const struct xml_node *tool)
{
    const struct xml_node *project = xml_child(tool, "project"),
                          *list = project ? xml_child(project, "transformation") : NULL;
    if (!list)
        return err_set(r->e, ERR_BAD_REQUEST, "the mapping has no transformation");
    read_libraries(r, xml_child(project, "libstorage"));
    const struct xml_node *const places[] = {tool, project, list};
    for (size_t i = 0; i < COUNT(places); i++) {
        read_prefixes(r, xml_child(places[i], "namespaces"));
        read_settings(r, xml_child(places[i], "AdditionalProperties"));
    }
    for (const struct xml_node *n = xml_first(list); n; n = xml_next(n))
        if (xml_is(n, "brick") && !read_field(r, n))
            return false;
    return resolve(r);
}

static bool is_envelope(str path)
{
    return str_find(path, STR(":Messages/"), 0) <= 8 || str_starts(path, STR("/Messages/"));
}

bool mmap_read(struct arena *a, str bytes, struct mmap **ret, struct err *e)
{
    const struct xml_node *root, *tool;
    struct reader r = {.a = a, .m = arena_new_of(a, struct mmap), .e = e};
    map_init(&r.by_uid, a, false);
    map_init(&r.m->prefixes, a, false);
    if (!parse(a, bytes, &root, e))
        return false;
    const struct xml_node *trafo = find(root, (const char *const[]){"content", "XiTrafo", NULL}),
                          *meta = trafo ? xml_child(trafo, "MetaData") : NULL;
    if (!meta)
        return err_set(e, ERR_BAD_REQUEST, "this is no message mapping");
    tool = xml_child(meta, "mappingtool");
    if (!tool && xml_child(meta, "blob") && !unpack(a, xml_child(meta, "blob"), &tool, e))
        return false;
    if (!tool)
        return err_set(e, ERR_BAD_REQUEST, "the mapping is empty");
    read_roles(&r, root);
    read_settings(&r, xml_child(root, "AdditionalProperties"));
    read_parameters(&r, xml_child(trafo, "SourceParameters"), r.m->sources.at, r.m->sources.n);
    read_parameters(&r, xml_child(trafo, "TargetParameters"), r.m->targets.at, r.m->targets.n);
    if (!read_project(&r, tool))
        return false;
    r.m->several = r.m->targets.n > 1;
    for (size_t i = 0; i < r.m->fields.n && !r.m->several; i++)
        r.m->several = is_envelope(r.m->fields.at[i].path);
    *ret = r.m;
    return true;
}

const struct binding *brick_binding(const struct brick *b, const char *name)
{
    for (size_t i = 0; i < b->bindings.n; i++)
        if (str_eqz(b->bindings.at[i].name, name))
            return &b->bindings.at[i];
    return NULL;
}

str brick_text(const struct brick *b, const char *name)
{
    const struct binding *x = brick_binding(b, name);
    return x ? x->value : STR("");
}
