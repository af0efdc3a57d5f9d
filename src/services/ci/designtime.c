/* designtime: the design-time artifacts of the four kinds (api.md 2.2), one implementation. */
#include "services/ci/parts.h"

#include "identity/identity.h"

enum { ID_LENGTH = 150, CONTENT_MAX = 200 << 20 };

/* ---- entities ---- */

static struct entity *entity_of(struct odata_call *c, const struct model_type *t,
                                const struct stored *s)
{
    static const struct {
        const char *property;
        size_t offset;
    } rows[] = {
        {"Id",          offsetof(struct stored, id)         },
        {"Version",     offsetof(struct stored, version)    },
        {"PackageId",   offsetof(struct stored, package_id) },
        {"Name",        offsetof(struct stored, name)       },
        {"Description", offsetof(struct stored, description)},
        {"Sender",      offsetof(struct stored, sender)     },
        {"Receiver",    offsetof(struct stored, receiver)   },
        {"Comment",     offsetof(struct stored, comment)    },
        {"CreatedBy",   offsetof(struct stored, created_by) },
        {"CreatedAt",   offsetof(struct stored, created_at) },
        {"ModifiedBy",  offsetof(struct stored, modified_by)},
        {"ModifiedAt",  offsetof(struct stored, modified_at)},
    };
    struct entity *en = entity_new(c->arena, t);
    for (size_t i = 0; i < COUNT(rows); i++) /* not every kind has every property */
        if (model_slot_named(t, str_of(rows[i].property)) >= 0)
            entity_set(en, rows[i].property,
                       VALUE_TEXT(*(const str *)((const char *)s + rows[i].offset)));
    return en;
}

struct listing {
    struct odata_call *call;
    entities *ret;
};

static bool add_listed(void *arg, const struct stored *s)
{
    struct listing *l = arg;
    vec_add(l->call->arena, l->ret, entity_of(l->call, l->call->set->type, s));
    return true;
}

static bool package_exists(struct odata_call *c, str id, bool *ret, struct err *e)
{
    struct value bind = VALUE_TEXT(id), one;
    return query_row(c->store, c->arena, "SELECT 1 FROM integration_package WHERE id = ?", &bind, 1,
                     &one, 1, ret, e);
}

static bool list(struct odata_call *c, entities *ret, struct err *e)
{
    struct listing l = {c, ret};
    str package = c->parent ? entity_text(c->parent, "Id") : STR_NONE;
    bool there = true;
    if (package.p && !package_exists(c, package, &there, e))
        return false;
    if (!there)
        return err_set(e, ERR_NOT_FOUND, "%s", "");
    return artifact_list(c, kind_in(c->set->name), package, add_listed, &l, e);
}

static bool read(struct odata_call *c, struct entity **ret, struct err *e)
{
    struct stored *s;
    if (!artifact_find(c, kind_in(c->set->name), entity_text(c->key, "Id"),
                       entity_text(c->key, "Version"), false, &s, e))
        return false;
    if (s)
        *ret = entity_of(c, c->set->type, s);
    return true;
}

/* ---- checks ---- */

static bool check_id(str id, struct err *e)
{
    if (!id.n || id.n > ID_LENGTH)
        return err_set(e, ERR_BAD_REQUEST, "Id must have 1 to %d characters", ID_LENGTH);
    for (size_t i = 0; i < id.n; i++)
        if (!strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-", id.p[i]) ||
            !id.p[i])
            return err_set(e, ERR_BAD_REQUEST,
                           "Id '" STR_FMT
                           "' is invalid: only letters, digits, '_', '.' and '-' are allowed",
                           STR_ARG(id));
    return true;
}

static bool check_name(str name, struct err *e)
{
    if (!str_trim(name).n || name.n > ID_LENGTH)
        return err_set(e, ERR_BAD_REQUEST, "Name must have 1 to %d characters", ID_LENGTH);
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.p[i] < ' ' || strchr("/\\:*?\"<>|", name.p[i]))
            return err_set(e, ERR_BAD_REQUEST,
                           "Name '" STR_FMT "' is invalid: it contains an illegal character",
                           STR_ARG(name));
    return true;
}

/* ---- content ---- */

static void take_text(const struct entity *in, const char *property, str *field)
{
    if (model_slot_named(in->type, str_of(property)) >= 0 && entity_given(in, property) &&
        entity_text(in, property).p)
        *field = entity_text(in, property);
}

static void take_texts(const struct entity *in, struct stored *s)
{
    take_text(in, "Name", &s->name);
    take_text(in, "Description", &s->description);
    take_text(in, "Sender", &s->sender);
    take_text(in, "Receiver", &s->receiver);
    take_text(in, "Comment", &s->comment);
}

static bool first_content(struct odata_call *c, const struct entity *in, struct stored *s,
                          struct err *e)
{
    struct bundle *b = NULL;
    struct value content = *entity_at(in, "ArtifactContent");
    bool ok;
    if (content.kind == V_BYTES && content.s.n) {
        s->content = content.s;
        ok = artifact_bundle(s, &b, e);
    } else if (kind_in(c->set->name) != &ci_kinds[0]) {
        return err_set(e, ERR_BAD_REQUEST, "ArtifactContent is missing");
    } else {
        ok = bundle_template(s->id, s->name, &b, e) && artifact_pack(c, s, b, e);
    }
    ok = ok && artifact_describe(c, s, b, e);
    bundle_free(b);
    return ok;
}

static bool create(struct odata_call *c, struct entity *in, struct entity **ret, struct err *e)
{
    const struct kind *k = kind_in(c->set->name);
    struct stored s = {
        .kind = k, .id = entity_text(in, "Id"), .package_id = entity_text(in, "PackageId")};
    if (!s.package_id.p && c->parent)
        s.package_id = entity_text(c->parent, "Id");
    s.name = entity_text(in, "Name").p ? entity_text(in, "Name") : s.id;
    bool package = false, taken = false;
    struct value bind = VALUE_TEXT(s.id), one;
    if (!check_id(s.id, e) || !check_name(s.name, e) ||
        !package_exists(c, s.package_id, &package, e) ||
        !query_row(c->store, c->arena, "SELECT 1 FROM designtime_artifact WHERE id = ?", &bind, 1,
                   &one, 1, &taken, e))
        return false;
    if (!package)
        return err_set(e, ERR_NOT_FOUND, "Package '" STR_FMT "' could not be found",
                       STR_ARG(s.package_id));
    if (taken) /* the real system answers 500 here (api.md 2.2) */
        return err_set(e, ERR_REFUSED, "%s artifact with Id '" STR_FMT "' already exists", k->name,
                       STR_ARG(s.id));
    if (!first_content(c, in, &s, e))
        return false;
    take_texts(in, &s);
    s.created_by = user_name(c->user);
    s.created_at = now_text(c->arena);
    struct store_batch *b = store_batch_new();
    artifact_store(c, b, &s);
    if (!store_commit_wait(c->store, b, e))
        return false;
    *ret = entity_of(c, in->type, &s);
    return true;
}

/* New content replaces everything (api.md 2.2); a PUT without content makes a draft. */
static bool update(struct odata_call *c, struct entity *in, struct err *e)
{
    struct stored *s;
    struct value content = *entity_at(in, "ArtifactContent");
    bool replaces = content.kind == V_BYTES && content.s.n;
    if (!artifact_of(c, c->key, !replaces, &s, e) || !artifact_changeable(s, e))
        return false;
    bool names_package = entity_given(in, "PackageId") && entity_text(in, "PackageId").p;
    if (str_eqz(str_of(s->kind->runtime_type), "MESSAGE_MAPPING") && names_package)
        return err_set(e, ERR_REFUSED, "Id and PackageId must not be in the body of an update");
    if (replaces) {
        struct bundle *b = NULL;
        str known_as = s->symbolic_name;
        s->content = content.s;
        bool ok = artifact_bundle(s, &b, e);
        if (ok && !str_eq(b->id, s->id) && !str_eq(b->id, known_as))
            ok = err_set(e, ERR_BAD_REQUEST,
                         "Bundle-SymbolicName '" STR_FMT
                         "' of the content differs from the Id '" STR_FMT "'",
                         STR_ARG(b->id), STR_ARG(s->id));
        if (ok && b->name.n)
            s->name = arena_str(c->arena, b->name);
        ok = ok && artifact_describe(c, s, b, e);
        bundle_free(b);
        if (!ok)
            return false;
    } else {
        s->version = STR(VERSION_DRAFT);
    }
    take_texts(in, s);
    if (entity_given(in, "Name") && !check_name(s->name, e))
        return false;
    struct store_batch *b = store_batch_new();
    artifact_store(c, b, s);
    return store_commit_wait(c->store, b, e);
}

static bool delete_artifact(struct odata_call *c, struct err *e)
{
    struct stored *s;
    if (!artifact_of(c, c->key, false, &s, e) || !artifact_changeable(s, e))
        return false;
    struct store_batch *b = store_batch_new();
    artifact_delete(b, s->id);
    return store_commit_wait(c->store, b, e);
}

static bool media(struct odata_call *c, struct odata_raw *ret, struct err *e)
{
    struct stored *s;
    if (!artifact_of(c, c->key, true, &s, e))
        return false;
    ret->content_type = STR("application/zip");
    ret->filename = arena_fmt(c->arena, STR_FMT ".zip", STR_ARG(s->id));
    ret->blob = blob_copy(s->content);
    return true;
}

const struct odata_set_hook designtime_hook = {.name = "designtime",
                                               .list = list,
                                               .read = read,
                                               .create = create,
                                               .update = update,
                                               .remove = delete_artifact,
                                               .media = media};

/* ---- {Kind}DesigntimeArtifactSaveAsVersion?Id='x'&SaveAsVersion='1.0.1' ---- */

static bool save_as_version(struct odata_call *c, const struct value *args,
                            struct odata_result *ret, struct err *e)
{
    const struct kind *k = kind_in(c->function->name);
    struct stored *s, *taken;
    str id = args[0].s, version = args[1].s;
    if (!artifact_check_version(version, e) ||
        !artifact_find(c, k, id, STR(VERSION_DRAFT), true, &s, e))
        return false;
    if (!s)
        return err_set(e, ERR_NOT_FOUND, "%s", "");
    if (!artifact_find(c, k, id, version, false, &taken, e))
        return false;
    if (taken && !str_eq(s->version, STR(VERSION_DRAFT)))
        return err_set(e, ERR_REFUSED, "Version '" STR_FMT "' of '" STR_FMT "' already exists",
                       STR_ARG(version), STR_ARG(id));
    struct bundle *b;
    if (!artifact_bundle(s, &b, e))
        return false;
    bundle_set_version(b, version);
    bool ok = artifact_pack(c, s, b, e);
    bundle_free(b);
    if (!ok)
        return false;
    s->version = version;
    struct store_batch *batch = store_batch_new();
    artifact_store(c, batch, s);
    if (!store_commit_wait(c->store, batch, e))
        return false;
    vec_add(c->arena, &ret->list, entity_of(c, c->function->set->type, s));
    return true;
}

const struct odata_function_hook save_as_version_hook = {.name = "save_as_version",
                                                         .call = save_as_version};
