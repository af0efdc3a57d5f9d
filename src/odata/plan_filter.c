/* Conditions are written so that they are never NULL where a NULL would come out differently under
 * NOT, AND and OR: OData compares null as a value (odata-v2.md 3). */
#include "odata/plan.h"

#include <math.h>

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
        return plan_sql(p, out, x);
    buf_addz(out, "coalesce(");
    bool ok = plan_sql(p, out, x);
    buf_addz(out, ", FALSE)");
    return ok;
}

/* Text order is not the order of decimals. */
bool plan_comparable(const struct expr *x)
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
    bool ok = plan_sql(p, out, other);
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
        if (!plan_sql(p, out, sides[i]))
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
    if (!plan_comparable(x->left) || !plan_comparable(x->right))
        return false;
    buf_addz(out, x->op == OP_NE ? "NOT (" : "(");
    if (!plan_sql(p, out, x->left))
        return false;
    buf_addz(out, names[x->op]);
    if (!plan_sql(p, out, x->right) || !append_null_tests(p, out, x))
        return false;
    if (x->op <= OP_NE && x->left->nullable && x->right->nullable) {
        buf_addz(out, " OR ");
        if (!plan_sql(p, out, x->left))
            return false;
        buf_addz(out, " IS NULL AND ");
        if (!plan_sql(p, out, x->right))
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
        if (!plan_sql(p, out, x->args.at[*t - '1']))
            return false;
    }
    buf_add_char(out, ')');
    return true;
}

bool plan_sql(struct plan *p, struct buf *out, const struct expr *x)
{
    switch (x->kind) {
    case EXPR_LITERAL:
        plan_bind(p, out, x->value);
        return x->type != EDM_COUNT;
    case EXPR_PATH:
        return sql_path(p, out, x);
    case EXPR_BINARY:
        return sql_binary(p, out, x);
    case EXPR_CALL:
        return sql_call(p, out, x);
    case EXPR_NOT:
        buf_addz(out, "NOT (");
        if (x->left->type == EDM_COUNT || !plan_sql(p, out, x->left))
            return false;
        buf_add_char(out, ')');
        return true;
    case EXPR_NEG:
        break;
    }
    return false;
}

/* Whether the column stands in an index of the type. */
static bool indexed(const struct model_type *t, uint16_t slot)
{
    for (size_t i = 0; i < t->indexes.n; i++) {
        str columns = t->indexes.at[i], one, name;
        while (str_split(&columns, ',', &one)) {
            one = str_trim(one);
            str_split(&one, ' ', &name);
            if (str_eq(name, t->slots.at[slot].column))
                return true;
        }
    }
    return false;
}

/* Remembers "Property ge literal" on an indexed column. */
static void note_range(struct plan *p, const struct expr *x)
{
    if (x->kind != EXPR_BINARY || x->op < OP_LT || x->op > OP_GE)
        return;
    const struct expr *path = x->left->kind == EXPR_PATH ? x->left : x->right,
                      *literal = path == x->left ? x->right : x->left;
    if (path->kind == EXPR_PATH && !path->navs.n && literal->kind == EXPR_LITERAL && p->range < 0 &&
        indexed(p->type->type, path->slot))
        p->range = path->slot;
}

void plan_filter(struct plan *p, const struct expr *x)
{
    if (x->kind == EXPR_BINARY && x->op == OP_AND) {
        plan_filter(p, x->left);
        plan_filter(p, x->right);
        return;
    }
    size_t n = p->where.n, binds = p->binds.n;
    plan_conjunct(p);
    if (x->type != EDM_COUNT && plan_sql(p, &p->where, x)) {
        note_range(p, x);
        return;
    }
    p->where.n = n;
    p->binds.n = binds;
    p->filter_left = true;
}
