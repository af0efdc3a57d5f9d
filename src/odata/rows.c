/* Rows of the store as entities; what hooks may use of it. */
#include "odata/plan.h"
#include "odata/read.h"

static bool is_run(const struct value *v)
{
    return (v->kind == V_TEXT || v->kind == V_BYTES) && v->s.p;
}

/* What a driver hands out, in the kind that the Edm type has; texts and bytes go to *to. *ret is zeroed, and
 * written field by field, as in sqlite.c. */
static void take_value(struct value *ret, enum value_kind want, const struct value *v, char **to)
{
    ret->kind = v->kind;
    if (is_run(v)) {
        ret->s = (str){memcpy(*to, v->s.p, v->s.n), v->s.n};
        *to += v->s.n + 1; /* the arena has zeroed the byte between */
        if (want == V_TEXT || want == V_BYTES)
            ret->kind = want;
    } else if (v->kind == V_INT && want == V_REAL) {
        *ret = VALUE_REAL((double)v->i);
    } else if (v->kind != V_NULL) {
        ret->i = v->i;
        if (v->kind == V_INT && want == V_BOOL)
            ret->kind = V_BOOL;
    }
}

struct entity *entity_of_row(struct arena *a, const struct model_type *t,
                             const struct value *columns)
{
    struct entity *en = entity_new(a, t);
    size_t n = 0;
    for (size_t i = 0; i < t->slots.n; i++)
        n += is_run(&columns[i]) ? columns[i].s.n + 1 : 0;
    char *to = arena_alloc(a, n);
    for (size_t i = 0; i < t->slots.n; i++)
        take_value(&en->values[i], t->slots.at[i].kind, &columns[i], &to);
    if (t->media_slot >= 0 && en->values[t->media_slot].kind == V_TEXT)
        en->media_type = en->values[t->media_slot].s;
    return en;
}

struct collect {
    struct arena *a;
    const struct model_type *type;
    entities *list;
    bool one; /* there is no second row to ask for */
};

static bool collect_row(void *arg, const struct value *columns, size_t n)
{
    struct collect *c = arg;
    (void)n;
    vec_add(c->a, c->list, entity_of_row(c->a, c->type, columns));
    return !c->one;
}

bool odata_rows(struct odata_call *c, const struct model_type *t, const char *where,
                const struct value *binds, size_t nbinds, entities *ret, struct err *e)
{
    struct plan p;
    struct collect to = {c->arena, t, ret, false};
    plan_init(&p, c->arena, type_info_of(c->service, t), where, binds, nbinds);
    plan_order(&p, &(order_list){0});
    str sql = plan_select(&p, -1, 0);
    bool ok = store_query(c->store, sql.p, p.binds.at, p.binds.n, collect_row, &to, e);
    plan_free(&p);
    return ok;
}

bool odata_row(struct odata_call *c, const struct entity *key, struct entity **ret, struct err *e)
{
    const struct model_type *t = key->type;
    struct value binds[64];
    entities list = {0};
    struct collect to = {c->arena, t, &list, true};
    size_t n = 0;
    for (; n < t->keys.n; n++)
        binds[n] = key->values[t->properties.at[t->keys.at[n]].slot];
    if (!store_query_sql(c->store, &type_info_of(c->service, t)->by_key, binds, n, collect_row, &to,
                         e))
        return false;
    *ret = list.n ? list.at[0] : NULL;
    return true;
}
