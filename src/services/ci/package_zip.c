/* package_zip: an integration package as one file (api.md 2.1): an entry <guid>_content per artifact, its bundle, and
 * resources.cnt, base64 of a JSON list of what is in it. Importing trusts the bundles' manifests for what an artifact
 * is, and the list for the package alone. */
#include "services/ci/parts.h"

#include "base/codec.h"
#include "base/json.h"
#include "format/zip.h"
#include "identity/identity.h"

#define LIST "resources.cnt"
#define INFO "ExportInformation.info"
static const char CONTENT[] = "_content";

/* Properties of a package and what the list calls them. */
static const struct {
    const char *property, *attribute;
} attributes[] = {
    {"ShortText",         "shortText"         },
    {"Description",       "description"       },
    {"Vendor",            "vendor"            },
    {"Keywords",          "keywords"          },
    {"Products",          "products"          },
    {"Countries",         "countries"         },
    {"Industries",        "industries"        },
    {"LineOfBusiness",    "lob"               },
    {"SupportedPlatform", "supportedPlatforms"},
};

/* ---- export ---- */

struct exporting {
    struct odata_call *call;
    VEC(struct exported {
        const struct stored *s;
        str guid;
    })
    artifacts;
    struct buf drafts;
};

static bool add_exported(void *arg, const struct stored *s)
{
    struct exporting *x = arg;
    if (str_eqz(s->version, VERSION_DRAFT))
        buf_addf(&x->drafts, "%s" STR_FMT, x->drafts.n ? ", " : "", STR_ARG(s->name));
    vec_add(x->call->arena, &x->artifacts, (struct exported){s, id_uuid(x->call->arena)});
    return true;
}

static void write_text(struct jw *w, const char *key, str value)
{
    jw_keyz(w, key);
    jw_str(w, value.p ? value : STR(""));
}

static void write_package(struct jw *w, const struct entity *package)
{
    jw_object(w);
    write_text(w, "id", entity_text(package, "ResourceId"));
    write_text(w, "uniqueId", entity_text(package, "Id"));
    write_text(w, "name", entity_text(package, "Name"));
    write_text(w, "displayName", entity_text(package, "Name"));
    write_text(w, "resourceType", STR("ContentPackage"));
    write_text(w, "semanticVersion", entity_text(package, "Version"));
    jw_keyz(w, "additionalAttributes");
    jw_object(w);
    for (size_t i = 0; i < COUNT(attributes); i++) {
        jw_keyz(w, attributes[i].attribute);
        jw_object(w);
        write_text(w, "attributeName", str_of(attributes[i].attribute));
        jw_keyz(w, "attributeValues");
        jw_array(w);
        if (entity_text(package, attributes[i].property).p)
            jw_str(w, entity_text(package, attributes[i].property));
        jw_array_end(w);
        jw_object_end(w);
    }
    jw_object_end(w);
    jw_object_end(w);
}

static str write_list(struct exporting *x, const struct entity *package)
{
    AUTO(buf) struct buf out = BUF(SIZE_MAX);
    struct jw w;
    jw_init(&w, &out);
    jw_object(&w);
    jw_keyz(&w, "resources");
    jw_array(&w);
    write_package(&w, package);
    for (size_t i = 0; i < x->artifacts.n; i++) {
        const struct stored *s = x->artifacts.at[i].s;
        jw_object(&w);
        write_text(&w, "id", x->artifacts.at[i].guid);
        write_text(&w, "uniqueId", s->id);
        write_text(&w, "name", arena_fmt(x->call->arena, STR_FMT ".zip", STR_ARG(s->id)));
        write_text(&w, "displayName", s->name);
        write_text(&w, "resourceType", str_of(s->kind->export_type));
        write_text(&w, "semanticVersion", s->version);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    jw_object_end(&w);
    return base64_encode(x->call->arena, buf_str(&out));
}

static bool write_zip(struct exporting *x, const struct entity *package, struct buf *out,
                      struct err *e)
{
    struct arena *a = x->call->arena;
    VEC(struct zip_entry) entries = {0};
    for (size_t i = 0; i < x->artifacts.n; i++) {
        struct stored *s;
        const struct stored *listed = x->artifacts.at[i].s;
        if (!artifact_find(x->call, listed->kind, listed->id, listed->version, true, &s, e))
            return false;
        str name = arena_fmt(a, STR_FMT "%s", STR_ARG(x->artifacts.at[i].guid), CONTENT);
        if (s) /* deleted meanwhile otherwise */
            vec_add(a, &entries, (struct zip_entry){.name = name, .bytes = s->content});
    }
    vec_add(a, &entries, (struct zip_entry){.name = STR(LIST), .bytes = write_list(x, package)});
    vec_add(a, &entries,
            (struct zip_entry){.name = STR(INFO), .bytes = STR("Exported by Tidemill\n")});
    return zip_write(out, entries.at, entries.n, e);
}

bool package_export(struct odata_call *c, const struct entity *package, struct blob **ret,
                    struct err *e)
{
    struct exporting x = {.call = c, .drafts = BUF(400)};
    bool ok = true;
    for (size_t i = 0; ok && i < ci_nkinds; i++)
        ok = artifact_list(c, &ci_kinds[i], entity_text(package, "Id"), add_exported, &x, e);
    if (ok && x.drafts.n)
        ok = err_set(e, ERR_REFUSED,
                     "The package cannot be exported: these artifacts are drafts: " STR_FMT,
                     STR_ARG(buf_str(&x.drafts)));
    buf_free(&x.drafts);
    struct buf out = BUF(SIZE_MAX);
    if (ok && write_zip(&x, package, &out, e)) {
        *ret = blob_take(&out);
        return true;
    }
    buf_free(&out);
    return false;
}

/* ---- import ---- */

static str attribute_of(const struct jr *resource, const char *name)
{
    const struct jr *a = jr_get(jr_get(resource, "additionalAttributes"), name);
    const struct jr *values = jr_get(a, "attributeValues");
    return values && values->first && values->first->kind == JR_STRING ? values->first->s
                                                                       : STR_NONE;
}

/* The package's row of the list, as an entity. */
static bool read_list(struct odata_call *c, str text, struct entity *package, struct err *e)
{
    str json;
    struct jr *list;
    if (!base64_decode(c->arena, text, &json) || !jr_parse(c->arena, json, &list, e))
        return err_set(e, ERR_BAD_REQUEST,
                       "PackageContent: " LIST " is not base64 of a JSON document");
    const struct jr *rows = jr_get(list, "resources"), *row = rows ? rows->first : NULL;
    while (row && !str_eqz(jr_text(row, "resourceType"), "ContentPackage") &&
           !str_eqz(jr_text(row, "type"), "ContentPackage"))
        row = row->next;
    if (!row)
        return err_set(e, ERR_BAD_REQUEST, "PackageContent: " LIST " lists no ContentPackage");
    str id = jr_text(row, "uniqueId"), name = jr_text(row, "displayName"),
        version = jr_text(row, "semanticVersion");
    entity_set(package, "Id", VALUE_TEXT(id));
    entity_set(package, "Name", VALUE_TEXT(name.n ? name : jr_text(row, "name")));
    if (version.n)
        entity_set(package, "Version", VALUE_TEXT(version));
    for (size_t i = 0; i < COUNT(attributes); i++)
        if (attribute_of(row, attributes[i].attribute).p)
            entity_set(package, attributes[i].property,
                       VALUE_TEXT(attribute_of(row, attributes[i].attribute)));
    return true;
}

static const struct kind *kind_of_bundle(const struct bundle *b)
{
    if (map_get(&b->files, STR("value_mapping.xml")))
        return kind_in(STR("VALUE_MAPPING"));
    for (size_t i = 0; i < ci_nkinds; i++)
        if (str_eqz(b->type, ci_kinds[i].bundle_type))
            return &ci_kinds[i];
    return NULL;
}

static bool import_artifact(struct odata_call *c, struct store_batch *batch, str package,
                            str content, struct err *e)
{
    struct bundle *b;
    if (!bundle_read(content, &b, e))
        return err_ctx(e, "PackageContent");
    struct stored s = {.kind = kind_of_bundle(b), .package_id = package, .content = content};
    s.id = arena_str(c->arena, b->id);
    s.name = arena_str(c->arena, b->name.n ? b->name : b->id);
    s.created_by = user_name(c->user);
    s.created_at = now_text(c->arena);
    bool ok = s.kind ? artifact_describe(c, &s, b, e)
                     : err_set(e, ERR_NOT_IMPLEMENTED,
                               "Artifact '" STR_FMT "': type " STR_FMT " is not supported",
                               STR_ARG(b->id), STR_ARG(b->type));
    bundle_free(b);
    struct value binds[] = {VALUE_TEXT(s.id), VALUE_TEXT(package)}, other;
    bool elsewhere = false;
    if (!ok ||
        !query_row(c->store, c->arena,
                   "SELECT package_id FROM designtime_artifact WHERE id = ? AND package_id <> ?",
                   binds, 2, &other, 1, &elsewhere, e))
        return false;
    if (elsewhere)
        return err_set(e, ERR_CONFLICT,
                       "Artifact '" STR_FMT "' already exists in package '" STR_FMT "'",
                       STR_ARG(s.id), STR_ARG(text_of(c->arena, other)));
    artifact_store(c, batch, &s);
    return true;
}

bool package_import(struct odata_call *c, str content, struct entity *package,
                    struct store_batch *batch, struct err *e)
{
    zip_entries entries = {0};
    const struct zip_entry *list = NULL;
    if (!zip_read(c->arena, content, &zip_bundle_limits, &entries, e))
        return err_ctx(e, "PackageContent");
    for (size_t i = 0; i < entries.n; i++)
        if (str_eqz(entries.at[i].name, LIST))
            list = &entries.at[i];
    if (!list)
        return err_set(e, ERR_BAD_REQUEST, "PackageContent has no " LIST);
    if (!read_list(c, list->bytes, package, e))
        return false;
    if (str_eqz(odata_option(c, "Overwrite"), "true")) {
        artifact_delete_package(batch, entity_text(package, "Id"));
        store_batch_add(batch, "DELETE FROM integration_package WHERE id = ?",
                        entity_at(package, "Id"), 1);
    }
    for (size_t i = 0; i < entries.n; i++)
        if (str_ends(entries.at[i].name, STR("_content")) &&
            str_starts(entries.at[i].bytes, STR("PK")) &&
            !import_artifact(c, batch, entity_text(package, "Id"), entries.at[i].bytes, e))
            return false;
    return true;
}
