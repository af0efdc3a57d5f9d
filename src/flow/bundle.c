/* bundle: the ZIP of an artifact in memory. The files are the truth; id, parameters and the rest are read from them
 * and read again when one of the files they come from is replaced. Files that nobody touched are written back byte
 * by byte. */
#include "flow/bundle_file.h"
#include "format/properties.h"
#include "format/xml.h"
#include "format/zip.h"

enum {
    PARAMETERS_MAX = 10000,
    WRITE_MAX = 512 << 20,
    MTIME = 315532800 /* 1980-01-01, where ZIP's time begins */
};

static str file_text(const struct bundle *b, const char *path)
{
    const str *bytes = map_get(&b->files, str_of(path));
    return bytes ? *bytes : STR_NONE;
}

static str header_or(const struct bundle *b, const char *name, str otherwise)
{
    const str *v = map_get(&b->manifest, str_of(name));
    str s = v ? str_trim(*v) : STR("");
    return s.n ? s : otherwise;
}

static bool read_manifest(struct bundle *b, struct err *e)
{
    str text = file_text(b, BUNDLE_MANIFEST);
    if (!text.p)
        return err_set(e, ERR_BAD_REQUEST, "no artifact: the archive has no " BUNDLE_MANIFEST);
    manifest_read(b->arena, text, &b->manifest);
    str id = header_or(b, "Bundle-SymbolicName", STR(""));
    b->id = str_trim(str_sub(id, 0, str_find_char(id, ';', 0)));
    if (!b->id.n)
        return err_set(e, ERR_BAD_REQUEST, "the manifest has no Bundle-SymbolicName");
    b->name = header_or(b, "Bundle-Name", b->id);
    b->version = header_or(b, "Bundle-Version", STR("1.0.0"));
    b->type = header_or(b, "SAP-BundleType", STR("IntegrationFlow"));
    return true;
}

static void read_description(struct bundle *b)
{
    struct map info;
    str text = file_text(b, BUNDLE_METAINFO);
    b->description = STR("");
    if (!text.p)
        return;
    properties_read(b->arena, text, &info);
    const str *description = map_get(&info, STR("description"));
    if (description)
        b->description = *description;
}

static void find_flow(struct bundle *b)
{
    b->iflw_path = STR_NONE;
    for (size_t i = 0; i < b->files.entries.n; i++) {
        const struct map_entry *f = &b->files.entries.at[i];
        if (f->value && str_starts(f->key, STR(BUNDLE_FLOWS)) && str_ends(f->key, STR(".iflw"))) {
            b->iflw_path = f->key;
            return;
        }
    }
}

/* ---- parameters ---- */
static str child_text(struct arena *a, const struct xml_node *n, const char *name)
{
    const struct xml_node *c = xml_child(n, name);
    return c ? xml_text(a, c) : STR("");
}

static bool add_parameter(struct bundle *b, struct map *known, const struct bundle_parameter *p,
                          struct err *e)
{
    if (b->parameters.n == PARAMETERS_MAX)
        return err_set(e, ERR_TOO_LARGE, "the artifact has more than %d parameters",
                       PARAMETERS_MAX);
    if (map_get(known, p->key))
        return true;
    vec_add(b->arena, &b->parameters, *p);
    map_put(known, p->key, b);
    return true;
}

static bool read_definitions(struct bundle *b, struct map *known, const struct map *values,
                             struct err *e)
{
    str text = file_text(b, BUNDLE_PROPDEF);
    struct xml_doc *doc;
    if (!str_trim(text).n)
        return true;
    if (!xml_parse(text, &doc, e))
        return err_ctx(e, "reading parameters.propdef");
    bool ok = true;
    for (const struct xml_node *n = xml_first(xml_root(doc)); n && ok; n = xml_next(n)) {
        if (!xml_is(n, "parameter"))
            continue;
        struct bundle_parameter p = {
            .key = child_text(b->arena, n, "name"),
            .type = child_text(b->arena, n, "type"),
            .description = child_text(b->arena, n, "description"),
            .required = str_eqz(child_text(b->arena, n, "isRequired"), "true"),
        };
        if (!p.key.n)
            p.key = child_text(b->arena, n, "key");
        const str *value = map_get(values, p.key);
        p.value = value ? *value : STR("");
        ok = add_parameter(b, known, &p, e);
    }
    xml_free(doc);
    return ok;
}

static bool read_parameters(struct bundle *b, struct err *e)
{
    struct map values, known;
    properties_read(b->arena, file_text(b, BUNDLE_PROP), &values);
    map_init(&known, b->arena, false);
    b->parameters.n = 0;
    if (!read_definitions(b, &known, &values, e))
        return false;
    for (size_t i = 0; i < values.entries.n; i++) {
        const struct map_entry *v = &values.entries.at[i];
        struct bundle_parameter p = {
            .key = v->key, .type = STR("xsd:string"), .description = STR("")};
        if (!v->value)
            continue;
        p.value = *(const str *)v->value;
        if (!add_parameter(b, &known, &p, e))
            return false;
    }
    return true;
}

/* ---- reading ---- */
static bool read_files(struct bundle *b, struct err *e)
{
    find_flow(b);
    read_description(b);
    return read_manifest(b, e) && read_parameters(b, e);
}

struct bundle *bundle_new(void)
{
    struct arena *a = arena_new();
    struct bundle *b = arena_new_of(a, struct bundle);
    b->arena = a;
    map_init(&b->files, a, false);
    map_init(&b->manifest, a, true);
    return b;
}

static bool read_zip(struct bundle *b, str zip, struct err *e)
{
    zip_entries entries = {0};
    if (!zip_read(b->arena, zip, &zip_bundle_limits, &entries, e))
        return false;
    for (size_t i = 0; i < entries.n; i++)
        map_put(&b->files, entries.at[i].name, &entries.at[i].bytes);
    return read_files(b, e);
}

bool bundle_read(str zip, struct bundle **ret, struct err *e)
{
    struct bundle *b = bundle_new();
    if (!read_zip(b, zip, e)) {
        bundle_free(b);
        return err_ctx(e, "reading the artifact");
    }
    *ret = b;
    return true;
}

void bundle_free(struct bundle *b)
{
    if (b)
        arena_free(b->arena);
}

/* ---- changing ---- */
static void read_again(struct bundle *b, str path)
{
    struct err ignored; /* an unreadable file leaves what was known before */
    if (str_eqz(path, BUNDLE_MANIFEST))
        (void)!read_manifest(b, &ignored);
    else if (str_eqz(path, BUNDLE_METAINFO))
        read_description(b);
    else if (str_eqz(path, BUNDLE_PROP) || str_eqz(path, BUNDLE_PROPDEF))
        (void)!read_parameters(b, &ignored);
    else if (str_ends(path, STR(".iflw")))
        find_flow(b);
}

void bundle_put(struct bundle *b, str path, str bytes)
{
    str *copy = arena_new_of(b->arena, str);
    *copy = arena_str(b->arena, bytes.p ? bytes : STR(""));
    map_put(&b->files, arena_str(b->arena, path), copy);
    read_again(b, path);
}

bool bundle_remove(struct bundle *b, str path)
{
    bool was = map_remove(&b->files, path) != NULL;
    if (was)
        read_again(b, path);
    return was;
}

bool bundle_configure(struct bundle *b, str key, str value, struct err *e)
{
    bool known = false;
    for (size_t i = 0; i < b->parameters.n; i++)
        known |= str_eq(b->parameters.at[i].key, key);
    if (!known)
        return err_set(e, ERR_NOT_FOUND, "the artifact has no parameter '" STR_FMT "'",
                       STR_ARG(key));
    struct map values;
    properties_read(b->arena, file_text(b, BUNDLE_PROP), &values);
    map_put(&values, key, &value);
    AUTO(buf) struct buf text = BUF(WRITE_MAX);
    properties_write(&text, &values);
    if (!buf_check(&text, e))
        return false;
    bundle_put(b, STR(BUNDLE_PROP), buf_str(&text));
    return true;
}

void bundle_set_version(struct bundle *b, str version)
{
    AUTO(buf) struct buf text = BUF(WRITE_MAX);
    map_put(&b->manifest, STR("Bundle-Version"), &version);
    manifest_write(&text, &b->manifest);
    bundle_put(b, STR(BUNDLE_MANIFEST), buf_str(&text));
}

/* ---- writing ---- */
/* The manifest comes first, where JAR tools look for it. */
bool bundle_write(const struct bundle *b, struct buf *out, struct err *e)
{
    AUTO(arena) struct arena *a = arena_new();
    struct zip_entry *entries = arena_new_array(a, struct zip_entry, b->files.entries.n + 1);
    size_t n = 0;
    for (int manifest = 1; manifest >= 0; manifest--)
        for (size_t i = 0; i < b->files.entries.n; i++) {
            const struct map_entry *f = &b->files.entries.at[i];
            if (f->value && str_eqz(f->key, BUNDLE_MANIFEST) == manifest)
                entries[n++] = (struct zip_entry){f->key, *(const str *)f->value, MTIME};
        }
    return zip_write(out, entries, n, e);
}
