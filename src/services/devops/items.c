/* items: work items, their status changes and the audit of every change. */
#include "services/devops/parts.h"

#include "base/time.h"
#include "identity/identity.h"

enum { USER = 12 /* characters of createdBy and its like */ };

bool items_define(struct store *s, struct err *e)
{
    static const struct store_column columns[] = {
        {"id",     V_INT,  true },
        {"guid",   V_TEXT, true },
        {"at",     V_INT,  true },
        {"by",     V_TEXT, true },
        {"action", V_TEXT, true },
        {"before", V_TEXT, false},
        {"after",  V_TEXT, false},
    };
    static const char *const keys[] = {"id"}, *const indexes[] = {"guid, id"};
    static const struct store_table table = {.name = "devops_audit",
                                             .columns = columns,
                                             .ncolumns = COUNT(columns),
                                             .keys = keys,
                                             .nkeys = 1,
                                             .indexes = indexes,
                                             .nindexes = 1};
    return store_define(s, &table, 1, e);
}

int64_t now_s(void)
{
    return time_now_ms() / 1000 * 1000;
}

str item_user(str name)
{
    size_t n = 0, left = USER;
    for (; n < name.n; n++)
        if (((unsigned char)name.p[n] & 0xc0) != 0x80 && !left--)
            break;
    return str_sub(name, 0, n);
}

void item_audit(struct store_batch *b, str guid, str user, const char *action, str before,
                str after)
{
    struct value v[] = {VALUE_TEXT(guid),           VALUE_INT(time_now_ms()), VALUE_TEXT(user),
                        VALUE_TEXT(str_of(action)), VALUE_TEXT(before),       VALUE_TEXT(after)};
    store_batch_add(
        b,
        "INSERT INTO devops_audit (id, guid, at, \"by\", action, \"before\", \"after\") "
        "SELECT COALESCE(MAX(id), 0) + 1, ?, ?, ?, ?, ?, ? FROM devops_audit",
        v, COUNT(v));
}

static bool write_change(void *arg, const struct value *v, size_t n)
{
    static const char *const names[] = {"by", "action", "before", "after"};
    struct jw *w = arg;
    AUTO(arena) struct arena *a = arena_new();
    jw_object(w);
    jw_keyz(w, "at");
    jw_str(w, time_iso(a, v[0].i, true));
    for (size_t i = 1; i < n; i++) {
        jw_keyz(w, names[i - 1]);
        jw_str(w, v[i].kind == V_TEXT ? v[i].s : STR_NONE);
    }
    jw_object_end(w);
    return true;
}

bool item_changes(struct devops *d, str guid, struct jw *out, struct err *e)
{
    jw_array(out);
    bool ok = store_query(
        d->config.store,
        "SELECT at, \"by\", action, \"before\", \"after\" FROM devops_audit WHERE guid = ? ORDER BY id",
        &VALUE_TEXT(guid), 1, write_change, out, e);
    jw_array_end(out);
    return ok;
}

bool item_find(struct odata_call *c, str guid, struct entity **ret, struct err *e)
{
    const struct devops *d = c->ctx;
    struct entity *key = entity_new(c->arena, model_type_named(d->model, STR("WorkItem")));
    entity_set(key, "guid", VALUE_TEXT(guid));
    *ret = NULL;
    if (!odata_row(c, key, ret, e))
        return false;
    return *ret || err_set(e, ERR_NOT_FOUND, "Resource not found for segment 'WorkItem'");
}

static const struct devops_profile *profile_of(const struct devops *d, const struct entity *item)
{
    const struct devops_process *p = machine_process(d->machine, entity_text(item, "processType"));
    return p ? p->profile : NULL;
}

bool item_open(const struct devops *d, const struct entity *item, struct err *e)
{
    const struct devops_profile *p = profile_of(d, item);
    const struct devops_status *s = p ? machine_status(p, entity_text(item, "userStatus")) : NULL;
    if (!s || !s->final)
        return true;
    return err_set(e, ERR_BAD_REQUEST,
                   "Work item " STR_FMT " is closed; texts and attachments cannot be added",
                   STR_ARG(entity_text(item, "objectId"))) ||
           err_id(e, "/SALM/EXT_DEVOPS/030");
}

/* Somebody else was faster: the status is no longer the one that was checked. */
static bool locked(struct odata_call *c, const struct entity *item, struct err *e)
{
    struct entity *now;
    if (!item_find(c, entity_text(item, "guid"), &now, e))
        return false;
    return err_set(e, ERR_BAD_REQUEST,
                   "Transaction " STR_FMT " is being processed by user " STR_FMT,
                   STR_ARG(entity_text(now, "objectId")), STR_ARG(entity_text(now, "changedBy"))) ||
           err_id(e, "CRM_ORDER/013");
}

bool item_change(struct odata_call *c, struct entity *item, str user, str to, bool any,
                 struct err *e)
{
    const struct devops *d = c->ctx;
    const struct devops_profile *p = profile_of(d, item);
    str guid = entity_text(item, "guid"), from = entity_text(item, "userStatus");
    if (!p)
        return err_set(e, ERR_BAD_REQUEST,
                       "The process type '" STR_FMT "' of work item " STR_FMT " is not configured",
                       STR_ARG(entity_text(item, "processType")),
                       STR_ARG(entity_text(item, "objectId")));
    if (!machine_change(p, entity_text(item, "objectId"), from, to, any, e))
        return false;
    str name = machine_status(p, to)->name, by = item_user(user);
    int64_t at = now_s();
    struct value v[] = {VALUE_TEXT(to), VALUE_TEXT(name), VALUE_TEXT(by),
                        VALUE_INT(at),  VALUE_TEXT(guid), VALUE_TEXT(from)};
    struct store_batch *b = store_batch_new();
    store_batch_add(
        b,
        "UPDATE devops_work_item SET user_status = ?, user_status_desc = ?, changed_by = ?, changed_at = ? "
        "WHERE guid = ? AND user_status = ?",
        v, COUNT(v));
    store_batch_expect_one(b, ERR_CONFLICT, "the status has changed meanwhile");
    item_audit(b, guid, user, "status", from, to);
    if (!store_commit_wait(c->store, b, e))
        return e->code == ERR_CONFLICT ? locked(c, item, e) : false;
    entity_set(item, "userStatus", VALUE_TEXT(to));
    entity_set(item, "userStatusDesc", VALUE_TEXT(name));
    entity_set(item, "changedBy", VALUE_TEXT(by));
    entity_set(item, "changedAt", VALUE_INT(at));
    return true;
}

/* ---- ChangeStatus(userStatus, guid) ---- */
static bool change_status(struct odata_call *c, const struct value *args, struct odata_result *ret,
                          struct err *e)
{
    struct entity *item;
    if (!item_find(c, args[1].s, &item, e) ||
        !item_change(c, item, user_name(c->user), args[0].s, false, e))
        return false;
    vec_add(c->arena, &ret->list, item);
    return true;
}

const struct odata_function_hook change_status_hook = {"change_status", change_status};
