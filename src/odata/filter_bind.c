/* Which operands an operator and which arguments a function takes, and of what type the result is. */
#include "odata/expr.h"

bool edm_is_integer(enum edm t)
{
    return t == EDM_BYTE || t == EDM_SBYTE || t == EDM_INT16 || t == EDM_INT32 || t == EDM_INT64;
}

bool edm_is_number(enum edm t)
{
    return edm_is_integer(t) || t == EDM_DECIMAL || t == EDM_SINGLE || t == EDM_DOUBLE;
}

static bool is_null(const struct expr *x)
{
    return x->type == EDM_COUNT;
}

static bool number(const struct expr *x)
{
    return edm_is_number(x->type) || is_null(x);
}

static bool boolean(const struct expr *x)
{
    return x->type == EDM_BOOLEAN || is_null(x);
}

const char *expr_type_name(const struct expr *x)
{
    return is_null(x) ? "null" : x->type == EDM_COMPLEX ? "a structure" : edm_name(x->type);
}

static bool bad_operands(const struct expr *x, str source, struct err *e)
{
    return err_set(
        e, ERR_BAD_REQUEST,
        "Operator \"%s\" incompatible with operand types \"%s\" and \"%s\" at position %zu in \"" STR_FMT
        "\".",
        expr_op_names[x->op], expr_type_name(x->left), expr_type_name(x->right), x->position,
        STR_ARG(str_sub(source, 0, 200)));
}

/* 0 and 1 are also Booleans. */
static bool as_boolean(struct expr *x)
{
    if (x->kind != EXPR_LITERAL || !edm_is_integer(x->type) || x->value.kind != V_INT ||
        (x->value.i != 0 && x->value.i != 1))
        return false;
    x->type = EDM_BOOLEAN;
    x->value = VALUE_BOOL(x->value.i == 1);
    return true;
}

static bool equal_operands(struct expr *l, struct expr *r)
{
    if (is_null(l) || is_null(r)) {
        const struct expr *other = is_null(l) ? r : l;
        return other->type != EDM_COMPLEX || other->entity;
    }
    if (edm_is_number(l->type) && edm_is_number(r->type))
        return true;
    if (l->type == EDM_BOOLEAN && edm_is_number(r->type))
        return as_boolean(r);
    if (r->type == EDM_BOOLEAN && edm_is_number(l->type))
        return as_boolean(l);
    return l->type == r->type && l->type != EDM_COMPLEX;
}

static bool ordered_operands(const struct expr *l, const struct expr *r)
{
    const struct expr *both[] = {l, r};
    for (size_t i = 0; i < 2; i++)
        if (both[i]->type == EDM_BOOLEAN || both[i]->type == EDM_COMPLEX)
            return false;
    return is_null(l) || is_null(r) || l->type == r->type ||
           (edm_is_number(l->type) && edm_is_number(r->type));
}

static enum edm wider(enum edm a, enum edm b)
{
    static const enum edm order[] = {EDM_BYTE,  EDM_SBYTE,  EDM_INT16,  EDM_INT32,
                                     EDM_INT64, EDM_SINGLE, EDM_DOUBLE, EDM_DECIMAL};
    enum edm ret = EDM_COUNT;
    for (size_t i = 0; i < COUNT(order); i++)
        if (a == order[i] || b == order[i])
            ret = order[i];
    return ret;
}

bool bind_binary(struct expr *x, str source, struct err *e)
{
    struct expr *l = x->left, *r = x->right;
    bool ok;
    x->type = EDM_BOOLEAN;
    if (x->op <= OP_AND) {
        ok = boolean(l) && boolean(r);
    } else if (x->op <= OP_NE) {
        ok = equal_operands(l, r);
    } else if (x->op <= OP_GE) {
        ok = ordered_operands(l, r);
    } else {
        ok = number(l) && number(r);
        x->type = wider(l->type, r->type);
        x->nullable = l->nullable || r->nullable || x->op >= OP_DIV;
    }
    return ok || bad_operands(x, source, e);
}

bool bind_unary(struct expr *x, str source, struct err *e)
{
    bool ok = x->kind == EXPR_NOT ? boolean(x->left) : number(x->left);
    x->type = x->kind == EXPR_NOT ? EDM_BOOLEAN : x->left->type;
    x->nullable = x->left->nullable;
    return ok || err_set(e, ERR_BAD_REQUEST,
                         "Expression of type \"%s\" expected at position %zu in \"" STR_FMT
                         "\" (actual type is \"%s\").",
                         x->kind == EXPR_NOT ? "Edm.Boolean" : "a number", x->left->position,
                         STR_ARG(str_sub(source, 0, 200)), expr_type_name(x->left));
}

/* ---- functions ---- */
enum argument { TEXT, INTEGER, DATE, INSTANT, NUMBER };
static const struct {
    const char *name;
    enum expr_function fn;
    unsigned least, most;
    enum argument first, others;
    enum edm result; /* EDM_COUNT: as the argument */
} functions[] = {
    {"substringof", FN_SUBSTRINGOF, 2, 2,  TEXT,    TEXT,    EDM_BOOLEAN},
    {"startswith",  FN_STARTSWITH,  2, 2,  TEXT,    TEXT,    EDM_BOOLEAN},
    {"endswith",    FN_ENDSWITH,    2, 2,  TEXT,    TEXT,    EDM_BOOLEAN},
    {"length",      FN_LENGTH,      1, 1,  TEXT,    TEXT,    EDM_INT32  },
    {"indexof",     FN_INDEXOF,     2, 2,  TEXT,    TEXT,    EDM_INT32  },
    {"replace",     FN_REPLACE,     3, 3,  TEXT,    TEXT,    EDM_STRING },
    {"substring",   FN_SUBSTRING,   2, 3,  TEXT,    INTEGER, EDM_STRING },
    {"tolower",     FN_TOLOWER,     1, 1,  TEXT,    TEXT,    EDM_STRING },
    {"toupper",     FN_TOUPPER,     1, 1,  TEXT,    TEXT,    EDM_STRING },
    {"trim",        FN_TRIM,        1, 1,  TEXT,    TEXT,    EDM_STRING },
    {"concat",      FN_CONCAT,      2, 99, TEXT,    TEXT,    EDM_STRING },
    {"year",        FN_YEAR,        1, 1,  DATE,    DATE,    EDM_INT32  },
    {"month",       FN_MONTH,       1, 1,  DATE,    DATE,    EDM_INT32  },
    {"day",         FN_DAY,         1, 1,  DATE,    DATE,    EDM_INT32  },
    {"hour",        FN_HOUR,        1, 1,  INSTANT, INSTANT, EDM_INT32  },
    {"minute",      FN_MINUTE,      1, 1,  INSTANT, INSTANT, EDM_INT32  },
    {"second",      FN_SECOND,      1, 1,  INSTANT, INSTANT, EDM_INT32  },
    {"round",       FN_ROUND,       1, 1,  NUMBER,  NUMBER,  EDM_COUNT  },
    {"floor",       FN_FLOOR,       1, 1,  NUMBER,  NUMBER,  EDM_COUNT  },
    {"ceiling",     FN_CEILING,     1, 1,  NUMBER,  NUMBER,  EDM_COUNT  },
};

static bool fits(const struct expr *x, enum argument kind)
{
    if (is_null(x))
        return true;
    switch (kind) {
    case TEXT:
        return x->type == EDM_STRING;
    case INTEGER:
        return edm_is_integer(x->type);
    case DATE:
        return x->type == EDM_DATETIME;
    case INSTANT:
        return x->type == EDM_DATETIME || x->type == EDM_DATETIMEOFFSET || x->type == EDM_TIME;
    case NUMBER:
        return edm_is_number(x->type);
    }
    return false;
}

bool bind_call(struct expr *x, str name, str source, struct err *e)
{
    size_t i = 0;
    source = str_sub(source, 0, 150);
    while (i < COUNT(functions) && !str_eqz(name, functions[i].name))
        i++;
    if (i == COUNT(functions))
        return err_set(e, ERR_BAD_REQUEST,
                       "Unknown function \"%.60s\" at position %zu in \"" STR_FMT "\".",
                       name.n < 60 ? x->fn_name : "...", x->position, STR_ARG(source));
    if (x->args.n < functions[i].least || x->args.n > functions[i].most)
        return err_set(
            e, ERR_BAD_REQUEST,
            "No applicable method found for \"%s\" at position %zu in \"" STR_FMT
            "\" with the specified arguments. Method \"%s\" requires between %u and %u arguments.",
            functions[i].name, x->position, STR_ARG(source), functions[i].name, functions[i].least,
            functions[i].most);
    for (size_t k = 0; k < x->args.n; k++) {
        if (!fits(x->args.at[k], k ? functions[i].others : functions[i].first))
            return err_set(e, ERR_BAD_REQUEST,
                           "No applicable method found for \"%s\" at position %zu in \"" STR_FMT
                           "\" for the specified argument types.",
                           functions[i].name, x->position, STR_ARG(source));
        x->nullable |= x->args.at[k]->nullable;
    }
    x->fn = functions[i].fn;
    x->fn_name = functions[i].name;
    x->type = functions[i].result == EDM_COUNT ? x->args.at[0]->type : functions[i].result;
    return true;
}
