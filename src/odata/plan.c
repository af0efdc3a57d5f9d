/* Statements, order and pages. Alias t0 is the set's own table, t1.. are to-one navigations of paths
 * (plan_filter.c). */
#include "odata/plan.h"

static void from_table(struct plan *p)
{
    buf_add(&p->from, STR(" FROM \""));
    buf_add(&p->from, p->type->type->table);
    buf_add(&p->from, STR("\" t0"));
}

void plan_init(struct plan *p, struct arena *a, const struct type_info *t, const char *restriction,
               const struct value *binds, size_t nbinds)
{
    *p = (struct plan){.a = a,
                       .type = t,
                       .from = BUF(1 << 20),
                       .where = BUF(1 << 20),
                       .order = BUF(1 << 16),
                       .range = -1};
    if (restriction)
        buf_addf(&p->from, " FROM (SELECT * FROM \"" STR_FMT "\" WHERE %s) t0",
                 STR_ARG(t->type->table), restriction);
    else
        from_table(p);
    for (size_t i = 0; i < nbinds; i++)
        vec_add(a, &p->binds, binds[i]);
}

void plan_free(struct plan *p)
{
    buf_free(&p->from);
    buf_free(&p->where);
    buf_free(&p->order);
}

void plan_conjunct(struct plan *p)
{
    buf_addz(&p->where, p->where.n ? " AND " : " WHERE ");
}

void plan_bind(struct plan *p, struct buf *out, struct value v)
{
    buf_add_char(out, '?');
    vec_add(p->a, &p->binds, v);
}

static void own_column(const struct plan *p, struct buf *out, uint16_t slot)
{
    buf_add(out, STR("t0.\""));
    buf_add(out, p->type->type->slots.at[slot].column);
    buf_add_char(out, '"');
}

void plan_equal(struct plan *p, uint16_t slot, struct value v)
{
    plan_conjunct(p);
    if (v.kind == V_NULL) {
        buf_addz(&p->where, "1 = 0");
        return;
    }
    own_column(p, &p->where, slot);
    buf_addz(&p->where, " = ");
    plan_bind(p, &p->where, v);
}

/* ---- order ---- */
static void add_order(struct plan *p, str column, bool descending, bool nullable)
{
    buf_add(&p->order, p->order.n ? STR(", ") : STR(" ORDER BY "));
    buf_add(&p->order, column);
    if (descending)
        buf_add(&p->order, STR(" DESC"));
    if (nullable)
        buf_add(&p->order, descending ? STR(" NULLS LAST") : STR(" NULLS FIRST"));
}

static void order_item(struct plan *p, const struct order_item *item)
{
    AUTO(buf) struct buf column = BUF(1 << 16);
    size_t binds = p->binds.n;
    /* A bind would have to stand behind those of WHERE. */
    if (!plan_comparable(item->expr) || !plan_sql(p, &column, item->expr) || p->binds.n != binds) {
        p->binds.n = binds;
        p->order_left = true;
        return;
    }
    add_order(p, buf_str(&column), item->descending, item->expr->nullable);
    if (item->expr->kind == EXPR_PATH && !item->expr->navs.n)
        vec_add(p->a, &p->keys, (struct plan_key){item->expr->slot, item->descending});
    else
        p->keyset = false;
}

/* Without $orderby any stable order will do: that of an indexed range condition, so that the index
 * serves the condition, the order and the limit. */
static void order_by_range(struct plan *p)
{
    const struct model_slot *slot = &p->type->type->slots.at[p->range];
    AUTO(buf) struct buf column = BUF(1 << 10);
    own_column(p, &column, (uint16_t)p->range);
    add_order(p, buf_str(&column), false, slot->property->nullable);
    vec_add(p->a, &p->keys, (struct plan_key){(uint16_t)p->range, false});
}

void plan_order(struct plan *p, const order_list *order)
{
    const struct model_type *t = p->type->type;
    p->keyset = true;
    if (!order->n && p->range >= 0)
        order_by_range(p);
    for (size_t i = 0; i < order->n; i++)
        order_item(p, &order->at[i]);
    p->keyset &= !p->order_left;
    for (size_t i = 0; i < t->keys.n; i++) {
        uint16_t slot = t->properties.at[t->keys.at[i]].slot;
        AUTO(buf) struct buf column = BUF(1 << 10);
        own_column(p, &column, slot);
        add_order(p, buf_str(&column), false, false);
        vec_add(p->a, &p->keys, (struct plan_key){slot, false});
    }
}

/* ---- key set tokens: "k" and the literals of the last row's order values ---- */
str plan_token(const struct plan *p, const struct entity *last)
{
    AUTO(buf) struct buf out = BUF(1 << 16);
    for (size_t i = 0; i < p->keys.n; i++) {
        uint16_t slot = p->keys.at[i].slot;
        buf_add_char(&out, i ? ',' : 'k');
        if (last->values[slot].kind == V_NULL)
            buf_addz(&out, "null");
        else
            edm_write_uri(&out, p->type->type->slots.at[slot].property->type, last->values[slot]);
    }
    return arena_str(p->a, buf_str(&out));
}

static bool read_token(struct plan *p, str token, struct value *ret, struct err *e)
{
    size_t i = 0, from = 1;
    bool quoted = false;
    for (size_t at = 1; at <= token.n && i < p->keys.n; at++) {
        quoted ^= at < token.n && token.p[at] == '\'';
        if (at < token.n && (quoted || token.p[at] != ','))
            continue;
        enum edm type, want = p->type->type->slots.at[p->keys.at[i].slot].property->type;
        if (!edm_parse_uri(p->a, str_sub(token, from, at), &type, &ret[i], e) ||
            (type != EDM_COUNT && !edm_convert(p->a, type, want, &ret[i], e)))
            return false;
        from = at + 1;
        i++;
    }
    return i == p->keys.n && from > token.n;
}

/* Column is the same as v. */
static void same(struct plan *p, const struct plan_key *k, struct value v)
{
    own_column(p, &p->where, k->slot);
    if (v.kind == V_NULL) {
        buf_addz(&p->where, " IS NULL");
        return;
    }
    buf_addz(&p->where, " = ");
    plan_bind(p, &p->where, v);
}

/* A range condition leaves nulls out. */
static bool may_be_null(const struct plan *p, uint16_t slot)
{
    return p->type->type->slots.at[slot].property->nullable && slot != p->range;
}

/* Column comes behind v; null is lowest. */
static void behind(struct plan *p, const struct plan_key *k, struct value v)
{
    if (v.kind == V_NULL) {
        if (k->descending) {
            buf_addz(&p->where, "FALSE");
            return;
        }
        own_column(p, &p->where, k->slot);
        buf_addz(&p->where, " IS NOT NULL");
        return;
    }
    buf_add_char(&p->where, '(');
    own_column(p, &p->where, k->slot);
    buf_addz(&p->where, k->descending ? " < " : " > ");
    plan_bind(p, &p->where, v);
    if (k->descending && may_be_null(p, k->slot)) {
        buf_addz(&p->where, " OR ");
        own_column(p, &p->where, k->slot);
        buf_addz(&p->where, " IS NULL");
    }
    buf_add_char(&p->where, ')');
}

/* The range that an index on the first column can serve. */
static void lead(struct plan *p, const struct plan_key *k, struct value v)
{
    if (v.kind == V_NULL || (k->descending && may_be_null(p, k->slot)))
        return;
    own_column(p, &p->where, k->slot);
    buf_addz(&p->where, k->descending ? " <= " : " >= ");
    plan_bind(p, &p->where, v);
    buf_addz(&p->where, " AND ");
}

bool plan_after(struct plan *p, str token, struct err *e)
{
    struct value *v = arena_new_array(p->a, struct value, p->keys.n);
    if (!p->keyset || !str_starts(token, STR("k")) || !read_token(p, token, v, e))
        return err_set(e, ERR_BAD_REQUEST, "Invalid value: '" STR_FMT "'.",
                       STR_ARG(str_sub(token, 0, 200)));
    plan_conjunct(p);
    lead(p, &p->keys.at[0], v[0]);
    buf_add_char(&p->where, '(');
    for (size_t i = 0; i < p->keys.n; i++) {
        buf_addz(&p->where, i ? " OR (" : "(");
        for (size_t k = 0; k < i; k++) {
            same(p, &p->keys.at[k], v[k]);
            buf_addz(&p->where, " AND ");
        }
        behind(p, &p->keys.at[i], v[i]);
        buf_add_char(&p->where, ')');
    }
    buf_add_char(&p->where, ')');
    return true;
}

/* ---- statements ---- */
str plan_count(struct plan *p)
{
    return arena_join(p->a, (str[]){STR("SELECT COUNT(*)"), buf_str(&p->from), buf_str(&p->where)},
                      3);
}

str plan_select(struct plan *p, int64_t limit, int64_t offset)
{
    bool skips = limit >= 0 && offset > 0;
    if (limit >= 0)
        vec_add(p->a, &p->binds, VALUE_INT(limit));
    if (skips)
        vec_add(p->a, &p->binds, VALUE_INT(offset));
    const str parts[] = {STR("SELECT "),
                         p->type->columns,
                         p->also,
                         buf_str(&p->from),
                         buf_str(&p->where),
                         buf_str(&p->order),
                         limit >= 0 ? STR(" LIMIT ?") : STR(""),
                         skips ? STR(" OFFSET ?") : STR("")};
    return arena_join(p->a, parts, COUNT(parts));
}
