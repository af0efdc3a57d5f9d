#include "odata/eval.h"

#include "base/codec.h"
#include "base/time.h"
#include "odata/number.h"

struct operand {
    enum { NIL, BOOL, TEXT, NUMBER } kind;
    bool b;
    str s;
    struct number n;
};
static struct operand eval(struct arena *a, const struct expr *x, const struct entity *en);

static struct operand nil(void)
{
    return (struct operand){.kind = NIL};
}

static struct operand of_bool(bool b)
{
    return (struct operand){.kind = BOOL, .b = b};
}

static struct operand of_number(struct number n)
{
    return (struct operand){.kind = NUMBER, .n = n};
}

static struct operand of_int(int64_t i)
{
    return of_number(number_of_int(i));
}

static struct operand of_text(str s)
{
    return (struct operand){.kind = TEXT, .s = s};
}

static struct operand of_value(enum edm t, struct value v)
{
    if (v.kind == V_NULL)
        return nil();
    if (t == EDM_BOOLEAN)
        return of_bool(v.i != 0);
    if (edm_is_number(t) || v.kind == V_INT)
        return of_number(number_of_value(t, v));
    return of_text(v.s);
}

const struct entity *entity_inlined(const struct entity *en, const struct model_nav *nav)
{
    for (size_t i = 0; i < en->inlines.n; i++)
        if (en->inlines.at[i].nav == nav)
            return en->inlines.at[i].child;
    return NULL;
}

static struct operand eval_path(const struct expr *x, const struct entity *en)
{
    for (size_t i = 0; en && i < x->navs.n; i++)
        en = entity_inlined(en, x->navs.at[i]);
    if (!en)
        return nil();
    return x->entity ? of_bool(true) : of_value(x->type, en->values[x->slot]);
}

/* 2: not comparable. */
static int compare(const struct operand *l, const struct operand *r)
{
    if (l->kind != r->kind || l->kind == NIL)
        return 2;
    if (l->kind == NUMBER)
        return number_compare(l->n, r->n);
    if (l->kind == BOOL)
        return l->b - r->b;
    int c = str_cmp(l->s, r->s);
    return (c > 0) - (c < 0);
}

static bool equal(const struct operand *l, const struct operand *r)
{
    return l->kind == NIL || r->kind == NIL ? l->kind == r->kind : compare(l, r) == 0;
}

static bool truth(struct operand o)
{
    return o.kind == BOOL && o.b;
}

static struct operand arithmetic(const struct expr *x, struct operand l, struct operand r)
{
    struct number n = {0};
    bool integers = edm_is_integer(x->left->type) && edm_is_integer(x->right->type);
    if (l.kind != NUMBER || r.kind != NUMBER)
        return nil();
    if (x->op == OP_ADD)
        return of_number(number_add(l.n, r.n));
    if (x->op == OP_SUB)
        return of_number(number_subtract(l.n, r.n));
    if (x->op == OP_MUL)
        return of_number(number_multiply(l.n, r.n));
    bool ok = x->op == OP_DIV ? number_divide(l.n, r.n, integers, &n) : number_modulo(l.n, r.n, &n);
    return ok ? of_number(n) : nil();
}

static struct operand eval_binary(struct arena *a, const struct expr *x, const struct entity *en)
{
    struct operand l = eval(a, x->left, en);
    if (x->op == OP_OR)
        return of_bool(truth(l) || truth(eval(a, x->right, en)));
    if (x->op == OP_AND)
        return of_bool(truth(l) && truth(eval(a, x->right, en)));
    struct operand r = eval(a, x->right, en);
    if (x->op == OP_EQ)
        return of_bool(equal(&l, &r));
    if (x->op == OP_NE)
        return of_bool(!equal(&l, &r));
    if (x->op >= OP_ADD)
        return arithmetic(x, l, r);
    int c = compare(&l, &r);
    bool holds = x->op == OP_LT   ? c == -1
                 : x->op == OP_LE ? c == -1 || c == 0
                 : x->op == OP_GT ? c == 1
                                  : c == 1 || c == 0;
    return of_bool(holds);
}

/* ---- functions ---- */
/* Byte offset of the n-th code point, clamped to the end. */
static size_t byte_of(str s, int64_t n)
{
    size_t i = 0;
    for (; i < s.n && n > 0; n--)
        for (i++; i < s.n && ((unsigned char)s.p[i] & 0xc0) == 0x80; i++)
            ;
    return i;
}

static struct operand fn_substring(const struct operand *v, size_t n)
{
    int64_t from = number_to_int(v[1].n), count = n > 2 ? number_to_int(v[2].n) : INT64_MAX;
    str s = str_from(v[0].s, byte_of(v[0].s, from > 0 ? from : 0));
    return of_text(str_sub(s, 0, byte_of(s, count > 0 ? count : 0)));
}

static struct operand fn_indexof(str s, str what)
{
    size_t at = str_find(s, what, 0);
    return of_int(at == SIZE_MAX ? -1 : (int64_t)utf8_count(str_sub(s, 0, at)));
}

static struct operand fn_replace(struct arena *a, str s, str old, str with)
{
    if (!old.n)
        return of_text(s);
    AUTO(buf) struct buf out = BUF(16 << 20);
    size_t from = 0, at;
    for (; (at = str_find(s, old, from)) != SIZE_MAX; from = at + old.n) {
        buf_add(&out, str_sub(s, from, at));
        buf_add(&out, with);
    }
    buf_add(&out, str_from(s, from));
    return of_text(arena_str(a, (str){out.p ? out.p : "", out.n}));
}

/* ASCII only, as lower() and upper() of SQLite. */
static struct operand fn_case(struct arena *a, str s, char first, char last, int shift)
{
    char *p = arena_strdup(a, s);
    for (size_t i = 0; i < s.n; i++)
        if (p[i] >= first && p[i] <= last)
            p[i] = (char)(p[i] + shift);
    return of_text((str){p, s.n});
}

static struct operand fn_part(const struct expr *x, int64_t ms)
{
    struct time_parts p;
    if (x->args.at[0]->type == EDM_TIME)
        return of_int(x->fn == FN_HOUR     ? ms / 3600000
                      : x->fn == FN_MINUTE ? ms / 60000 % 60
                                           : ms / 1000 % 60);
    time_split_utc(ms, &p);
    const int parts[] = {p.year, p.month, p.day, p.hour, p.minute, p.second};
    return of_int(parts[x->fn - FN_YEAR]);
}

static struct operand text_function(struct arena *a, const struct expr *x, const struct operand *v)
{
    str s = v[0].s, other = x->args.n > 1 ? v[1].s : STR("");
    switch ((int)x->fn) {
    case FN_SUBSTRINGOF:
        return of_bool(str_find(other, s, 0) != SIZE_MAX);
    case FN_STARTSWITH:
        return of_bool(str_starts(s, other));
    case FN_ENDSWITH:
        return of_bool(str_ends(s, other));
    case FN_LENGTH:
        return of_int((int64_t)utf8_count(s));
    case FN_INDEXOF:
        return fn_indexof(s, other);
    case FN_REPLACE:
        return fn_replace(a, s, other, v[2].s);
    case FN_SUBSTRING:
        return fn_substring(v, x->args.n);
    case FN_TOLOWER:
        return fn_case(a, s, 'A', 'Z', 'a' - 'A');
    case FN_TOUPPER:
        return fn_case(a, s, 'a', 'z', 'A' - 'a');
    case FN_TRIM:
        return of_text(str_trim(s));
    default:
        break;
    }
    for (size_t i = 1; i < x->args.n; i++)
        s = arena_fmt(a, STR_FMT STR_FMT, STR_ARG(s), STR_ARG(v[i].s));
    return of_text(s);
}

static struct operand eval_call(struct arena *a, const struct expr *x, const struct entity *en)
{
    struct operand *v = arena_new_array(a, struct operand, x->args.n);
    for (size_t i = 0; i < x->args.n; i++) {
        v[i] = eval(a, x->args.at[i], en);
        if (v[i].kind == NIL)
            return nil();
    }
    struct number cast;
    if (x->fn == FN_CAST)
        return number_cast(v[0].n, x->type, &cast) ? of_number(cast) : nil();
    if (x->fn <= FN_CONCAT)
        return text_function(a, x, v);
    if (x->fn <= FN_SECOND)
        return fn_part(x, number_to_int(v[0].n));
    return of_number(number_round(v[0].n, (enum number_rounding)(x->fn - FN_ROUND)));
}

static struct operand eval(struct arena *a, const struct expr *x, const struct entity *en)
{
    struct operand l;
    switch (x->kind) {
    case EXPR_LITERAL:
        return of_value(x->type, x->value);
    case EXPR_PATH:
        return eval_path(x, en);
    case EXPR_BINARY:
        return eval_binary(a, x, en);
    case EXPR_CALL:
        return eval_call(a, x, en);
    case EXPR_NOT:
        l = eval(a, x->left, en);
        return l.kind == NIL ? l : of_bool(!l.b);
    case EXPR_NEG:
        l = eval(a, x->left, en);
        return l.kind == NIL ? l : of_number(number_subtract(number_of_int(0), l.n));
    }
    return nil();
}

bool eval_filter(struct arena *a, const struct expr *x, const struct entity *en)
{
    return truth(eval(a, x, en));
}

/* ---- sorting: values are worked out once, then merged ---- */
struct sortable {
    struct entity *en;
    struct operand *keys;
};

static int compare_rows(const order_list *order, const struct sortable *l, const struct sortable *r)
{
    for (size_t i = 0; i < order->n; i++) {
        const struct operand *a = &l->keys[i], *b = &r->keys[i];
        int c =
            a->kind == NIL || b->kind == NIL ? (a->kind != NIL) - (b->kind != NIL) : compare(a, b);
        if (c == 1 || c == -1)
            return order->at[i].descending ? -c : c;
    }
    return 0;
}

static void merge_sort(const order_list *order, struct sortable *v, struct sortable *scratch,
                       size_t n)
{
    if (n < 2)
        return;
    size_t half = n / 2, i = 0, k = half;
    merge_sort(order, v, scratch, half);
    merge_sort(order, v + half, scratch, n - half);
    for (size_t to = 0; to < n; to++) {
        bool left = k == n || (i < half && compare_rows(order, &v[i], &v[k]) <= 0);
        scratch[to] = left ? v[i++] : v[k++];
    }
    memcpy(v, scratch, n * sizeof *v);
}

void eval_sort(struct arena *a, const order_list *order, entities *list)
{
    struct sortable *v = arena_new_array(a, struct sortable, list->n),
                    *scratch = arena_new_array(a, struct sortable, list->n);
    for (size_t i = 0; i < list->n; i++) {
        v[i] = (struct sortable){list->at[i], arena_new_array(a, struct operand, order->n)};
        for (size_t k = 0; k < order->n; k++)
            v[i].keys[k] = eval(a, order->at[k].expr, list->at[i]);
    }
    merge_sort(order, v, scratch, list->n);
    for (size_t i = 0; i < list->n; i++)
        list->at[i] = v[i].en;
}
