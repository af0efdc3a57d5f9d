/* packages: IntegrationPackages (api.md 2.1). Rows are served by the table; creating, changing and
 * deleting have rules of their own. */
#include "services/ci/parts.h"

#include "base/codec.h"
#include "base/time.h"
#include "identity/identity.h"

enum { ID_LENGTH = 120 };

static bool check_id(str id, struct err *e)
{
    if (!id.n)
        return err_set(e, ERR_BAD_REQUEST, "Id must not be empty");
    if (id.n > ID_LENGTH)
        return err_set(e, ERR_BAD_REQUEST, "Id is longer than %d characters", ID_LENGTH);
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
            return err_set(e, ERR_BAD_REQUEST,
                           "Id '" STR_FMT "' is invalid: only letters and digits are allowed",
                           STR_ARG(id));
    }
    return true;
}

static bool check_name(str name, struct err *e)
{
    if (!str_trim(name).n)
        return err_set(e, ERR_BAD_REQUEST, "Name must not be empty");
    return true;
}

static void set_default(struct entity *en, const char *property, str value)
{
    if (entity_at(en, property)->kind == V_NULL)
        entity_set(en, property, VALUE_TEXT(value));
}

static void stamp(struct odata_call *c, struct entity *en)
{
    entity_set(en, "ModifiedBy", VALUE_TEXT(user_name(c->user)));
    entity_set(en, "ModifiedDate", VALUE_TEXT(now_text(c->arena)));
}

static void fill(struct odata_call *c, struct entity *en)
{
    set_default(en, "Name", entity_text(en, "Id"));
    set_default(en, "ShortText", entity_text(en, "Name"));
    set_default(en, "Version", STR("1.0.0"));
    set_default(en, "SupportedPlatform", STR("SAP Cloud Integration"));
    entity_set(en, "ResourceId", VALUE_TEXT(id_uuid(c->arena)));
    entity_set(en, "PartnerContent", VALUE_BOOL(false));
    entity_set(en, "UpdateAvailable", VALUE_BOOL(false));
    entity_set(en, "Mode", VALUE_TEXT(STR("EDIT_ALLOWED")));
    entity_set(en, "CreatedBy", VALUE_TEXT(user_name(c->user)));
    entity_set(en, "CreationDate", VALUE_TEXT(now_text(c->arena)));
    stamp(c, en);
}

/* The statements of a new package, or of an imported one: those of its artifacts are in b then. */
static bool add(struct odata_call *c, struct store_batch *b, struct entity *in, struct err *e)
{
    struct value content = *entity_at(in, "PackageContent");
    if (content.kind == V_BYTES) {
        entity_set(in, "PackageContent", VALUE_NULL);
        if (!package_import(c, content.s, in, b, e))
            return false;
    }
    fill(c, in);
    if (!check_id(entity_text(in, "Id"), e) || !check_name(entity_text(in, "Name"), e))
        return false;
    odata_batch_insert(b, in);
    return true;
}

static bool create(struct odata_call *c, struct entity *in, struct entity **ret, struct err *e)
{
    (void)ret;
    struct store_batch *b = store_batch_new();
    if (!add(c, b, in, e)) {
        store_batch_free(b);
        return false;
    }
    if (store_commit_wait(c->store, b, e))
        return true;
    if (e->code == ERR_CONFLICT)
        return err_set(e, ERR_CONFLICT, "Package with Id '" STR_FMT "' already exists",
                       STR_ARG(entity_text(in, "Id")));
    return false;
}

/* PUT and MERGE change what is named; the rest of a package stays (clients send a few properties). */
static bool update(struct odata_call *c, struct entity *in, struct err *e)
{
    struct entity *now = NULL;
    if (!odata_row(c, c->key, &now, e))
        return false;
    if (!now)
        return err_set(e, ERR_NOT_FOUND, "%s", "");
    if (str_eqz(entity_text(now, "Mode"), "READ_ONLY"))
        return err_set(e, ERR_BAD_REQUEST, "Package '" STR_FMT "' is read-only",
                       STR_ARG(entity_text(now, "Id")));
    static const char *const changeable[] = {
        "Name",     "Description",       "ShortText", "Version",    "Vendor",        "Keywords",
        "Products", "SupportedPlatform", "Countries", "Industries", "LineOfBusiness"};
    for (size_t i = 0; i < COUNT(changeable); i++)
        if (entity_given(in, changeable[i]) && entity_at(in, changeable[i])->kind != V_NULL)
            *entity_at(now, changeable[i]) = *entity_at(in, changeable[i]);
    if (!check_name(entity_text(now, "Name"), e))
        return false;
    stamp(c, now);
    struct store_batch *b = store_batch_new();
    odata_batch_update(b, c->key, now);
    return store_commit_wait(c->store, b, e);
}

static bool delete_package(struct odata_call *c, struct err *e)
{
    struct store_batch *b = store_batch_new();
    odata_batch_delete(b, c->key);
    artifact_delete_package(b, entity_text(c->key, "Id"));
    return store_commit_wait(c->store, b, e);
}

static bool media(struct odata_call *c, struct odata_raw *ret, struct err *e)
{
    struct entity *package = NULL;
    if (!odata_row(c, c->key, &package, e))
        return false;
    if (!package)
        return err_set(e, ERR_NOT_FOUND, "%s", "");
    ret->content_type = STR("application/zip");
    ret->filename = arena_fmt(c->arena, STR_FMT ".zip", STR_ARG(entity_text(package, "Id")));
    return package_export(c, package, &ret->blob, e);
}

const struct odata_set_hook packages_hook = {.name = "packages",
                                             .create = create,
                                             .update = update,
                                             .remove = delete_package,
                                             .media = media};
