/* isof and cast (MS-ODATA 2.2.3.6.1.1). What an entity, a property or a literal is, is known when the filter is
 * read: an entity of a set is of the set's type. So all comes to a constant, a test for null or the
 * operand itself, which every later stage knows; only the cast of a number is left to be worked out. */
#include "odata/expr.h"

bool is_type_function(str name)
{
    return str_eqz(name, "isof") || str_eqz(name, "cast");
}

/* The type that the last argument names. */
struct named {
    enum edm edm; /* EDM_COMPLEX: structure says it */
    const struct model_type *structure;
};

static bool refuse(const struct expr *x, str source, struct err *e)
{
    return err_set(e, ERR_BAD_REQUEST,
                   "No applicable method found for \"%s\" at position %zu in \"" STR_FMT
                   "\" with the specified arguments.",
                   x->fn_name, x->position, STR_ARG(str_sub(source, 0, 150)));
}

static bool find_type(const struct model *types, const struct expr *x, str source,
                      struct named *ret, struct err *e)
{
    const struct expr *last = x->args.n ? x->args.at[x->args.n - 1] : NULL;
    if (!last || x->args.n > 2 || last->kind != EXPR_LITERAL || last->type != EDM_STRING)
        return refuse(x, source, e);
    *ret = (struct named){EDM_COMPLEX, model_type_named(types, last->value.s)};
    return ret->structure || edm_named(last->value.s, &ret->edm) ||
           err_set(e, ERR_BAD_REQUEST,
                   "Unknown type \"" STR_FMT "\" at position %zu in \"" STR_FMT "\".",
                   STR_ARG(str_sub(last->value.s, 0, 100)), last->position,
                   STR_ARG(str_sub(source, 0, 150)));
}

static bool derives(const struct model_type *t, const struct model_type *base)
{
    while (t && t != base)
        t = t->base;
    return t != NULL;
}

/* Whether x, when it is not null, is of that type. */
static bool is_of(const struct expr *x, const struct named *n)
{
    return n->structure ? derives(x->structure, n->structure) : x->type == n->edm;
}

/* true, false or null */
static struct expr *literal(struct arena *a, size_t position, enum edm t, struct value v)
{
    struct expr *x = arena_new_of(a, struct expr);
    *x = (struct expr){.kind = EXPR_LITERAL,
                       .type = t,
                       .value = v,
                       .text = v.kind == V_NULL ? STR("null")
                               : v.i            ? STR("true")
                                                : STR("false"),
                       .nullable = t == EDM_COUNT,
                       .position = position};
    return x;
}

/* The operand; of one argument: the entity itself. */
static struct expr *operand_of(struct arena *a, const struct model_type *t, const struct expr *x)
{
    if (x->args.n == 2)
        return x->args.at[0];
    struct expr *it = arena_new_of(a, struct expr);
    *it = (struct expr){.kind = EXPR_PATH,
                        .type = EDM_COMPLEX,
                        .entity = true,
                        .structure = t,
                        .position = x->position};
    return it;
}

/* Null is of no type. */
static struct expr *bind_isof(struct arena *a, const struct expr *call, struct expr *x,
                              const struct named *n)
{
    bool yes = x->type != EDM_COUNT && is_of(x, n);
    bool open = yes && x->nullable && (x->entity || x->type != EDM_COMPLEX);
    if (!open)
        return literal(a, call->position, EDM_BOOLEAN, VALUE_BOOL(yes));
    struct expr *ret = arena_new_of(a, struct expr);
    *ret = (struct expr){.kind = EXPR_BINARY,
                         .op = OP_NE,
                         .type = EDM_BOOLEAN,
                         .left = x,
                         .right = literal(a, call->position, EDM_COUNT, VALUE_NULL),
                         .position = call->position};
    return ret;
}

/* NULL: there is no such cast. */
static struct expr *bind_cast(struct arena *a, struct expr *call, struct expr *x,
                              const struct named *n)
{
    struct expr *null = literal(a, call->position, EDM_COUNT, VALUE_NULL);
    null->structure = n->structure;
    if (x->type == EDM_COUNT)
        return null;
    if (n->structure && x->structure && !derives(x->structure, n->structure))
        return derives(n->structure, x->structure) ? null : NULL;
    if (is_of(x, n)) {
        x->structure = n->structure;
        return x;
    }
    if (n->structure || !edm_is_number(x->type) || !edm_is_number(n->edm))
        return NULL;
    call->fn = FN_CAST;
    call->args.n = 1;
    call->type = n->edm;
    call->nullable = x->nullable || edm_is_integer(n->edm); /* what does not fit is null */
    return call;
}

bool bind_type_call(struct arena *a, const struct model *types, const struct model_type *t,
                    struct expr **x, str source, struct err *e)
{
    struct expr *call = *x;
    struct named n;
    if (!find_type(types, call, source, &n, e))
        return false;
    struct expr *operand = operand_of(a, t, call);
    *x = !strcmp(call->fn_name, "isof") ? bind_isof(a, call, operand, &n)
                                        : bind_cast(a, call, operand, &n);
    return *x ? true : refuse(call, source, e);
}
