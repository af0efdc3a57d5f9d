/* Functions that see whole contexts, and those that change where contexts begin. What is constant stays so: a
 * generating queue has no contexts to change. */
#include "mapping/decimal.h"
#include "mapping/inside.h"

#include <stdlib.h>

#define CONTEXT_FUNCTION(name)                                                    \
    static bool name(struct eval *v, const struct op *op, const struct slice *in, \
                     struct queue *out, struct err *e)
#define QUEUE_FUNCTION(name)                                                             \
    static bool name(struct eval *v, const struct op *op, const struct queue *const *in, \
                     struct queue *out, struct err *e)
#define UNUSED (void)v, (void)op, (void)in, (void)e

/* ---- one context ---- */

CONTEXT_FUNCTION(count)
{
    (void)op, (void)e;
    size_t n = 0;
    for (size_t k = 0; k < in->n; k++)
        n += in->at[k].kind != ENTRY_SUPPRESS;
    queue_add(v->a, out, entry_text(arena_fmt(v->a, "%zu", n)));
    return true;
}

static bool total(const struct slice *in, struct decimal *ret, size_t *ret_n, struct err *e)
{
    struct decimal d;
    *ret = (struct decimal){0};
    *ret_n = 0;
    for (size_t k = 0; k < in->n; k++) {
        if (in->at[k].kind == ENTRY_SUPPRESS)
            continue;
        if (!decimal_read(entry_str(in->at[k]), &d, e) || !decimal_add(*ret, d, ret, e))
            return false;
        ++*ret_n;
    }
    return true;
}

CONTEXT_FUNCTION(sum)
{
    struct decimal d;
    size_t n;
    (void)op;
    if (!total(in, &d, &n, e))
        return false;
    queue_add(v->a, out, entry_text(decimal_text(v->a, d)));
    return true;
}

CONTEXT_FUNCTION(average)
{
    struct decimal d;
    size_t n;
    (void)op;
    if (!total(in, &d, &n, e) || (n && !decimal_div(d, (struct decimal){.value = (wide)n}, &d, e)))
        return false;
    queue_add(v->a, out, entry_text(decimal_text(v->a, d)));
    return true;
}

struct item {
    struct entry key, value;
    struct decimal number;
    size_t at;
    const struct settings *how;
};

static int compare_text(str a, str b, bool nocase)
{
    size_t n = a.n < b.n ? a.n : b.n;
    for (size_t i = 0; nocase && i < n; i++) {
        int x = (unsigned char)a.p[i], y = (unsigned char)b.p[i];
        x = x >= 'A' && x <= 'Z' ? x | 32 : x;
        y = y >= 'A' && y <= 'Z' ? y | 32 : y;
        if (x != y)
            return x - y;
    }
    return nocase ? (a.n > b.n) - (a.n < b.n) : str_cmp(a, b);
}

static int compare_items(const void *x, const void *y)
{
    const struct item *a = x, *b = y;
    int c = a->how->numeric ? decimal_cmp(a->number, b->number)
                            : compare_text(entry_str(a->key), entry_str(b->key), a->how->nocase);
    c = a->how->descending ? -c : c;
    return c ? c : (a->at > b->at) - (a->at < b->at);
}

static bool sort_items(struct eval *v, const struct op *op, const struct slice *keys,
                       const struct slice *values, struct queue *out, struct err *e)
{
    struct item *items = arena_new_array(v->a, struct item, values->n + 1);
    for (size_t k = 0; k < values->n; k++) {
        items[k] = (struct item){.value = values->at[k], .at = k, .how = &op->settings};
        items[k].key = keys->at[k < keys->n ? k : keys->n - 1];
        if (op->settings.numeric && !decimal_read(entry_str(items[k].key), &items[k].number, e))
            return false;
    }
    qsort(items, values->n, sizeof *items, compare_items);
    for (size_t k = 0; k < values->n; k++)
        queue_add(v->a, out, items[k].value);
    return true;
}

CONTEXT_FUNCTION(sort)
{
    return sort_items(v, op, in, in, out, e);
}

CONTEXT_FUNCTION(sort_by_key)
{
    if (in[0].n != in[1].n && !(in[0].generating && in[0].n))
        return err_set(e, ERR_BAD_REQUEST, "sortByKey: %zu keys for %zu values", in[0].n, in[1].n);
    return sort_items(v, op, &in[0], &in[1], out, e);
}

CONTEXT_FUNCTION(replace_value)
{
    (void)e;
    for (size_t k = 0; k < in->n; k++)
        queue_add(v->a, out, entry_text(op->settings.texts[0]));
    return true;
}

CONTEXT_FUNCTION(copy_value)
{
    (void)e;
    int64_t n = op->settings.numbers[0];
    if (n >= 0 && (size_t)n < in->n)
        queue_add(v->a, out, in->at[n]);
    return true;
}

/* ---- the whole queue ---- */

QUEUE_FUNCTION(remove_contexts)
{
    UNUSED;
    queue_open(v->a, out);
    for (size_t k = 0; k < in[0]->values.n; k++)
        queue_add(v->a, out, in[0]->values.at[k]);
    return true;
}

static bool splits(const char *type, struct entry before, struct entry value)
{
    if (type[0] == '1')
        return before.kind != value.kind || !str_eq(entry_str(before), entry_str(value));
    return type[0] != '2' || (before.kind == ENTRY_TEXT && !before.n);
}

QUEUE_FUNCTION(split_by_value)
{
    (void)e;
    str type = op->settings.texts[0];
    size_t n;
    for (size_t c = 0; c < in[0]->ends.n; c++) {
        const struct entry *at = queue_context(in[0], c, &n);
        queue_open(v->a, out);
        for (size_t k = 0; k < n; k++) {
            if (k && splits(type.n ? type.p : "0", at[k - 1], at[k]))
                queue_open(v->a, out);
            queue_add(v->a, out, at[k]);
        }
    }
    return true;
}

QUEUE_FUNCTION(collapse_contexts)
{
    UNUSED;
    size_t n;
    queue_open(v->a, out);
    for (size_t c = 0; c < in[0]->ends.n; c++) {
        const struct entry *at = queue_context(in[0], c, &n);
        queue_add(v->a, out, n ? at[0] : entry_text(STR("")));
    }
    return true;
}

/* `type` 0: begins again in every context; 1: runs through. */
QUEUE_FUNCTION(index_values)
{
    (void)e;
    int64_t value = op->settings.numbers[0];
    size_t n;
    for (size_t c = 0; c < in[0]->ends.n; c++) {
        queue_context(in[0], c, &n);
        queue_open(v->a, out);
        if (!str_eqz(op->settings.texts[0], "1"))
            value = op->settings.numbers[0];
        for (size_t k = 0; k < n; k++, value += op->settings.numbers[1])
            queue_add(v->a, out, entry_text(arena_fmt(v->a, "%lld", (long long)value)));
    }
    return true;
}

/* Values in order, in the contexts of an example. */
static bool distribute(struct eval *v, const char *function, const struct entry *values, size_t n,
                       bool repeat, const struct queue *example, struct queue *out, struct err *e)
{
    size_t next = 0, many;
    if (!repeat && n != example->values.n)
        return err_set(e, ERR_BAD_REQUEST, "%s: %zu values, but the example has %zu", function, n,
                       example->values.n);
    for (size_t c = 0; c < example->ends.n; c++) {
        queue_context(example, c, &many);
        queue_open(v->a, out);
        for (size_t k = 0; k < many; k++, next++)
            queue_add(v->a, out, values[repeat ? 0 : next]);
    }
    return true;
}

QUEUE_FUNCTION(format_by_example)
{
    (void)op;
    return distribute(v, "formatByExample", in[0]->values.at, in[0]->values.n, in[0]->generating,
                      in[1], out, e);
}

QUEUE_FUNCTION(use_one_as_many)
{
    VEC(struct entry) all = {0};
    size_t n, many;
    (void)op;
    for (size_t c = 0; c < in[1]->ends.n; c++) {
        size_t last = in[0]->ends.n ? in[0]->ends.n - 1 : 0;
        const struct entry *one = queue_context(in[0], c < last ? c : last, &n);
        queue_context(in[1], c, &many);
        if (many && !n)
            return err_set(e, ERR_BAD_REQUEST, "useOneAsMany: no value in context %zu", c + 1);
        for (size_t k = 0; k < many; k++)
            vec_add(v->a, &all, one[0]);
    }
    return distribute(v, "useOneAsMany", all.at, all.n, false, in[2], out, e);
}

static const struct function rows[] = {
    {"count",            1, 1, NULL,    NULL,        NULL, NULL, count,         NULL,              "the number of values",       false},
    {"sum",              1, 1, NULL,    NULL,        NULL, NULL, sum,           NULL,              "the sum of the values",      false},
    {"average",          1, 1, NULL,    NULL,        NULL, NULL, average,       NULL,              "the average of the values",  false},
    {"sort",             1, 1, NULL,    NULL,        NULL, NULL, sort,          NULL,              "the values in order",        false},
    {"sortByKey",        2, 2, NULL,    NULL,        NULL, NULL, sort_by_key,   NULL,
     "the second values in the order of the first",                                                                              false},
    {"replaceValue",     1, 1, "value", NULL,        NULL, NULL, replace_value, NULL,
     "`value` instead of every value",                                                                                           false},
    {"copyValue",        1, 1, NULL,    "number",    NULL, NULL, copy_value,    NULL,              "the value at that position",
     false                                                                                                                            },
    {"index",            1, 1, "type",  "start|inc", NULL, NULL, NULL,          index_values,      "a number for every value",
     false                                                                                                                            },
    {"removeContexts",   1, 1, NULL,    NULL,        NULL, NULL, NULL,          remove_contexts,
     "all values in one context",                                                                                                false},
    {"SplitByValue",     1, 1, "type",  NULL,        NULL, NULL, NULL,          split_by_value,
     "a new context after each value, when the value changes (1), or after an empty value (2)",                                  false},
    {"collapseContexts", 1, 1, NULL,    NULL,        NULL, NULL, NULL,          collapse_contexts,
     "the first value of every context, in one context",                                                                         false},
    {"formatByExample",  2, 2, NULL,    NULL,        NULL, NULL, NULL,          format_by_example,
     "the first values in the contexts of the second",                                                                           false},
    {"useOneAsMany",     3, 3, NULL,    NULL,        NULL, NULL, NULL,          use_one_as_many,
     "the first value for each of the second, in the contexts of the third",                                                     false},
};
const struct function_table queue_functions = {rows, COUNT(rows)};
