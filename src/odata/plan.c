/* Conditions are written so that they are never NULL where a NULL would come out differently under
 * NOT, AND and OR: OData compares null as a value (odata-v2.md 3). Alias t0 is the set's own table,
 * t1.. are to-one navigations of paths. */
#include "odata/plan.h"

#include <math.h>

static bool sql(struct plan *p, struct buf *out, const struct expr *x) MUST_USE;

void plan_init(struct plan *p, struct arena *a, const struct type_info *t, const char *restriction,
               const struct value *binds, size_t nbinds)
{
    *p = (struct plan){
        .a = a, .type = t, .from = BUF(1 << 20), .where = BUF(1 << 20), .order = BUF(1 << 16)};
    if (restriction)
        buf_addf(&p->from, " FROM (SELECT * FROM \"" STR_FMT "\" WHERE %s) t0",
                 STR_ARG(t->type->table), restriction);
    else
        buf_addf(&p->from, " FROM \"" STR_FMT "\" t0", STR_ARG(t->type->table));
    for (size_t i = 0; i < nbinds; i++)
        vec_add(a, &p->binds, binds[i]);
}

void plan_free(struct plan *p)
{
    buf_free(&p->from);
    buf_free(&p->where);
    buf_free(&p->order);
}

static void conjunct(struct plan *p)
{
    buf_addz(&p->where, p->where.n ? " AND " : " WHERE ");
}

static void bind(struct plan *p, struct buf *out, struct value v)
{
    buf_add_char(out, '?');
    vec_add(p->a, &p->binds, v);
}

static void own_column(const struct plan *p, struct buf *out, uint16_t slot)
{
    buf_addf(out, "t0.\"" STR_FMT "\"", STR_ARG(p->type->type->slots.at[slot].column));
}

void plan_equal(struct plan *p, uint16_t slot, struct value v)
{
    conjunct(p);
    if (v.kind == V_NULL) {
        buf_addz(&p->where, "1 = 0");
        return;
    }
    own_column(p, &p->where, slot);
    buf_addz(&p->where, " = ");
    bind(p, &p->where, v);
}

/* ---- paths ---- */
/* The join must find one row at most, else it would repeat ours. */
static bool unique_target(const struct model_nav *nav)
{
    const struct model_type *t = nav->target;
    for (size_t k = 0; k < t->keys.n; k++) {
        bool found = false;
        for (size_t i = 0; i < nav->joins.n; i++)
            found |= nav->joins.at[i].theirs == t->properties.at[t->keys.at[k]].slot;
        if (!found)
            return false;
    }
    return t->table.p && nav->joins.n;
}

/* The alias of the navigation from alias parent; adds the join when it is new. */
static size_t join(struct plan *p, size_t parent, const struct model_nav *nav)
{
    for (size_t i = 0; i < p->joins.n; i++)
        if (p->joins.at[i].parent == parent && p->joins.at[i].nav == nav)
            return i + 1;
    const struct model_type *from = parent ? p->joins.at[parent - 1].nav->target : p->type->type;
    vec_add(p->a, &p->joins, (struct plan_join){parent, nav});
    buf_addf(&p->from, " LEFT JOIN \"" STR_FMT "\" t%zu ON ", STR_ARG(nav->target->table),
             p->joins.n);
    for (size_t i = 0; i < nav->joins.n; i++)
        buf_addf(&p->from, "%st%zu.\"" STR_FMT "\" = t%zu.\"" STR_FMT "\"", i ? " AND " : "",
                 p->joins.n, STR_ARG(nav->target->slots.at[nav->joins.at[i].theirs].column), parent,
                 STR_ARG(from->slots.at[nav->joins.at[i].own].column));
    return p->joins.n;
}

static bool sql_path(struct plan *p, struct buf *out, const struct expr *x)
{
    size_t alias = 0;
    const struct model_type *t = p->type->type;
    for (size_t i = 0; i < x->navs.n; i++)
        if (!unique_target(x->navs.at[i]))
            return false;
    for (size_t i = 0; i < x->navs.n; i++) {
        alias = join(p, alias, x->navs.at[i]);
        t = x->navs.at[i]->target;
    }
    uint16_t slot = x->entity ? t->properties.at[t->keys.at[0]].slot : x->slot;
    buf_addf(out, "t%zu.\"" STR_FMT "\"", alias, STR_ARG(t->slots.at[slot].column));
    return true;
}

/* ---- operators ---- */
/* An operand of AND, OR: never NULL. */
static bool sql_condition(struct plan *p, struct buf *out, const struct expr *x)
{
    if (x->type == EDM_COUNT) {
        buf_addz(out, "FALSE");
        return true;
    }
    if (!x->nullable)
        return sql(p, out, x);
    buf_addz(out, "coalesce(");
    bool ok = sql(p, out, x);
    buf_addz(out, ", FALSE)");
    return ok;
}

/* Text order is not the order of decimals. */
static bool comparable(const struct expr *x)
{
    bool special = x->kind == EXPR_LITERAL && x->value.kind == V_REAL && !isfinite(x->value.d);
    return x->type != EDM_DECIMAL && !special;
}

static bool sql_null_comparison(struct plan *p, struct buf *out, const struct expr *x,
                                const struct expr *other)
{
    if (other->type == EDM_COUNT || x->op >= OP_LT) {
        buf_addz(out, x->op == OP_EQ ? "TRUE" : "FALSE");
        return true;
    }
    bool ok = sql(p, out, other);
    buf_addz(out, x->op == OP_EQ ? " IS NULL" : " IS NOT NULL");
    return ok;
}

static bool append_null_tests(struct plan *p, struct buf *out, const struct expr *x)
{
    const struct expr *sides[] = {x->left, x->right};
    for (size_t i = 0; i < 2; i++) {
        if (!sides[i]->nullable)
            continue;
        buf_addz(out, " AND ");
        if (!sql(p, out, sides[i]))
            return false;
        buf_addz(out, " IS NOT NULL");
    }
    return true;
}

/* (l = r AND l IS NOT NULL), and for two that may be null OR both are; ne is its NOT. */
static bool sql_comparison(struct plan *p, struct buf *out, const struct expr *x)
{
    static const char *const names[] = {[OP_EQ] = " = ",  [OP_NE] = " = ", [OP_LT] = " < ",
                                        [OP_LE] = " <= ", [OP_GT] = " > ", [OP_GE] = " >= "};
    if (x->left->type == EDM_COUNT || x->right->type == EDM_COUNT)
        return sql_null_comparison(p, out, x, x->left->type == EDM_COUNT ? x->right : x->left);
    if (!comparable(x->left) || !comparable(x->right))
        return false;
    buf_addz(out, x->op == OP_NE ? "NOT (" : "(");
    if (!sql(p, out, x->left))
        return false;
    buf_addz(out, names[x->op]);
    if (!sql(p, out, x->right) || !append_null_tests(p, out, x))
        return false;
    if (x->op <= OP_NE && x->left->nullable && x->right->nullable) {
        buf_addz(out, " OR ");
        if (!sql(p, out, x->left))
            return false;
        buf_addz(out, " IS NULL AND ");
        if (!sql(p, out, x->right))
            return false;
        buf_addz(out, " IS NULL");
    }
    buf_add_char(out, ')');
    return true;
}

static bool sql_binary(struct plan *p, struct buf *out, const struct expr *x)
{
    if (x->op >= OP_ADD)
        return false; /* exact arithmetic is eval's */
    if (x->op >= OP_EQ)
        return sql_comparison(p, out, x);
    buf_add_char(out, '(');
    if (!sql_condition(p, out, x->left))
        return false;
    buf_addz(out, x->op == OP_AND ? " AND " : " OR ");
    if (!sql_condition(p, out, x->right))
        return false;
    buf_add_char(out, ')');
    return true;
}

/* ---- functions: $1.. are arguments, each may occur several times ---- */
static const char *const templates[] = {
    [FN_SUBSTRINGOF] = "instr($2, $1) > 0",
    [FN_STARTSWITH] = "substr($1, 1, length($2)) = $2",
    [FN_ENDSWITH] = "length($1) >= length($2) AND substr($1, length($1) - length($2) + 1) = $2",
    [FN_LENGTH] = "length($1)",
    [FN_INDEXOF] = "instr($1, $2) - 1",
    [FN_REPLACE] = "replace($1, $2, $3)",
    [FN_SUBSTRING] = "substr($1, $2 + 1)",
    [FN_TOLOWER] = "lower($1)",
    [FN_TOUPPER] = "upper($1)",
    [FN_CONCAT] = "$1 || $2",
};

/* substring wants plain numbers that are not negative. */
static bool exact_call(const struct expr *x)
{
    if ((size_t)x->fn >= COUNT(templates) || !templates[x->fn] || x->args.n > 3)
        return false;
    for (size_t i = 0; i < x->args.n; i++)
        if (x->args.at[i]->type == EDM_COUNT)
            return false;
    for (size_t i = 1; x->fn == FN_SUBSTRING && i < x->args.n; i++)
        if (x->args.at[i]->kind != EXPR_LITERAL || x->args.at[i]->value.i < 0)
            return false;
    return true;
}

static bool sql_call(struct plan *p, struct buf *out, const struct expr *x)
{
    if (!exact_call(x))
        return false;
    const char *t = templates[x->fn];
    if (x->fn == FN_SUBSTRING && x->args.n == 3)
        t = "substr($1, $2 + 1, $3)";
    if (x->fn == FN_CONCAT && x->args.n == 3)
        t = "$1 || $2 || $3";
    buf_add_char(out, '(');
    for (; *t; t++) {
        if (*t != '$') {
            buf_add_char(out, *t);
            continue;
        }
        t++;
        if (!sql(p, out, x->args.at[*t - '1']))
            return false;
    }
    buf_add_char(out, ')');
    return true;
}

static bool sql(struct plan *p, struct buf *out, const struct expr *x)
{
    switch (x->kind) {
    case EXPR_LITERAL:
        bind(p, out, x->value);
        return x->type != EDM_COUNT;
    case EXPR_PATH:
        return sql_path(p, out, x);
    case EXPR_BINARY:
        return sql_binary(p, out, x);
    case EXPR_CALL:
        return sql_call(p, out, x);
    case EXPR_NOT:
        buf_addz(out, "NOT (");
        if (x->left->type == EDM_COUNT || !sql(p, out, x->left))
            return false;
        buf_add_char(out, ')');
        return true;
    case EXPR_NEG:
        break;
    }
    return false;
}

void plan_filter(struct plan *p, const struct expr *x)
{
    if (x->kind == EXPR_BINARY && x->op == OP_AND) {
        plan_filter(p, x->left);
        plan_filter(p, x->right);
        return;
    }
    size_t n = p->where.n, binds = p->binds.n;
    conjunct(p);
    if (x->type != EDM_COUNT && sql(p, &p->where, x))
        return;
    p->where.n = n;
    p->binds.n = binds;
    p->filter_left = true;
}

/* ---- order ---- */
static void add_order(struct plan *p, const char *column, bool descending, bool nullable)
{
    buf_addf(&p->order, "%s%s%s%s", p->order.n ? ", " : " ORDER BY ", column,
             descending ? " DESC" : "",
             !nullable    ? ""
             : descending ? " NULLS LAST"
                          : " NULLS FIRST");
}

static void order_item(struct plan *p, const struct order_item *item)
{
    AUTO(buf) struct buf column = BUF(1 << 16);
    size_t binds = p->binds.n;
    /* A bind would have to stand behind those of WHERE. */
    if (!comparable(item->expr) || !sql(p, &column, item->expr) || p->binds.n != binds) {
        p->binds.n = binds;
        p->order_left = true;
        return;
    }
    buf_add_char(&column, '\0');
    add_order(p, column.p, item->descending, item->expr->nullable);
    if (item->expr->kind == EXPR_PATH && !item->expr->navs.n)
        vec_add(p->a, &p->keys, (struct plan_key){item->expr->slot, item->descending});
    else
        p->keyset = false;
}

void plan_order(struct plan *p, const order_list *order)
{
    const struct model_type *t = p->type->type;
    p->keyset = true;
    for (size_t i = 0; i < order->n; i++)
        order_item(p, &order->at[i]);
    p->keyset &= !p->order_left;
    for (size_t i = 0; i < t->keys.n; i++) {
        uint16_t slot = t->properties.at[t->keys.at[i]].slot;
        AUTO(buf) struct buf column = BUF(1 << 10);
        own_column(p, &column, slot);
        buf_add_char(&column, '\0');
        add_order(p, column.p, false, false);
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
    bind(p, &p->where, v);
}

/* Column comes behind v; null is lowest. */
static void behind(struct plan *p, const struct plan_key *k, struct value v)
{
    bool nullable = p->type->type->slots.at[k->slot].property->nullable;
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
    bind(p, &p->where, v);
    if (k->descending && nullable) {
        buf_addz(&p->where, " OR ");
        own_column(p, &p->where, k->slot);
        buf_addz(&p->where, " IS NULL");
    }
    buf_add_char(&p->where, ')');
}

/* The range that an index on the first column can serve. */
static void lead(struct plan *p, const struct plan_key *k, struct value v)
{
    if (v.kind == V_NULL || k->descending)
        return;
    own_column(p, &p->where, k->slot);
    buf_addz(&p->where, " >= ");
    bind(p, &p->where, v);
    buf_addz(&p->where, " AND ");
}

bool plan_after(struct plan *p, str token, struct err *e)
{
    struct value *v = arena_new_array(p->a, struct value, p->keys.n);
    if (!p->keyset || !str_starts(token, STR("k")) || !read_token(p, token, v, e))
        return err_set(e, ERR_BAD_REQUEST, "Invalid value: '" STR_FMT "'.",
                       STR_ARG(str_sub(token, 0, 200)));
    conjunct(p);
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
    return arena_fmt(p->a, "SELECT COUNT(*)" STR_FMT STR_FMT, STR_ARG(buf_str(&p->from)),
                     STR_ARG(buf_str(&p->where)));
}

str plan_select(struct plan *p, int64_t limit, int64_t offset)
{
    str ret = arena_fmt(p->a, "SELECT " STR_FMT STR_FMT STR_FMT STR_FMT "%s%s",
                        STR_ARG(p->type->columns), STR_ARG(buf_str(&p->from)),
                        STR_ARG(buf_str(&p->where)), STR_ARG(buf_str(&p->order)),
                        limit >= 0 ? " LIMIT ?" : "", limit >= 0 && offset > 0 ? " OFFSET ?" : "");
    if (limit >= 0)
        vec_add(p->a, &p->binds, VALUE_INT(limit));
    if (limit >= 0 && offset > 0)
        vec_add(p->a, &p->binds, VALUE_INT(offset));
    return ret;
}
