#include "odata/number.h"

#include <math.h>

enum { MAX_SCALE = 30 };

struct number number_of_int(int64_t v)
{
    return (struct number){.exact = true, .m = v};
}

struct number number_of_double(double v)
{
    return (struct number){.d = v};
}

static double to_double(struct number a)
{
    return a.exact ? (double)((long double)a.m / powl(10.0L, a.scale)) : a.d;
}

/* "-12.340" */
static struct number of_text(str s)
{
    struct number ret = {.exact = true};
    bool negative = s.n && s.p[0] == '-', fraction = false;
    for (size_t i = negative; i < s.n; i++) {
        if (s.p[i] == '.') {
            fraction = true;
            continue;
        }
        if (s.p[i] < '0' || s.p[i] > '9' || __builtin_mul_overflow(ret.m, (int128)10, &ret.m) ||
            __builtin_add_overflow(ret.m, (int128)(s.p[i] - '0'), &ret.m) ||
            ret.scale == MAX_SCALE) {
            double d = 0;
            (void)!str_to_double(s, &d);
            return number_of_double(d);
        }
        ret.scale += fraction;
    }
    if (negative)
        ret.m = -ret.m;
    return ret;
}

struct number number_of_value(enum edm t, struct value v)
{
    if (v.kind == V_TEXT)
        return of_text(v.s);
    if (v.kind == V_REAL)
        return number_of_double(v.d);
    (void)t;
    return number_of_int(v.i);
}

/* Brings a to the scale; false: does not fit. */
static bool rescale(struct number *a, int scale)
{
    for (; a->scale < scale; a->scale++)
        if (__builtin_mul_overflow(a->m, (int128)10, &a->m))
            return false;
    return true;
}

/* true: both are exact and of one scale. */
static bool align(struct number *a, struct number *b)
{
    struct number x = *a, y = *b;
    int scale = x.scale > y.scale ? x.scale : y.scale;
    const int128 least =
        -((((int128)1 << 126) - 1) * 2 + 1) - 1; /* has no counterpart: division by -1 would trap */
    if (!x.exact || !y.exact || x.m == least || y.m == least || !rescale(&x, scale) ||
        !rescale(&y, scale))
        return false;
    *a = x;
    *b = y;
    return true;
}

int number_compare(struct number a, struct number b)
{
    if (align(&a, &b))
        return (a.m > b.m) - (a.m < b.m);
    double x = to_double(a), y = to_double(b);
    return isnan(x) || isnan(y) ? 2 : (x > y) - (x < y);
}

struct number number_add(struct number a, struct number b)
{
    struct number r = a;
    if (align(&a, &b) && !__builtin_add_overflow(a.m, b.m, &r.m)) {
        r.scale = a.scale;
        return r;
    }
    return number_of_double(to_double(a) + to_double(b));
}

struct number number_subtract(struct number a, struct number b)
{
    struct number r = a;
    if (align(&a, &b) && !__builtin_sub_overflow(a.m, b.m, &r.m)) {
        r.scale = a.scale;
        return r;
    }
    return number_of_double(to_double(a) - to_double(b));
}

struct number number_multiply(struct number a, struct number b)
{
    struct number r = a;
    if (a.exact && b.exact && a.scale + b.scale <= MAX_SCALE &&
        !__builtin_mul_overflow(a.m, b.m, &r.m)) {
        r.scale = a.scale + b.scale;
        return r;
    }
    return number_of_double(to_double(a) * to_double(b));
}

bool number_divide(struct number a, struct number b, bool truncate, struct number *ret)
{
    enum { DIGITS = 12 }; /* behind the point of a quotient */
    if ((b.exact && b.m == 0) || (!b.exact && b.d == 0))
        return false;
    if (align(&a, &b)) {
        a.scale = 0;
        if (truncate || rescale(&a, DIGITS)) {
            *ret = (struct number){.exact = true, .m = a.m / b.m, .scale = a.scale};
            return true;
        }
    }
    *ret = number_of_double(to_double(a) / to_double(b));
    return true;
}

bool number_modulo(struct number a, struct number b, struct number *ret)
{
    if ((b.exact && b.m == 0) || (!b.exact && b.d == 0))
        return false;
    if (align(&a, &b))
        *ret = (struct number){.exact = true, .m = a.m % b.m, .scale = a.scale};
    else
        *ret = number_of_double(fmod(to_double(a), to_double(b)));
    return true;
}

struct number number_round(struct number a, enum number_rounding how)
{
    if (!a.exact)
        return number_of_double(how == NUMBER_ROUND   ? round(a.d)
                                : how == NUMBER_FLOOR ? floor(a.d)
                                                      : ceil(a.d));
    int128 unit = 1;
    for (int i = 0; i < a.scale; i++)
        unit *= 10;
    int128 whole = a.m / unit, rest = a.m % unit;
    int128 twice = rest * 2;
    if (how == NUMBER_FLOOR)
        whole -= rest < 0;
    else if (how == NUMBER_CEILING)
        whole += rest > 0;
    else
        whole += (twice >= unit) - (twice <= -unit);
    return (struct number){.exact = true, .m = unit == 1 ? a.m : whole};
}

int64_t number_to_int(struct number a)
{
    int128 v;
    if (a.exact) {
        v = a.m;
        for (int i = 0; i < a.scale; i++)
            v /= 10;
    } else {
        v = isnan(a.d) ? 0 : a.d > 9e18 ? INT64_MAX : a.d < -9e18 ? INT64_MIN : (int128)a.d;
    }
    return v > INT64_MAX ? INT64_MAX : v < INT64_MIN ? INT64_MIN : (int64_t)v;
}

/* Largest value and its counterpart; 0: no integer. */
static int64_t most_of(enum edm t)
{
    return t == EDM_BYTE    ? UINT8_MAX
           : t == EDM_SBYTE ? INT8_MAX
           : t == EDM_INT16 ? INT16_MAX
           : t == EDM_INT32 ? INT32_MAX
           : t == EDM_INT64 ? INT64_MAX
                            : 0;
}

bool number_cast(struct number a, enum edm t, struct number *ret)
{
    int64_t most = most_of(t);
    struct number whole = number_of_int(number_to_int(a));
    *ret = a;
    if (t == EDM_SINGLE || t == EDM_DOUBLE)
        *ret = number_of_double(t == EDM_SINGLE ? (float)to_double(a) : to_double(a));
    if (!most)
        return t != EDM_DECIMAL || a.exact || isfinite(a.d);
    if (!a.exact && !(fabs(a.d) < 9223372036854775808.0))
        return false;
    *ret = whole;
    struct number lost = number_subtract(a, whole); /* more than a fraction: it was clamped */
    return whole.m <= most && whole.m >= (t == EDM_BYTE ? 0 : -(int128)most - 1) &&
           number_compare(lost, number_of_int(1)) < 0 &&
           number_compare(lost, number_of_int(-1)) == 1;
}
