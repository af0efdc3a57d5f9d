#include "engine/inside.h"
#include "engine/simple_inside.h"

enum { TEXT_MAX = 128 << 20 };

str simple_value_text(const struct simple_value *val, struct arena *a)
{
    switch (val->kind) {
    case VAL_TEXT:
        return val->text;
    case VAL_INT:
        return arena_fmt(a, "%lld", (long long)val->i);
    case VAL_BOOL:
        return val->i ? STR("true") : STR("false");
    case VAL_DATUM:
        return datum_str(a, val->datum);
    case VAL_BODY:
        return body_bytes(val->body);
    case VAL_NULL:
        break;
    }
    return STR("");
}

/* ---- one ${..} ---- */

static bool run_call(const struct simple_call *c, struct simple_eval *v, struct simple_value *val)
{
    str args[ARGS_MAX];
    if (val->kind == VAL_NULL)
        return true; /* null stays null */
    for (size_t i = 0; i < c->nargs; i++)
        if (!simple_text(c->args[i], v->x, v->a, &args[i], v->e))
            return false;
    struct simple_value self = *val;
    v->self = &self;
    bool ok = c->method->fn(c, simple_value_text(&self, v->a), args, v, val);
    v->self = NULL;
    return ok;
}

static bool run_part(const struct simple_part *p, struct simple_eval *v, struct simple_value *ret)
{
    if (!p->fn) {
        *ret = (struct simple_value){.kind = VAL_TEXT, .text = p->text};
        return true;
    }
    if (!p->fn(p, v, ret))
        return false;
    for (size_t i = 0; i < p->calls.n; i++)
        if (!run_call(&p->calls.at[i], v, ret))
            return err_ctx(v->e, "%s()", p->calls.at[i].method->name);
    return true;
}

/* ---- texts ---- */

static bool join(const struct simple *s, struct simple_eval *v, str *ret)
{
    str few[8], *texts = s->parts.n <= COUNT(few) ? few : arena_new_array(v->a, str, s->parts.n);
    size_t n = 0;
    for (size_t i = 0; i < s->parts.n; i++) {
        struct simple_value val;
        if (!run_part(&s->parts.at[i], v, &val))
            return false;
        texts[i] = simple_value_text(&val, v->a);
        n += texts[i].n;
    }
    if (n > TEXT_MAX)
        return err_set(v->e, ERR_TOO_LARGE, "an expression gives more than %d MB", TEXT_MAX >> 20);
    char *out = arena_alloc(v->a, n + 1);
    str all = {out, n};
    for (size_t i = 0; i < s->parts.n; i++) {
        if (texts[i].n)
            memcpy(out, texts[i].p, texts[i].n);
        out += texts[i].n;
    }
    *ret = all;
    return true;
}

bool simple_value_of(const struct simple *s, struct simple_eval *v, struct simple_value *ret)
{
    if (s->parts.n == 1 && !s->quoted)
        return run_part(&s->parts.at[0], v, ret);
    *ret = (struct simple_value){.kind = VAL_TEXT, .text = STR("")};
    return !s->parts.n || simple_text(s, v->x, v->a, &ret->text, v->e);
}

bool simple_text(const struct simple *s, struct exchange *x, struct arena *a, str *ret,
                 struct err *e)
{
    struct simple_eval v = {.x = x, .a = a, .e = e};
    struct simple_value val = {.kind = VAL_NULL};
    if (s->tests.n) {
        bool truth = false;
        if (!simple_truth(s, x, &truth, e))
            return false;
        *ret = truth ? STR("true") : STR("false");
        return true;
    }
    if (s->parts.n > 1)
        return join(s, &v, ret);
    if (s->parts.n && !run_part(&s->parts.at[0], &v, &val))
        return false;
    *ret = simple_value_text(&val, a);
    return true;
}

static struct datum *keep(const struct simple_value *val)
{
    switch (val->kind) {
    case VAL_TEXT:
        return datum_text(val->text);
    case VAL_INT:
        return datum_int(val->i);
    case VAL_BOOL:
        return datum_bool(val->i);
    case VAL_DATUM:
        return datum_ref(val->datum);
    case VAL_BODY:
        return datum_body(val->body);
    case VAL_NULL:
        break;
    }
    return NULL;
}

/* In an arena of its own: loops that make texts must not fill the exchange's. */
bool simple_datum(const struct simple *s, struct exchange *x, struct datum **ret, struct err *e)
{
    AUTO(arena) struct arena *scratch = arena_new();
    struct simple_eval v = {.x = x, .a = scratch, .e = e};
    struct simple_value val = {.kind = VAL_NULL};
    if (!simple_value_of(s, &v, &val))
        return false;
    *ret = keep(&val);
    return true;
}

/* ---- conditions ---- */

static bool is_number(const struct simple_value *v)
{
    if (v->kind == VAL_DATUM)
        return datum_kind(v->datum) == DATUM_INT || datum_kind(v->datum) == DATUM_REAL;
    return v->kind == VAL_INT;
}

static bool equal(const struct simple_value *l, const struct simple_value *r, struct arena *a)
{
    double x, y;
    if (l->kind == VAL_NULL || r->kind == VAL_NULL)
        return l->kind == r->kind;
    str left = simple_value_text(l, a), right = simple_value_text(r, a);
    if ((is_number(l) || is_number(r)) && str_to_double(str_trim(left), &x) &&
        str_to_double(str_trim(right), &y))
        return x >= y && x <= y;
    return str_eq(left, right);
}

/* Numbers where both are, else by bytes. null is not comparable. */
static bool order(const struct simple_value *l, const struct simple_value *r, struct arena *a,
                  int *ret)
{
    double x, y;
    if (l->kind == VAL_NULL || r->kind == VAL_NULL)
        return false;
    str left = simple_value_text(l, a), right = simple_value_text(r, a);
    if (str_to_double(str_trim(left), &x) && str_to_double(str_trim(right), &y))
        *ret = (x > y) - (x < y);
    else
        *ret = str_cmp(left, right);
    return true;
}

static bool in_list(const struct simple_value *l, const struct simple_value *r, struct arena *a)
{
    if (l->kind == VAL_NULL || r->kind == VAL_NULL)
        return false;
    str value = simple_value_text(l, a), list = simple_value_text(r, a);
    for (str one; str_split(&list, ',', &one);)
        if (str_eq(one, value) || str_eq(str_trim(one), value))
            return true;
    return false;
}

static bool match(const struct simple_test *t, const struct simple_value *l,
                  const struct simple_value *r, struct simple_eval *v, bool *ret)
{
    struct regex *regex = t->regex;
    *ret = false;
    if (l->kind == VAL_NULL)
        return true;
    if (!regex && !regex_compile(v->a, simple_value_text(r, v->a), REGEX_WHOLE, &regex, v->e))
        return false;
    return regex_find(regex, simple_value_text(l, v->a), 0, ret, NULL, 0, v->e);
}

static bool holds(const struct simple_value *l, const struct simple_value *r, struct arena *a)
{
    return l->kind != VAL_NULL && r->kind != VAL_NULL &&
           str_find(simple_value_text(l, a), simple_value_text(r, a), 0) != SIZE_MAX;
}

static bool compare(const struct simple_test *t, const struct simple_value *l,
                    const struct simple_value *r, struct simple_eval *v, bool *ret)
{
    int way = 0;
    switch (t->op) {
    case OP_EQ:
    case OP_NE:
        *ret = equal(l, r, v->a) == (t->op == OP_EQ);
        return true;
    case OP_GT:
        *ret = order(l, r, v->a, &way) && way > 0;
        return true;
    case OP_GE:
        *ret = order(l, r, v->a, &way) && way >= 0;
        return true;
    case OP_LT:
        *ret = order(l, r, v->a, &way) && way < 0;
        return true;
    case OP_LE:
        *ret = order(l, r, v->a, &way) && way <= 0;
        return true;
    case OP_CONTAINS:
    case OP_NOT_CONTAINS:
        *ret = holds(l, r, v->a) == (t->op == OP_CONTAINS);
        return true;
    case OP_IN:
    case OP_NOT_IN:
        *ret = in_list(l, r, v->a) == (t->op == OP_IN);
        return true;
    case OP_REGEX:
    case OP_NOT_REGEX:
        if (!match(t, l, r, v, ret))
            return false;
        *ret = *ret == (t->op == OP_REGEX);
        return true;
    case OP_STARTS:
        *ret = l->kind != VAL_NULL &&
               str_starts(simple_value_text(l, v->a), simple_value_text(r, v->a));
        return true;
    case OP_ENDS:
        *ret =
            l->kind != VAL_NULL && str_ends(simple_value_text(l, v->a), simple_value_text(r, v->a));
        return true;
    case OP_TRUTH:
        *ret = str_eq_nocase(str_trim(simple_value_text(l, v->a)), STR("true"));
        return true;
    }
    return true;
}

static bool operand(const struct simple_operand *o, struct simple_eval *v, struct simple_value *ret)
{
    *ret = (struct simple_value){.kind = VAL_NULL};
    return o->is_null || !o->text || simple_value_of(o->text, v, ret);
}

bool simple_truth(const struct simple *s, struct exchange *x, bool *ret, struct err *e)
{
    AUTO(arena) struct arena *scratch = arena_new();
    struct simple_eval v = {.x = x, .a = scratch, .e = e};
    bool all = false;
    for (size_t i = 0; i < s->tests.n; i++) {
        const struct simple_test *t = &s->tests.at[i];
        struct simple_value l, r;
        bool one = false;
        if (i && all == t->is_or)
            continue; /* true or .., false and .. */
        if (!operand(&t->left, &v, &l) || !operand(&t->right, &v, &r) ||
            !compare(t, &l, &r, &v, &one))
            return false;
        all = one;
    }
    *ret = all;
    return true;
}
