/* admin: work items for our own administration: listed, shown, moved. Entities become JSON by the model,
 * so that a property of devops.edmx is a member here, too. import.c is the way back. */
#include "services/devops/parts.h"

#include "base/codec.h"
#include "base/time.h"

struct odata_call admin_call(const struct devops_admin *a)
{
    return (struct odata_call){.arena = a->arena,
                               .service = a->devops->service,
                               .store = a->devops->config.store,
                               .ctx = a->devops};
}

const struct model_type *admin_type(const struct devops_admin *a, const char *name)
{
    return model_type_named(a->devops->model, str_of(name));
}

/* ---- entities out ---- */
static void write_value(struct devops_admin *a, const struct model_property *p, struct value v)
{
    if (v.kind == V_NULL)
        jw_null(a->out);
    else if (p->type == EDM_DATETIME)
        jw_str(a->out, time_iso(a->arena, v.i, false));
    else if (v.kind == V_BOOL)
        jw_bool(a->out, v.i != 0);
    else if (v.kind == V_INT)
        jw_int(a->out, v.i);
    else
        jw_str(a->out, v.s);
}

static void write_members(struct devops_admin *a, const struct entity *en)
{
    for (size_t i = 0; i < en->type->properties.n; i++) {
        const struct model_property *p = &en->type->properties.at[i];
        if (p->hidden)
            continue;
        jw_key(a->out, p->name);
        write_value(a, p, en->values[p->slot]);
    }
}

static void write_entity(struct devops_admin *a, const struct entity *en)
{
    jw_object(a->out);
    write_members(a, en);
    jw_object_end(a->out);
}

/* ---- look-ups ---- */
bool admin_text(struct devops_admin *a, const char *sql, const struct value *binds, size_t n,
                str *ret, struct err *e)
{
    struct value v;
    bool found;
    if (!store_get(a->devops->config.store, a->arena, sql, binds, n, &v, 1, &found, e))
        return false;
    *ret = found && v.kind == V_TEXT ? v.s : STR_NONE;
    return true;
}

/* id: a guid in any case, or an objectId. */
static bool find(struct devops_admin *a, struct odata_call *c, struct entity **ret, struct err *e)
{
    struct value v;
    struct err ignored;
    str guid = STR_NONE;
    if (edm_parse_text(a->arena, EDM_GUID, a->id, &v, &ignored))
        guid = v.s;
    else if (!admin_text(a, "SELECT guid FROM devops_work_item WHERE object_id = ?",
                         &VALUE_TEXT(a->id), 1, &guid, e))
        return false;
    if (guid.p && item_find(c, guid, ret, e))
        return true;
    if (guid.p && e->code != ERR_NOT_FOUND)
        return false;
    return err_set(e, ERR_NOT_FOUND, "there is no work item '" STR_FMT "'",
                   STR_ARG(str_sub(a->id, 0, 100)));
}

/* ---- list and show ---- */
bool devops_admin_list(struct devops_admin *a, const struct devops_filter *f, struct err *e)
{
    struct odata_call c = admin_call(a);
    entities list = {0};
    struct value binds[3];
    const struct {
        const char *column;
        str value;
    } rows[] = {
        {"user_status",     f->status },
        {"process_type",    f->process},
        {"planned_project", f->project},
    };
    str where = STR("1 = 1");
    size_t n = 0;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].value.p) {
            where = arena_fmt(a->arena, STR_FMT " AND %s = ?", STR_ARG(where), rows[i].column);
            binds[n++] = VALUE_TEXT(rows[i].value);
        }
    where = arena_fmt(a->arena,
                      "guid IN (SELECT guid FROM devops_work_item WHERE " STR_FMT
                      " ORDER BY object_id LIMIT %lld OFFSET %lld)",
                      STR_ARG(where), (long long)f->top, (long long)f->skip);
    if (!odata_rows(&c, admin_type(a, "WorkItem"), where.p, binds, n, &list, e))
        return false;
    jw_array(a->out);
    for (size_t i = 0; i < list.n; i++)
        write_entity(a, list.at[i]);
    jw_array_end(a->out);
    return true;
}

static bool write_children(struct devops_admin *a, struct odata_call *c, const char *member,
                           const char *type, str guid, struct err *e)
{
    entities list = {0};
    if (!odata_rows(c, admin_type(a, type), "guid = ?", &VALUE_TEXT(guid), 1, &list, e))
        return false;
    jw_keyz(a->out, member);
    jw_array(a->out);
    for (size_t i = 0; i < list.n; i++)
        write_entity(a, list.at[i]);
    jw_array_end(a->out);
    return true;
}

bool admin_write(struct devops_admin *a, const struct entity *item, struct err *e)
{
    struct odata_call c = admin_call(a);
    str guid = entity_text(item, "guid");
    jw_object(a->out);
    write_members(a, item);
    if (!write_children(a, &c, "releases", "WIActualRelease", guid, e) ||
        !write_children(a, &c, "categories", "WICategory", guid, e) ||
        !write_children(a, &c, "texts", "WIText", guid, e) ||
        !write_children(a, &c, "attachments", "WIAttachment", guid, e))
        return false;
    jw_keyz(a->out, "changes");
    if (!item_changes(a->devops, guid, a->out, e))
        return false;
    jw_object_end(a->out);
    return true;
}

bool devops_admin_show(struct devops_admin *a, struct err *e)
{
    struct odata_call c = admin_call(a);
    struct entity *item;
    return find(a, &c, &item, e) && admin_write(a, item, e);
}

bool devops_admin_set_status(struct devops_admin *a, struct err *e)
{
    struct odata_call c = admin_call(a);
    struct entity *item;
    const struct jr *force = jr_get(a->in, "force");
    str to = jr_text(a->in, "userStatus");
    if (!to.n)
        return err_set(e, ERR_BAD_REQUEST, "\"userStatus\" is missing");
    return find(a, &c, &item, e) && item_change(&c, item, a->user, to, force && force->b, e) &&
           admin_write(a, item, e);
}
