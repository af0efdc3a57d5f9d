/* artifacts: how design-time artifacts of the four kinds are kept. designtime_artifact has a row per
 * artifact and names its current version; designtime_version has a row per version with the bundle.
 * A draft is the version "Active". Ids are unique over all kinds, as they are at run time. */
#include "services/ci/parts.h"

#include "base/time.h"
#include "format/xml.h"
#include "identity/identity.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- kinds ---- */

static bool check_values(const struct bundle *b, struct err *e)
{
    const str *xml = map_get(&b->files, STR("value_mapping.xml"));
    if (!xml)
        return err_set(e, ERR_BAD_REQUEST, "the bundle has no value_mapping.xml");
    struct xml_doc *doc;
    if (!xml_parse(*xml, &doc, e))
        return err_ctx(e, "value_mapping.xml");
    xml_free(doc);
    return true;
}

/* Mapping files are XML; a project's own files besides them are not looked at. */
static bool check_mapping(const struct bundle *b, struct err *e)
{
    size_t mappings = 0;
    for (size_t i = 0; i < b->files.entries.n; i++) {
        const struct map_entry *f = &b->files.entries.at[i];
        if (!f->value ||
            !(str_ends_nocase(f->key, STR(".mmap")) || str_ends_nocase(f->key, STR(".opmap"))))
            continue;
        mappings++;
        if (!xml_well_formed(*(const str *)f->value))
            return err_set(e, ERR_BAD_REQUEST,
                           "validation of resource is failed: " STR_FMT " is no mapping",
                           STR_ARG(f->key));
    }
    if (!mappings)
        return err_set(e, ERR_BAD_REQUEST,
                       "validation of resource is failed: the bundle has no mapping (.mmap)");
    return true;
}

static bool check_scripts(const struct bundle *b, struct err *e)
{
    for (size_t i = 0; i < b->files.entries.n; i++)
        if (b->files.entries.at[i].value &&
            str_starts(b->files.entries.at[i].key, STR("src/main/resources/")))
            return true;
    return err_set(e, ERR_BAD_REQUEST, "the bundle has no script");
}

const struct kind ci_kinds[] = {
    {"Integration",      "INTEGRATION_FLOW",  "IntegrationFlow",  "IFlow",            true,  NULL         },
    {"ScriptCollection", "SCRIPT_COLLECTION", "ScriptCollection", "ScriptCollection", true,
     check_scripts                                                                                        },
    {"ValueMapping",     "VALUE_MAPPING",     "ValueMapping",     "ValueMapping",     false, check_values },
    {"MessageMapping",   "MESSAGE_MAPPING",   "MessageMapping",   "MessageMapping",   false, check_mapping},
};
const size_t ci_nkinds = COUNT(ci_kinds);

const struct kind *kind_in(str name)
{
    for (size_t i = 0; i < ci_nkinds; i++) {
        const struct kind *k = &ci_kinds[i];
        size_t at = str_find(name, str_of(k->name), 0);
        bool in_name = at != SIZE_MAX &&
                       str_starts(str_from(name, at + strlen(k->name)), STR("DesigntimeArtifact"));
        if (in_name || str_eqz(name, k->runtime_type))
            return k;
    }
    abort();
}

/* ---- tables ---- */

bool artifacts_define(struct store *s, struct err *e)
{
    static const struct store_column artifact[] =
        {
            {"id",            V_TEXT, true},
            {"kind",          V_TEXT, true},
            {"version",       V_TEXT, true},
            {"package_id",    V_TEXT, true},
            {"symbolic_name", V_TEXT, true},
            {"created_by",    V_TEXT, true},
            {"created_at",    V_TEXT, true},
            {"first_hash",    V_TEXT, true}, /* of the content it was created with */
    };
    static const struct store_column version[] = {
        {"id",           V_TEXT,  true},
        {"version",      V_TEXT,  true},
        {"name",         V_TEXT,  true},
        {"description",  V_TEXT,  true},
        {"sender",       V_TEXT,  true},
        {"receiver",     V_TEXT,  true},
        {"comment",      V_TEXT,  true},
        {"modified_by",  V_TEXT,  true},
        {"modified_at",  V_TEXT,  true},
        {"content",      V_BYTES, true},
        {"content_hash", V_TEXT,  true},
    };
    static const char *const keys[] = {"id", "version"}, *const indexes[] = {"package_id"};
    const struct store_table tables[] = {
        {"designtime_artifact", artifact, COUNT(artifact), keys, 1, indexes, 1},
        {"designtime_version",  version,  COUNT(version),  keys, 2, NULL,    0},
    };
    return store_define(s, tables, COUNT(tables), e);
}

#define COLUMNS                                                                                    \
    "a.id, v.version, a.package_id, a.symbolic_name, v.name, v.description, v.sender, v.receiver," \
    " v.comment, a.created_by, a.created_at, v.modified_by, v.modified_at, a.version"
enum { NCOLUMNS = 14 };

struct reading {
    struct arena *arena;
    const struct kind *kind;
    struct stored *found; /* artifact_find */
    artifact_fn *fn;      /* artifact_list */
    void *arg;
};

static struct stored *stored_of(struct reading *r, const struct value *columns, size_t n)
{
    struct stored *s = arena_new_of(r->arena, struct stored);
    str *const fields[NCOLUMNS + 1] = {
        &s->id,          &s->version,     &s->package_id,  &s->symbolic_name, &s->name,
        &s->description, &s->sender,      &s->receiver,    &s->comment,       &s->created_by,
        &s->created_at,  &s->modified_by, &s->modified_at, &s->current,       &s->content};
    s->kind = r->kind;
    for (size_t i = 0; i < n && i < COUNT(fields); i++)
        *fields[i] = text_of(r->arena, columns[i]);
    return s;
}

static bool take_found(void *arg, const struct value *columns, size_t n)
{
    struct reading *r = arg;
    r->found = stored_of(r, columns, n);
    return false;
}

bool artifact_find(struct odata_call *c, const struct kind *k, str id, str version, bool content,
                   struct stored **ret, struct err *e)
{
    bool current = str_eq_nocase(version, STR(VERSION_DRAFT));
    const char *sql = content ? "SELECT " COLUMNS
                                ", v.content FROM designtime_artifact a JOIN designtime_version v"
                                " ON v.id = a.id WHERE a.id = ? AND a.kind = ? AND v.version = "
                              : "SELECT " COLUMNS
                                " FROM designtime_artifact a JOIN designtime_version v"
                                " ON v.id = a.id WHERE a.id = ? AND a.kind = ? AND v.version = ";
    str full = arena_fmt(c->arena, "%s%s", sql, current ? "a.version" : "?");
    struct value binds[] = {VALUE_TEXT(id), VALUE_TEXT(str_of(k->name)), VALUE_TEXT(version)};
    struct reading r = {.arena = c->arena, .kind = k};
    if (!store_query(c->store, full.p, binds, current ? 2 : 3, take_found, &r, e))
        return false;
    *ret = r.found;
    return true;
}

bool artifact_of(struct odata_call *c, const struct entity *key, bool content, struct stored **ret,
                 struct err *e)
{
    struct stored *s;
    if (!artifact_find(c, kind_in(key->type->name), entity_text(key, "Id"),
                       entity_text(key, "Version"), content, &s, e))
        return false;
    if (!s)
        return err_set(e, ERR_NOT_FOUND, "%s", "");
    *ret = s;
    return true;
}

static bool take_listed(void *arg, const struct value *columns, size_t n)
{
    struct reading *r = arg;
    return r->fn(r->arg, stored_of(r, columns, n));
}

bool artifact_list(struct odata_call *c, const struct kind *k, str package, artifact_fn *fn,
                   void *arg, struct err *e)
{
    struct reading r = {.arena = c->arena, .kind = k, .fn = fn, .arg = arg};
    struct value binds[] = {VALUE_TEXT(str_of(k->name)), VALUE_TEXT(package)};
    return store_query(c->store,
                       package.p ? "SELECT " COLUMNS
                                   " FROM designtime_artifact a JOIN designtime_version v"
                                   " ON v.id = a.id AND v.version = a.version"
                                   " WHERE a.kind = ? AND a.package_id = ? ORDER BY v.name, a.id"
                                 : "SELECT " COLUMNS
                                   " FROM designtime_artifact a JOIN designtime_version v"
                                   " ON v.id = a.id AND v.version = a.version"
                                   " WHERE a.kind = ? ORDER BY v.name, a.id",
                       binds, package.p ? 2 : 1, take_listed, &r, e);
}

/* Of the files, however they are packed, less the manifest, which every new version changes; "": not readable. */
static str content_hash(struct arena *a, str content)
{
    struct bundle *b;
    struct err ignored = {0};
    uint64_t sum = 0;
    if (!bundle_read(content, &b, &ignored))
        return STR("");
    for (size_t i = 0; i < b->files.entries.n; i++) {
        const struct map_entry *f = &b->files.entries.at[i];
        if (f->value &&
            !str_eqz(f->key, "META-INF/MANIFEST.MF")) /* in any order: a sum of what is mixed */
            sum += str_hash(*(const str *)f->value) * (str_hash(f->key) | 1);
    }
    bundle_free(b);
    return arena_fmt(a, "%016llx", (unsigned long long)sum);
}

void artifact_store(struct odata_call *c, struct store_batch *b, struct stored *s)
{
    str hash = content_hash(c->arena, s->content);
    s->modified_by = user_name(c->user);
    s->modified_at = now_text(c->arena);
    struct value artifact[] = {
        VALUE_TEXT(s->id),
        VALUE_TEXT(str_of(s->kind->name)),
        VALUE_TEXT(s->version),
        VALUE_TEXT(s->package_id),
        VALUE_TEXT(s->symbolic_name),
        VALUE_TEXT(s->created_by),
        VALUE_TEXT(s->created_at),
        VALUE_TEXT(hash),
    };
    store_batch_add(
        b,
        "INSERT INTO designtime_artifact (id, kind, version, package_id, symbolic_name, created_by,"
        " created_at, first_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET version = excluded.version",
        artifact, COUNT(artifact));
    if (!str_eqz(s->version, VERSION_DRAFT)) {
        struct value draft[] = {VALUE_TEXT(s->id), VALUE_TEXT(STR(VERSION_DRAFT))};
        store_batch_add(b, "DELETE FROM designtime_version WHERE id = ? AND version = ?", draft, 2);
    }
    struct value version[] = {
        VALUE_TEXT(s->id),          VALUE_TEXT(s->version),     VALUE_TEXT(s->name),
        VALUE_TEXT(s->description), VALUE_TEXT(s->sender),      VALUE_TEXT(s->receiver),
        VALUE_TEXT(s->comment),     VALUE_TEXT(s->modified_by), VALUE_TEXT(s->modified_at),
        VALUE_BYTES(s->content),    VALUE_TEXT(hash),
    };
    store_batch_add(
        b,
        "INSERT INTO designtime_version (id, version, name, description, sender, receiver, comment,"
        " modified_by, modified_at, content, content_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id, version) DO UPDATE SET name = excluded.name,"
        " description = excluded.description, sender = excluded.sender, receiver = excluded.receiver,"
        " comment = excluded.comment, modified_by = excluded.modified_by,"
        " modified_at = excluded.modified_at, content = excluded.content,"
        " content_hash = excluded.content_hash",
        version, COUNT(version));
}

bool artifact_changeable(const struct stored *s, struct err *e)
{
    return str_eq(s->version, s->current) ||
           err_set(e, ERR_BAD_REQUEST,
                   "Version " STR_FMT " of '" STR_FMT
                   "' is not the active one: it cannot be changed",
                   STR_ARG(s->version), STR_ARG(s->id));
}

void artifact_delete(struct store_batch *b, str id)
{
    struct value bind = VALUE_TEXT(id);
    store_batch_add(b, "DELETE FROM designtime_version WHERE id = ?", &bind, 1);
    store_batch_add(b, "DELETE FROM designtime_artifact WHERE id = ?", &bind, 1);
}

void artifact_delete_package(struct store_batch *b, str package)
{
    struct value bind = VALUE_TEXT(package);
    store_batch_add(b,
                    "DELETE FROM designtime_version WHERE id IN"
                    " (SELECT id FROM designtime_artifact WHERE package_id = ?)",
                    &bind, 1);
    store_batch_add(b, "DELETE FROM designtime_artifact WHERE package_id = ?", &bind, 1);
}

/* ---- bundles ---- */

/* "1.0.1": digits and dots, as manifests have it; a qualifier may follow ("1.0.0.qualifier"). */
bool artifact_check_version(str v, struct err *e)
{
    bool fine = v.n && v.n <= 50 && v.p[0] >= '0' && v.p[0] <= '9';
    for (size_t i = 0; i < v.n; i++)
        fine = fine && v.p[i] &&
               strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-", v.p[i]);
    return fine || err_set(e, ERR_BAD_REQUEST, "Version '" STR_FMT "' is invalid", STR_ARG(v));
}

/* What the bundle says becomes the artifact's: version, description, sender and receiver. */
bool artifact_describe(struct odata_call *c, struct stored *s, const struct bundle *b,
                       struct err *e)
{
    if (!artifact_check_version(b->version, e))
        return false;
    if (map_get(&b->files, STR("src/main/resources/parameters.prop")) &&
        !map_get(&b->files, STR("src/main/resources/parameters.propdef")))
        return err_set(e, ERR_REFUSED, "parameters.prop is there without parameters.propdef");
    const str *metainfo = map_get(&b->files, STR("metainfo.prop"));
    s->version = arena_str(c->arena, b->version);
    s->symbolic_name = arena_str(c->arena, b->id);
    if (metainfo || !s->description.p)
        s->description = arena_str(c->arena, b->description);
    str *const texts[] = {&s->description, &s->sender, &s->receiver, &s->comment};
    for (size_t i = 0; i < COUNT(texts); i++)
        *texts[i] = texts[i]->p ? *texts[i] : STR("");
    return true;
}

bool artifact_bundle(const struct stored *s, struct bundle **ret, struct err *e)
{
    if (!bundle_read(s->content, ret, e))
        return err_ctx(e, "%s '" STR_FMT "'", s->kind->name, STR_ARG(s->id));
    return true;
}

bool artifact_pack(struct odata_call *c, struct stored *s, struct bundle *b, struct err *e)
{
    AUTO(buf) struct buf out = BUF(SIZE_MAX);
    if (!bundle_write(b, &out, e))
        return false;
    s->content = arena_str(c->arena, buf_str(&out));
    return true;
}

bool artifact_open_parent(struct odata_call *c, struct stored **ret, struct bundle **ret_bundle,
                          struct err *e)
{
    return artifact_of(c, c->parent, true, ret, e) && artifact_bundle(*ret, ret_bundle, e);
}

bool artifact_keep(struct odata_call *c, struct stored *s, struct bundle *b, struct err *e)
{
    if (!artifact_changeable(s, e) || !artifact_pack(c, s, b, e))
        return false;
    struct store_batch *batch = store_batch_new();
    artifact_store(c, batch, s);
    return store_commit_wait(c->store, batch, e);
}
