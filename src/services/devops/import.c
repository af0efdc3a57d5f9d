/* import: work items and their parts from JSON, by our own administration. Members are the properties of
 * the model; one import is one commit. */
#include "services/devops/parts.h"

#include "base/codec.h"
#include "base/time.h"

/* ---- entities in ---- */
/* "2024-01-01T09:00:00Z" as we write it, "/Date(ms)/" as the service does. */
static bool read_date(str text, struct value *ret)
{
    ret->kind = V_INT;
    if (str_starts(text, STR("/Date(")) && str_ends(text, STR(")/")))
        return str_to_i64(str_sub(text, 6, text.n - 2), &ret->i);
    return time_parse_iso(text, &ret->i);
}

static bool read_scalar(struct devops_admin *a, const struct model_property *p, const struct jr *v,
                        struct value *ret, struct err *e)
{
    if (p->type == EDM_BOOLEAN || v->kind == JR_BOOL) {
        *ret = VALUE_BOOL(v->b);
        return p->type == EDM_BOOLEAN && v->kind == JR_BOOL;
    }
    if (v->kind == JR_STRING && p->type == EDM_DATETIME)
        return read_date(v->s, ret);
    bool number = v->kind == JR_NUMBER && edm_value_kind(p->type) == V_INT;
    return (v->kind == JR_STRING || number) && edm_parse_text(a->arena, p->type, v->s, ret, e);
}

static bool read_value(struct devops_admin *a, const struct model_property *p, const struct jr *v,
                       struct value *ret, struct err *e)
{
    *ret = VALUE_NULL;
    if (v->kind == JR_NULL)
        return true;
    if (!read_scalar(a, p, v, ret, e))
        return err_set(e, ERR_BAD_REQUEST, "the value of \"" STR_FMT "\" does not fit",
                       STR_ARG(p->name));
    if (p->max_length && ret->kind == V_TEXT && utf8_count(ret->s) > p->max_length)
        return err_set(e, ERR_BAD_REQUEST, "\"" STR_FMT "\" is longer than %u characters",
                       STR_ARG(p->name), p->max_length);
    return true;
}

/* content: the base64 of an attachment, which is also called contentBase64. */
static bool read_entity(struct devops_admin *a, const struct model_type *t, const struct jr *json,
                        struct entity **ret, struct err *e)
{
    struct entity *en = entity_new(a->arena, t);
    if (!json || json->kind != JR_OBJECT)
        return err_set(e, ERR_BAD_REQUEST, "a JSON object is wanted");
    for (const struct jr *m = json->first; m; m = m->next) {
        str name = str_eqz(m->key, "contentBase64") ? STR("content") : m->key;
        const struct model_property *p = model_property_named(t, name);
        if (!p)
            return err_set(e, ERR_BAD_REQUEST, "a " STR_FMT " has no property \"" STR_FMT "\"",
                           STR_ARG(t->name), STR_ARG(str_sub(m->key, 0, 60)));
        if (!read_value(a, p, m, &en->values[p->slot], e))
            return false;
    }
    *ret = en;
    return true;
}

static bool want(const struct entity *en, const char *property, struct err *e)
{
    return entity_text(en, property).n || err_set(e, ERR_BAD_REQUEST, "a " STR_FMT " needs \"%s\"",
                                                  STR_ARG(en->type->name), property);
}

static void fallback(struct entity *en, const char *property, struct value v)
{
    if (entity_at(en, property)->kind == V_NULL)
        entity_set(en, property, v);
}

/* ---- one function per kind completes an entity and adds its statements ---- */
struct import {
    struct devops_admin *admin;
    struct odata_call *call;
    struct store_batch *batch;
    struct map items;    /* guids of this import */
    int64_t next_number; /* objectId; 0: not yet known */
};

static bool next_number(struct import *im, str *ret, struct err *e)
{
    str last;
    if (!im->next_number) {
        if (!admin_text(im->admin,
                        "SELECT MAX(object_id) FROM devops_work_item WHERE length(object_id) = 10",
                        NULL, 0, &last, e))
            return false;
        if (!last.p || !str_to_i64(last, &im->next_number) || im->next_number < 0)
            im->next_number = 8000000000;
    }
    *ret = arena_fmt(im->admin->arena, "%010lld", (long long)++im->next_number);
    return true;
}

/* Status, profile and their names follow from the configuration. */
static bool apply_profile(struct import *im, struct entity *en, struct err *e)
{
    const struct devops_process *p =
        machine_process(im->admin->devops->machine, entity_text(en, "processType"));
    if (!p)
        return err_set(e, ERR_BAD_REQUEST, "there is no process type '" STR_FMT "'",
                       STR_ARG(entity_text(en, "processType")));
    fallback(en, "userStatus", VALUE_TEXT(p->profile->initial));
    const struct devops_status *s = machine_status(p->profile, entity_text(en, "userStatus"));
    if (!s)
        return err_set(e, ERR_BAD_REQUEST,
                       "User status '" STR_FMT "' is not defined in status profile '" STR_FMT "'",
                       STR_ARG(entity_text(en, "userStatus")), STR_ARG(p->profile->name));
    entity_set(en, "userStatusDesc", VALUE_TEXT(s->name));
    entity_set(en, "statusProfile", VALUE_TEXT(p->profile->name));
    return true;
}

static void stamp(struct import *im, struct entity *en)
{
    fallback(en, "createdBy", VALUE_TEXT(item_user(im->admin->user)));
    fallback(en, "createdAt", VALUE_INT(now_s()));
}

static bool add_item(struct import *im, struct entity *en, struct err *e)
{
    struct entity *old = NULL;
    str number;
    if (!want(en, "processType", e) || !want(en, "description", e) || !apply_profile(im, en, e))
        return false;
    fallback(en, "guid", VALUE_TEXT(id_uuid(im->admin->arena)));
    if (!entity_text(en, "objectId").n) {
        if (!next_number(im, &number, e))
            return false;
        entity_set(en, "objectId", VALUE_TEXT(number));
    }
    stamp(im, en);
    fallback(en, "changedBy", *entity_at(en, "createdBy"));
    fallback(en, "changedAt", *entity_at(en, "createdAt"));
    if (!odata_row(im->call, en, &old, e))
        return false;
    if (old)
        odata_batch_delete(im->batch, en);
    odata_batch_insert(im->batch, en);
    item_audit(im->batch, entity_text(en, "guid"), im->admin->user, old ? "replaced" : "created",
               old ? entity_text(old, "userStatus") : STR_NONE, entity_text(en, "userStatus"));
    map_put(&im->items, entity_text(en, "guid"), en);
    return true;
}

/* The item that a part belongs to is in this import or in the store. */
static bool has_item(struct import *im, const struct entity *en, struct err *e)
{
    struct entity *item;
    str guid = entity_text(en, "guid");
    if (!want(en, "guid", e))
        return false;
    if (map_get(&im->items, guid) || item_find(im->call, guid, &item, e))
        return true;
    return e->code == ERR_NOT_FOUND &&
           err_set(e, ERR_BAD_REQUEST, "there is no work item '" STR_FMT "'", STR_ARG(guid));
}

static bool put_part(struct import *im, struct entity *en, const char *action, str what,
                     struct err *e)
{
    struct entity *old = NULL;
    if (!odata_row(im->call, en, &old, e))
        return false;
    if (old)
        odata_batch_delete(im->batch, en);
    odata_batch_insert(im->batch, en);
    item_audit(im->batch, entity_text(en, "guid"), im->admin->user, action, STR_NONE, what);
    return true;
}

static bool add_release(struct import *im, struct entity *en, struct err *e)
{
    return has_item(im, en, e) && want(en, "releaseNumber", e) &&
           put_part(im, en, "release imported", entity_text(en, "releaseNumber"), e);
}

static bool add_category(struct import *im, struct entity *en, struct err *e)
{
    return has_item(im, en, e) && want(en, "catId", e) &&
           put_part(im, en, "category imported", entity_text(en, "catId"), e);
}

static bool add_text(struct import *im, struct entity *en, struct err *e)
{
    str type = entity_text(en, "textType");
    if (!has_item(im, en, e) || !want(en, "textType", e) || !want(en, "textContent", e))
        return false;
    const struct machine *m = im->admin->devops->machine;
    for (size_t i = 0; i < m->texts.n; i++)
        if (str_eq(m->texts.at[i].type, type))
            fallback(en, "textTypeDesc", VALUE_TEXT(m->texts.at[i].name));
    if (!entity_text(en, "textTypeDesc").p)
        return err_set(e, ERR_BAD_REQUEST, "there is no text type '" STR_FMT "'", STR_ARG(type));
    fallback(
        en, "textId",
        VALUE_TEXT(text_id(im->admin->devops, im->admin->arena, entity_text(en, "guid"), type)));
    fallback(en, "isRichText", VALUE_BOOL(false));
    stamp(im, en);
    return put_part(im, en, "text imported", type, e);
}

static bool add_attachment(struct import *im, struct entity *en, struct err *e)
{
    struct devops_admin *a = im->admin;
    struct entity *old = NULL;
    str bytes;
    if (!has_item(im, en, e) || !want(en, "fileName", e) ||
        !attachment_decode(a->arena, entity_text(en, "content"), &bytes, e))
        return false;
    fallback(en, "attachmentId", VALUE_TEXT(attachment_id(a->arena)));
    fallback(en, "mimeType", VALUE_TEXT(STR("application/octet-stream")));
    stamp(im, en);
    if (!odata_row(im->call, en, &old, e))
        return false;
    if (old)
        odata_batch_delete(im->batch, en);
    item_audit(im->batch, entity_text(en, "guid"), a->user, "attachment imported", STR_NONE,
               entity_text(en, "fileName"));
    return attachment_add(a->devops, im->batch, en, bytes, e);
}

static const struct {
    const char *member, *type;
    bool (*add)(struct import *im, struct entity *en, struct err *e);
} kinds[] = {
    {"workItems",   "WorkItem",        add_item      }, /* first: the others belong to items */
    {"releases",    "WIActualRelease", add_release   },
    {"categories",  "WICategory",      add_category  },
    {"texts",       "WIText",          add_text      },
    {"attachments", "WIAttachment",    add_attachment},
};

static bool known_members(const struct jr *in, struct err *e)
{
    for (const struct jr *m = in ? in->first : NULL; m; m = m->next) {
        bool known = false;
        for (size_t k = 0; k < COUNT(kinds); k++)
            known |= str_eqz(m->key, kinds[k].member);
        if (!known || m->kind != JR_ARRAY)
            return err_set(e, ERR_BAD_REQUEST, "\"" STR_FMT "\" is no list that can be imported",
                           STR_ARG(str_sub(m->key, 0, 60)));
    }
    return (in && in->kind == JR_OBJECT) || err_set(e, ERR_BAD_REQUEST, "a JSON object is wanted");
}

static bool add_kind(struct import *im, size_t kind, const struct jr *list, struct err *e)
{
    const struct model_type *t = admin_type(im->admin, kinds[kind].type);
    struct entity *en;
    size_t i = 0;
    for (const struct jr *v = list ? list->first : NULL; v; v = v->next, i++)
        if (!read_entity(im->admin, t, v, &en, e) || !kinds[kind].add(im, en, e)) {
            struct err why = *e;
            return err_set(e, why.code, "%s[%zu]: %s", kinds[kind].member, i, why.msg);
        }
    jw_keyz(im->admin->out, kinds[kind].member);
    jw_int(im->admin->out, (int64_t)i);
    return true;
}

/* Runs one import or creation with a batch, alone among its like. */
static bool in_batch(struct devops_admin *a,
                     bool (*fill)(struct import *im, void *arg, struct err *e), void *arg,
                     struct err *e)
{
    struct odata_call c = admin_call(a);
    struct import im = {.admin = a, .call = &c, .batch = store_batch_new()};
    map_init(&im.items, a->arena, false);
    pthread_mutex_lock(&a->devops->admin);
    bool ok = fill(&im, arg, e);
    if (ok)
        ok = store_commit_wait(a->devops->config.store, im.batch, e);
    else
        store_batch_free(im.batch);
    pthread_mutex_unlock(&a->devops->admin);
    return ok;
}

static bool fill_import(struct import *im, void *arg, struct err *e)
{
    (void)arg;
    for (size_t k = 0; k < COUNT(kinds); k++)
        if (!add_kind(im, k, jr_get(im->admin->in, kinds[k].member), e))
            return false;
    return true;
}

bool devops_admin_import(struct devops_admin *a, struct err *e)
{
    if (!known_members(a->in, e))
        return false;
    jw_object(a->out);
    bool ok = in_batch(a, fill_import, NULL, e);
    jw_object_end(a->out);
    return ok;
}

/* Neither its guid nor its number may be another's. */
static bool is_new(struct import *im, const struct entity *item, struct err *e)
{
    struct value v[] = {*entity_at(item, "guid"), *entity_at(item, "objectId")};
    str found;
    if (!admin_text(im->admin, "SELECT guid FROM devops_work_item WHERE guid = ? OR object_id = ?",
                    v, COUNT(v), &found, e))
        return false;
    return !found.p || err_set(e, ERR_CONFLICT, "the work item exists already");
}

static bool fill_create(struct import *im, void *arg, struct err *e)
{
    struct entity **item = arg;
    return read_entity(im->admin, admin_type(im->admin, "WorkItem"), im->admin->in, item, e) &&
           is_new(im, *item, e) && add_item(im, *item, e);
}

bool devops_admin_create(struct devops_admin *a, struct err *e)
{
    struct entity *item;
    return in_batch(a, fill_create, &item, e) && admin_write(a, item, e);
}
