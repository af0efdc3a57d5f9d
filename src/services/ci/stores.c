/* stores: data stores, their entries and variables as operators see them (api.md 5). Flows write the
 * rows (steps/data_store.h); a data store is what its entries say. */
#include "services/ci/parts.h"

#include "base/time.h"

#define STORES                                                                                              \
    "SELECT data_store_name, integration_flow, type, COUNT(*), SUM(CASE WHEN due_at < ? THEN 1 ELSE 0 END)" \
    " FROM data_store_entry"
#define STORES_BY \
    " GROUP BY data_store_name, integration_flow, type ORDER BY data_store_name, integration_flow, type"

struct listing {
    struct odata_call *call;
    entities *ret;
    bool overdue_only;
};

static bool add_store(void *arg, const struct value *v, size_t n)
{
    struct listing *l = arg;
    if (n < 5 || (l->overdue_only && v[4].i == 0))
        return true;
    struct arena *a = l->call->arena;
    struct entity *en = entity_new(a, l->call->set->type);
    str flow = text_of(a, v[1]);
    entity_set(en, "DataStoreName", VALUE_TEXT(text_of(a, v[0])));
    entity_set(en, "IntegrationFlow", VALUE_TEXT(flow));
    entity_set(en, "Type", VALUE_TEXT(text_of(a, v[2])));
    entity_set(en, "Visibility", VALUE_TEXT(flow.n ? STR("Integration Flow") : STR("Global")));
    entity_set(en, "NumberOfMessages", VALUE_INT(v[3].i));
    entity_set(en, "NumberOfOverdueMessages", VALUE_INT(v[4].i));
    vec_add(a, l->ret, en);
    return true;
}

static bool overdue_only(const struct odata_call *c)
{
    return str_eqz(odata_option(c, "overdueonly"), "true");
}

static bool list_stores(struct odata_call *c, entities *ret, struct err *e)
{
    struct listing l = {c, ret, overdue_only(c)};
    struct value now = VALUE_INT(time_now_ms());
    return store_query(c->store, STORES STORES_BY, &now, 1, add_store, &l, e);
}

static void key_binds(const struct entity *key, struct value *ret /* [3] */)
{
    ret[0] = *entity_at(key, "DataStoreName");
    ret[1] = *entity_at(key, "IntegrationFlow");
    ret[2] = *entity_at(key, "Type");
}

static bool read_store(struct odata_call *c, struct entity **ret, struct err *e)
{
    entities found = {0};
    struct listing l = {c, &found, false};
    struct value binds[4] = {VALUE_INT(time_now_ms())};
    key_binds(c->key, binds + 1);
    if (!store_query(c->store,
                     STORES
                     " WHERE data_store_name = ? AND integration_flow = ? AND type = ?" STORES_BY,
                     binds, 4, add_store, &l, e))
        return false;
    if (found.n)
        *ret = found.at[0];
    return true;
}

static bool purge(struct odata_call *c, struct err *e)
{
    struct value binds[3];
    struct entity *there = NULL;
    if (!read_store(c, &there, e))
        return false;
    if (!there)
        return err_set(e, ERR_NOT_FOUND, "%s", "");
    key_binds(c->key, binds);
    struct store_batch *b = store_batch_new();
    store_batch_add(
        b,
        "DELETE FROM data_store_entry WHERE data_store_name = ? AND integration_flow = ? AND type = ?",
        binds, 3);
    return store_commit_wait(c->store, b, e);
}

const struct odata_set_hook data_stores_hook = {
    .name = "data_stores", .list = list_stores, .read = read_store, .remove = purge};

/* ---- entries ---- */

static bool restrict_entries(struct odata_call *c, const char **ret_sql, struct value *ret_binds,
                             size_t *ret_nbinds, struct err *e)
{
    (void)e;
    str message = odata_option(c, "messageid");
    bool overdue = overdue_only(c);
    *ret_sql = message.p && overdue ? "message_id = ? AND due_at < ?"
               : message.p          ? "message_id = ?"
               : overdue            ? "due_at < ?"
                                    : NULL;
    *ret_nbinds = 0;
    if (message.p)
        ret_binds[(*ret_nbinds)++] = VALUE_TEXT(message);
    if (overdue)
        ret_binds[(*ret_nbinds)++] = VALUE_INT(time_now_ms());
    return true;
}

static bool payload(struct odata_call *c, const char *sql, const struct value *binds, size_t n,
                    struct odata_raw *ret, struct err *e)
{
    struct value row;
    bool found;
    if (!query_row(c->store, c->arena, sql, binds, n, &row, 1, &found, e))
        return false;
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "%s", "");
    ret->blob = blob_copy(text_of(c->arena, row));
    return true;
}

static bool entry(struct odata_call *c, struct odata_raw *ret, struct err *e)
{
    struct value binds[4] = {*entity_at(c->key, "Id")};
    key_binds(c->key, binds + 1);
    return payload(
        c,
        "SELECT payload FROM data_store_entry WHERE id = ? AND data_store_name = ? AND integration_flow = ?"
        " AND type = ?",
        binds, 4, ret, e);
}

const struct odata_set_hook data_store_entries_hook = {
    .name = "data_store_entries", .restrict_list = restrict_entries, .media = entry};

/* ---- variables ---- */

static bool variable(struct odata_call *c, struct odata_raw *ret, struct err *e)
{
    struct value binds[2] = {*entity_at(c->key, "VariableName"),
                             *entity_at(c->key, "IntegrationFlow")};
    return payload(c,
                   "SELECT payload FROM variable WHERE variable_name = ? AND integration_flow = ?",
                   binds, 2, ret, e);
}

const struct odata_set_hook variables_hook = {.name = "variables", .media = variable};
