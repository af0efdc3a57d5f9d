/* resources: the files in a bundle that the API names by type (api.md 2.2). The type decides the folder. */
#include "services/ci/parts.h"

#include "base/codec.h"

static const struct resource_type {
    const char *name, *folder, *suffix, *content_type;
} types[] = {
    {"groovy", "script/",  ".groovy", "text/plain"              },
    {"groovy", "script/",  ".gsh",    "text/plain"              },
    {"js",     "script/",  ".js",     "text/plain"              },
    {"jar",    "lib/",     ".jar",    "application/java-archive"},
    {"mmap",   "mapping/", ".mmap",   "application/xml"         },
    {"opmap",  "mapping/", ".opmap",  "application/xml"         },
    {"xslt",   "mapping/", ".xsl",    "application/xml"         },
    {"xslt",   "mapping/", ".xslt",   "application/xml"         },
    {"xsd",    "xsd/",     ".xsd",    "application/xml"         },
    {"xsd",    "wsdl/",    ".xsd",    "application/xml"         }, /* ReferencedResourceType 'wsdl' */
    {"wsdl",   "wsdl/",    ".wsdl",   "application/xml"         },
    {"edmx",   "edmx/",    ".edmx",   "application/xml"         },
    {"edmx",   "edmx/",    ".xml",    "application/xml"         },
    {"json",   "json/",    ".json",   "application/json"        },
};
#define ROOT "src/main/resources/"

static bool of_wsdl(const struct resource_type *t)
{
    return str_eqz(str_of(t->name), "xsd") && str_eqz(str_of(t->folder), "wsdl/");
}

static const struct resource_type *type_of_path(str path, str *ret_name)
{
    if (!str_starts(path, STR(ROOT)))
        return NULL;
    str rest = str_from(path, sizeof ROOT - 1);
    for (size_t i = 0; i < COUNT(types); i++) {
        str folder = str_of(types[i].folder);
        if (str_starts(rest, folder) && str_ends_nocase(rest, str_of(types[i].suffix))) {
            *ret_name = str_from(rest, folder.n);
            return &types[i];
        }
    }
    return NULL;
}

static struct entity *entity_of(struct odata_call *c, const struct resource_type *t, str name,
                                str bytes)
{
    struct entity *en = entity_new(c->arena, c->set->type);
    entity_set(en, "Name", VALUE_TEXT(arena_str(c->arena, name)));
    entity_set(en, "ResourceType", VALUE_TEXT(str_of(t->name)));
    if (of_wsdl(t))
        entity_set(en, "ReferencedResourceType", VALUE_TEXT(STR("wsdl")));
    entity_set(en, "ResourceSize", VALUE_INT((int64_t)bytes.n));
    entity_set(en, "ResourceSizeUnit", VALUE_TEXT(STR("Byte")));
    en->media_type = str_of(t->content_type);
    return en;
}

static bool list(struct odata_call *c, entities *ret, struct err *e)
{
    struct stored *s;
    struct bundle *b;
    if (!artifact_open_parent(c, &s, &b, e))
        return false;
    for (size_t i = 0; i < b->files.entries.n; i++) {
        const struct map_entry *f = &b->files.entries.at[i];
        str name;
        const struct resource_type *t = f->value ? type_of_path(f->key, &name) : NULL;
        if (t)
            vec_add(c->arena, ret, entity_of(c, t, name, *(const str *)f->value));
    }
    bundle_free(b);
    return true;
}

/* The file that a call's key names, in its open bundle. */
struct file {
    struct stored *artifact;
    struct bundle *bundle; /* to be freed */
    const struct resource_type *type;
    str path;
    const str *bytes; /* NULL: there is no such file */
};

static bool open_file(struct odata_call *c, struct file *ret, struct err *e)
{
    str name = entity_text(c->key, "Name"), type = entity_text(c->key, "ResourceType");
    str referenced = odata_option(c, "ReferencedResourceType");
    *ret = (struct file){0};
    if (!artifact_open_parent(c, &ret->artifact, &ret->bundle, e))
        return false;
    for (size_t i = 0; i < COUNT(types) && !ret->bytes; i++) {
        const struct resource_type *t = &types[i];
        if (!str_eqz(type, t->name) || !str_ends_nocase(name, str_of(t->suffix)) ||
            (referenced.p && of_wsdl(t) != str_eqz(referenced, "wsdl")))
            continue;
        ret->type = t;
        ret->path = arena_fmt(c->arena, ROOT "%s" STR_FMT, t->folder, STR_ARG(name));
        ret->bytes = map_get(&ret->bundle->files, ret->path);
    }
    return true;
}

static bool read(struct odata_call *c, struct entity **ret, struct err *e)
{
    struct file f;
    if (!open_file(c, &f, e))
        return false;
    if (f.bytes)
        *ret = entity_of(c, f.type, entity_text(c->key, "Name"), *f.bytes);
    bundle_free(f.bundle);
    return true;
}

static bool media(struct odata_call *c, struct odata_raw *ret, struct err *e)
{
    struct file f;
    if (!open_file(c, &f, e))
        return false;
    bool ok = f.bytes || err_set(e, ERR_NOT_FOUND, "%s", "");
    if (ok) {
        ret->blob = blob_copy(*f.bytes);
        ret->content_type = str_of(f.type->content_type);
        ret->filename = arena_str(c->arena, entity_text(c->key, "Name"));
    }
    bundle_free(f.bundle);
    return ok;
}

/* ---- changes ---- */

static bool check_name(str name, struct err *e)
{
    bool fine =
        name.n && name.n <= 255 && name.p[0] != '/' && str_find(name, STR(".."), 0) == SIZE_MAX;
    for (size_t i = 0; i < name.n; i++)
        fine = fine && (unsigned char)name.p[i] >= ' ' && !strchr("\\:*?\"<>|", name.p[i]);
    return fine ||
           err_set(e, ERR_BAD_REQUEST, "Resource name '" STR_FMT "' is invalid", STR_ARG(name));
}

static const struct resource_type *type_for(str type, str name, bool in_wsdl, struct err *e)
{
    bool known = false;
    for (size_t i = 0; i < COUNT(types); i++) {
        if (!str_eqz(type, types[i].name))
            continue;
        known = true;
        if (str_ends_nocase(name, str_of(types[i].suffix)) && of_wsdl(&types[i]) == in_wsdl)
            return &types[i];
    }
    if (known)
        err_set(e, ERR_BAD_REQUEST,
                "Resource name '" STR_FMT "' does not end as files of type " STR_FMT " do",
                STR_ARG(name), STR_ARG(type));
    else
        err_set(e, ERR_BAD_REQUEST, "Resource type '" STR_FMT "' is not supported", STR_ARG(type));
    return NULL;
}

static bool create(struct odata_call *c, struct entity *in, struct entity **ret, struct err *e)
{
    str name = entity_text(in, "Name"), referenced = entity_text(in, "ReferencedResourceType");
    if (!referenced.p)
        referenced = odata_option(c, "ReferencedResourceType");
    struct value content = *entity_at(in, "ResourceContent");
    if (!check_name(name, e))
        return false;
    const struct resource_type *t =
        type_for(entity_text(in, "ResourceType"), name, str_eqz(referenced, "wsdl"), e);
    if (!t)
        return false;
    if (content.kind != V_BYTES)
        return err_set(e, ERR_BAD_REQUEST, "ResourceContent is missing");
    struct stored *s;
    struct bundle *b;
    if (!artifact_open_parent(c, &s, &b, e))
        return false;
    str path = arena_fmt(c->arena, ROOT "%s" STR_FMT, t->folder, STR_ARG(name));
    bool ok;
    if (map_get(&b->files, path)) {
        ok = err_set(e, ERR_REFUSED, "Resource '" STR_FMT "' already exists", STR_ARG(name));
    } else {
        bundle_put(b, path, content.s);
        ok = artifact_keep(c, s, b, e);
    }
    bundle_free(b);
    if (ok)
        *ret = entity_of(c, t, name, content.s);
    return ok;
}

/* With content: replaces the file; without: removes it. */
static bool change(struct odata_call *c, const str *content, struct err *e)
{
    struct file f;
    if (!open_file(c, &f, e))
        return false;
    bool ok = f.bytes || err_set(e, ERR_NOT_FOUND, "%s", "");
    if (ok && content)
        bundle_put(f.bundle, f.path, *content);
    else if (ok)
        bundle_remove(f.bundle, f.path);
    ok = ok && artifact_keep(c, f.artifact, f.bundle, e);
    bundle_free(f.bundle);
    return ok;
}

static bool update(struct odata_call *c, struct entity *in, struct err *e)
{
    struct value content = *entity_at(in, "ResourceContent");
    if (content.kind != V_BYTES)
        return err_set(e, ERR_BAD_REQUEST, "ResourceContent is missing");
    return change(c, &content.s, e);
}

static bool delete_resource(struct odata_call *c, struct err *e)
{
    return change(c, NULL, e);
}

const struct odata_set_hook resources_hook = {.name = "resources",
                                              .list = list,
                                              .read = read,
                                              .create = create,
                                              .update = update,
                                              .remove = delete_resource,
                                              .media = media};
