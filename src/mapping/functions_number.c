/* Arithmetic, comparison and Boolean functions. */
#include "mapping/decimal.h"
#include "mapping/inside.h"

#include <math.h>

#define FUNCTION(name)                                                            \
    static bool name(struct eval *v, const struct op *op, const struct entry *in, \
                     struct entry *ret, struct err *e)
#define UNUSED (void)v, (void)op, (void)in, (void)e

static bool read2(const struct entry *in, struct decimal *a, struct decimal *b, struct err *e)
{
    return decimal_read(entry_str(in[0]), a, e) && decimal_read(entry_str(in[1]), b, e);
}

static bool give(struct eval *v, bool ok, struct decimal d, struct entry *ret)
{
    if (ok)
        *ret = entry_text(decimal_text(v->a, d));
    return ok;
}

FUNCTION(add)
{
    struct decimal a, b;
    (void)op;
    return give(v, read2(in, &a, &b, e) && decimal_add(a, b, &a, e), a, ret);
}

FUNCTION(subtract)
{
    struct decimal a, b;
    (void)op;
    if (!read2(in, &a, &b, e))
        return false;
    b.value = -b.value;
    return give(v, decimal_add(a, b, &a, e), a, ret);
}

FUNCTION(multiply)
{
    struct decimal a, b;
    (void)op;
    return give(v, read2(in, &a, &b, e) && decimal_mul(a, b, &a, e), a, ret);
}

FUNCTION(divide)
{
    struct decimal a, b;
    (void)op;
    return give(v, read2(in, &a, &b, e) && decimal_div(a, b, &a, e), a, ret);
}

FUNCTION(power)
{
    struct decimal a, b;
    (void)op;
    return give(v,
                read2(in, &a, &b, e) &&
                    decimal_of_double(pow(decimal_double(a), decimal_double(b)), &a, e),
                a, ret);
}

FUNCTION(maximum)
{
    struct decimal a, b;
    (void)op;
    bool ok = read2(in, &a, &b, e);
    return give(v, ok, ok && decimal_cmp(a, b) < 0 ? b : a, ret);
}

FUNCTION(minimum)
{
    struct decimal a, b;
    (void)op;
    bool ok = read2(in, &a, &b, e);
    return give(v, ok, ok && decimal_cmp(a, b) > 0 ? b : a, ret);
}

FUNCTION(absolute)
{
    struct decimal a;
    (void)op;
    if (!decimal_read(entry_str(in[0]), &a, e))
        return false;
    a.value = a.value < 0 ? -a.value : a.value;
    return give(v, true, a, ret);
}

FUNCTION(negate)
{
    struct decimal a;
    (void)op;
    if (!decimal_read(entry_str(in[0]), &a, e))
        return false;
    a.value = -a.value;
    return give(v, true, a, ret);
}

FUNCTION(sign)
{
    struct decimal a;
    (void)op;
    if (!decimal_read(entry_str(in[0]), &a, e))
        return false;
    a = (struct decimal){(a.value > 0) - (a.value < 0), 0};
    return give(v, true, a, ret);
}

FUNCTION(invert)
{
    struct decimal a, one = {1, 0};
    (void)op;
    return give(v, decimal_read(entry_str(in[0]), &a, e) && decimal_div(one, a, &a, e), a, ret);
}

FUNCTION(square)
{
    struct decimal a;
    (void)op;
    return give(v, decimal_read(entry_str(in[0]), &a, e) && decimal_mul(a, a, &a, e), a, ret);
}

FUNCTION(square_root)
{
    struct decimal a;
    (void)op;
    return give(v,
                decimal_read(entry_str(in[0]), &a, e) &&
                    decimal_of_double(sqrt(decimal_double(a)), &a, e),
                a, ret);
}

static bool whole(struct eval *v, const struct entry *in, enum rounding how, struct entry *ret,
                  struct err *e)
{
    struct decimal a;
    if (!decimal_read(entry_str(in[0]), &a, e))
        return false;
    return give(v, true, decimal_round(a, 0, how), ret);
}

FUNCTION(ceiling)
{
    (void)op;
    return whole(v, in, ROUND_CEILING, ret, e);
}

FUNCTION(floor_of)
{
    (void)op;
    return whole(v, in, ROUND_FLOOR, ret, e);
}

FUNCTION(round_of)
{
    (void)op;
    return whole(v, in, ROUND_HALF_UP, ret, e);
}

FUNCTION(format_number)
{
    struct decimal a;
    str separator = op->settings.texts[1];
    if (!decimal_read(entry_str(in[0]), &a, e))
        return false;
    *ret = entry_text(
        decimal_format(v->a, a, op->settings.texts[0], separator.n ? separator.p[0] : '.'));
    return true;
}

static bool check_pattern(const struct bind *b, const struct settings *s)
{
    return decimal_pattern_check(s->texts[0], b->e);
}

/* The k-th call gives `ini` + k * `inc`, whatever the contexts. */
FUNCTION(counter)
{
    (void)in, (void)e;
    *ret = entry_text(arena_fmt(
        v->a, "%lld",
        (long long)(op->settings.numbers[0] + (int64_t)v->sequence * op->settings.numbers[1])));
    return true;
}

/* ---- comparing ---- */

FUNCTION(equals_number)
{
    struct decimal a, b;
    (void)v, (void)op;
    if (!read2(in, &a, &b, e))
        return false;
    *ret = entry_bool(decimal_cmp(a, b) == 0);
    return true;
}

FUNCTION(greater)
{
    struct decimal a, b;
    (void)v, (void)op;
    if (!read2(in, &a, &b, e))
        return false;
    *ret = entry_bool(decimal_cmp(a, b) > 0);
    return true;
}

FUNCTION(less)
{
    struct decimal a, b;
    (void)v, (void)op;
    if (!read2(in, &a, &b, e))
        return false;
    *ret = entry_bool(decimal_cmp(a, b) < 0);
    return true;
}

/* ---- Booleans ---- */

FUNCTION(and)
{
    UNUSED;
    *ret = entry_bool(entry_truth(in[0]) && entry_truth(in[1]));
    return true;
}

FUNCTION(or)
{
    UNUSED;
    *ret = entry_bool(entry_truth(in[0]) || entry_truth(in[1]));
    return true;
}

FUNCTION(not )
{
    UNUSED;
    *ret = entry_bool(!entry_truth(in[0]));
    return true;
}

FUNCTION(equals)
{
    UNUSED;
    *ret = entry_bool(entry_truth(in[0]) == entry_truth(in[1]));
    return true;
}

FUNCTION(not_equals)
{
    UNUSED;
    *ret = entry_bool(entry_truth(in[0]) != entry_truth(in[1]));
    return true;
}

static const struct function rows[] = {
    {"add",          2, 2, NULL,                NULL,      NULL,          add,           NULL, NULL, "the sum",                               false},
    {"sub",          2, 2, NULL,                NULL,      NULL,          subtract,      NULL, NULL, "the difference",                        false},
    {"mul",          2, 2, NULL,                NULL,      NULL,          multiply,      NULL, NULL, "the product",                           false},
    {"div",          2, 2, NULL,                NULL,      NULL,          divide,        NULL, NULL, "the quotient, up to 19 decimals",       false},
    {"power",        2, 2, NULL,                NULL,      NULL,          power,         NULL, NULL,
     "the first number to the power of the second",                                                                                           false},
    {"max",          2, 2, NULL,                NULL,      NULL,          maximum,       NULL, NULL, "the greater number",                    false},
    {"min",          2, 2, NULL,                NULL,      NULL,          minimum,       NULL, NULL, "the smaller number",                    false},
    {"abs",          1, 1, NULL,                NULL,      NULL,          absolute,      NULL, NULL, "without sign",                          false},
    {"neg",          1, 1, NULL,                NULL,      NULL,          negate,        NULL, NULL, "with the other sign",                   false},
    {"sign",         1, 1, NULL,                NULL,      NULL,          sign,          NULL, NULL, "-1, 0 or 1",                            false},
    {"inv",          1, 1, NULL,                NULL,      NULL,          invert,        NULL, NULL, "1 through the number",                  false},
    {"sqr",          1, 1, NULL,                NULL,      NULL,          square,        NULL, NULL, "the square",                            false},
    {"sqrt",         1, 1, NULL,                NULL,      NULL,          square_root,   NULL, NULL, "the square root",                       false},
    {"ceil",         1, 1, NULL,                NULL,      NULL,          ceiling,       NULL, NULL, "the next whole number above",           false},
    {"floor",        1, 1, NULL,                NULL,      NULL,          floor_of,      NULL, NULL, "the next whole number below",           false},
    {"round",        1, 1, NULL,                NULL,      NULL,          round_of,      NULL, NULL, "the nearest whole number, halves up",
     false                                                                                                                                         },
    {"formatNumber", 1, 1, "nformat|separator", NULL,      check_pattern, format_number, NULL, NULL,
     "as Java's DecimalFormat writes it",                                                                                                     false},
    {"counter",      0, 0, NULL,                "ini|inc", NULL,          counter,       NULL, NULL,
     "`ini`, and `inc` more with every call",                                                                                                 true },
    {"equalsA",      2, 2, NULL,                NULL,      NULL,          equals_number, NULL, NULL, "whether both numbers are equal",
     false                                                                                                                                         },
    {"greater",      2, 2, NULL,                NULL,      NULL,          greater,       NULL, NULL, "whether the first number is greater",
     false                                                                                                                                         },
    {"less",         2, 2, NULL,                NULL,      NULL,          less,          NULL, NULL, "whether the first number is smaller",
     false                                                                                                                                         },
    {"and",          2, 2, NULL,                NULL,      NULL,          and,           NULL, NULL, "whether both are true",                 false},
    {"or",           2, 2, NULL,                NULL,      NULL,          or,            NULL, NULL, "whether one is true",                   false},
    {"not",          1, 1, NULL,                NULL,      NULL,          not,           NULL, NULL, "whether it is not true",                false},
    {"equals",       2, 2, NULL,                NULL,      NULL,          equals,        NULL, NULL, "whether both are true or both are not",
     false                                                                                                                                         },
    {"notEquals",    2, 2, NULL,                NULL,      NULL,          not_equals,    NULL, NULL,
     "whether one is true and the other is not",                                                                                              false},
};
const struct function_table number_functions = {rows, COUNT(rows)};
