#include "mapping/decimal.h"

#include "base/buf.h"

#include <math.h>
#include <stdio.h>

enum { DIGITS = 38 };

static bool too_large(struct err *e)
{
    return err_set(e, ERR_BAD_REQUEST, "a number of more than %d digits", DIGITS);
}

static wide power10(int n)
{
    wide p = 1;
    while (n-- > 0)
        p *= 10;
    return p;
}

static bool fits(wide v)
{
    return v < power10(DIGITS) && v > -power10(DIGITS);
}

/* Fewer decimals where the last ones are zero. */
static struct decimal strip(struct decimal d)
{
    while (d.scale > 0 && d.value % 10 == 0) {
        d.value /= 10;
        d.scale--;
    }
    return d;
}

static bool push(struct decimal *d, unsigned digit)
{
    return !__builtin_mul_overflow(d->value, 10, &d->value) &&
           !__builtin_add_overflow(d->value, (wide)digit, &d->value);
}

static bool shift(struct decimal *d, int64_t exponent)
{
    while (exponent > 0 && d->scale > 0) {
        d->scale--;
        exponent--;
    }
    for (; exponent > 0 && exponent <= DIGITS; exponent--)
        if (!push(d, 0))
            return false;
    if (exponent < -DIGITS || exponent > 0 || d->scale - exponent > DIGITS)
        return d->value == 0;
    d->scale -= (int)exponent;
    return true;
}

bool decimal_read(str s, struct decimal *ret, struct err *e)
{
    struct decimal d = {0};
    str all = s = str_trim(s);
    bool negative = s.n && s.p[0] == '-', point = false, digits = false;
    if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
        s = str_from(s, 1);
    for (; s.n && (s.p[0] | 32) != 'e'; s = str_from(s, 1)) {
        if (s.p[0] == '.' && !point) {
            point = true;
            continue;
        }
        if (s.p[0] < '0' || s.p[0] > '9')
            return err_set(e, ERR_BAD_REQUEST, "Unparseable number: \"" STR_FMT "\"",
                           STR_ARG(str_sub(all, 0, 60)));
        digits = true;
        if (!push(&d, (unsigned)(s.p[0] - '0')) || (point && ++d.scale > DIGITS))
            return too_large(e);
    }
    int64_t exponent = 0;
    if (!digits || (s.n && !str_to_i64(str_from(s, s.n > 1 && s.p[1] == '+' ? 2 : 1), &exponent)))
        return err_set(e, ERR_BAD_REQUEST, "Unparseable number: \"" STR_FMT "\"",
                       STR_ARG(str_sub(all, 0, 60)));
    if (exponent && !shift(&d, exponent))
        return too_large(e);
    d.value = negative ? -d.value : d.value;
    *ret = d;
    return true;
}

/* Digits of a non-negative value, at least least of them; returns where they begin in to[48]. */
static char *digits_of(wide v, int least, char *to, int *ret_n)
{
    int n = 0;
    do {
        to[47 - n++] = (char)('0' + (int)(v % 10));
        v /= 10;
    } while (v || n < least);
    *ret_n = n;
    return to + 48 - n;
}

str decimal_text(struct arena *a, struct decimal d)
{
    char room[48];
    int n;
    d = strip(d);
    bool negative = d.value < 0;
    const char *p = digits_of(negative ? -d.value : d.value, d.scale + 1, room, &n);
    if (!d.scale)
        return arena_fmt(a, "%s%.*s", negative ? "-" : "", n, p);
    return arena_fmt(a, "%s%.*s.%.*s", negative ? "-" : "", n - d.scale, p, d.scale,
                     p + n - d.scale);
}

static bool same_scale(struct decimal *a, struct decimal *b)
{
    *a = strip(*a);
    *b = strip(*b);
    struct decimal *less = a->scale < b->scale ? a : b;
    int to = a->scale < b->scale ? b->scale : a->scale;
    for (; less->scale < to; less->scale++)
        if (!push(less, 0))
            return false;
    return true;
}

bool decimal_add(struct decimal a, struct decimal b, struct decimal *ret, struct err *e)
{
    if (!same_scale(&a, &b) || __builtin_add_overflow(a.value, b.value, &a.value) || !fits(a.value))
        return too_large(e);
    *ret = a;
    return true;
}

bool decimal_mul(struct decimal a, struct decimal b, struct decimal *ret, struct err *e)
{
    struct decimal r = {0};
    a = strip(a);
    b = strip(b);
    if (a.scale + b.scale > DIGITS || __builtin_mul_overflow(a.value, b.value, &r.value) ||
        !fits(r.value))
        return too_large(e);
    r.scale = a.scale + b.scale;
    *ret = r;
    return true;
}

bool decimal_div(struct decimal a, struct decimal b, struct decimal *ret, struct err *e)
{
    if (b.value == 0)
        return err_set(e, ERR_BAD_REQUEST, "Division by zero");
    if (!same_scale(&a, &b))
        return too_large(e);
    struct decimal r = {.value = a.value / b.value};
    wide rest = a.value % b.value;
    for (; rest && r.scale < 20; r.scale++) {
        struct decimal next = {.value = rest};
        if (!push(&next, 0))
            break;
        wide digit = next.value / b.value;
        if (__builtin_mul_overflow(r.value, 10, &r.value) ||
            __builtin_add_overflow(r.value, digit, &r.value))
            return too_large(e);
        rest = next.value % b.value;
    }
    *ret = r.scale < 20 ? r : decimal_round(r, 19, ROUND_HALF_UP);
    return true;
}

double decimal_double(struct decimal d)
{
    return (double)d.value / pow(10, d.scale);
}

int decimal_cmp(struct decimal a, struct decimal b)
{
    if (same_scale(&a, &b))
        return (a.value > b.value) - (a.value < b.value);
    double x = decimal_double(a), y = decimal_double(b);
    return (x > y) - (x < y);
}

static bool goes_away(enum rounding how, bool negative, bool odd, wide rest, wide half)
{
    switch (how) {
    case ROUND_UP:
        return true;
    case ROUND_HALF_UP:
        return rest >= half;
    case ROUND_HALF_EVEN:
        return rest > half || (rest == half && odd);
    case ROUND_FLOOR:
        return negative;
    case ROUND_CEILING:
        return !negative;
    case ROUND_DOWN:
    default:
        return false;
    }
}

struct decimal decimal_round(struct decimal d, int scale, enum rounding how)
{
    if (d.scale <= scale)
        return d;
    wide unit = power10(d.scale - scale), rest = d.value % unit;
    bool negative = d.value < 0;
    struct decimal r = {d.value / unit, scale};
    rest = rest < 0 ? -rest : rest;
    if (rest && goes_away(how, negative, r.value % 2 != 0, rest, unit / 2))
        r.value += negative ? -1 : 1;
    return r;
}

bool decimal_of_double(double x, struct decimal *ret, struct err *e)
{
    char text[64];
    if (!isfinite(x))
        return err_set(e, ERR_BAD_REQUEST, "the result is no number");
    snprintf(text, sizeof text, "%.15g", x);
    return decimal_read(str_of(text), ret, e);
}

/* ---- DecimalFormat ---- */
struct pattern {
    str prefix, suffix;
    int least, decimals, most_decimals, group;
    bool percent;
};

static bool is_digit_place(char c)
{
    return c == '#' || c == '0' || c == ',' || c == '.';
}

static void read_places(str number, struct pattern *ret)
{
    size_t point = str_find_char(number, '.', 0),
           comma = str_rfind_char(str_sub(number, 0, point), ',');
    str whole = str_sub(number, 0, point),
        decimals = point == SIZE_MAX ? STR("") : str_from(number, point + 1);
    ret->group = comma == SIZE_MAX ? 0 : (int)(whole.n - comma - 1);
    for (size_t i = 0; i < whole.n; i++)
        ret->least += whole.p[i] == '0';
    for (size_t i = 0; i < decimals.n; i++) {
        ret->decimals += decimals.p[i] == '0';
        ret->most_decimals++;
    }
}

static bool read_pattern(str p, struct pattern *ret, struct err *e)
{
    size_t from = 0, to, quoted = 0;
    *ret = (struct pattern){0};
    for (from = 0; from < p.n && (quoted % 2 || !is_digit_place(p.p[from])); from++)
        quoted += p.p[from] == '\'';
    for (to = from; to < p.n && is_digit_place(p.p[to]); to++)
        ;
    ret->prefix = str_sub(p, 0, from);
    ret->suffix = str_from(p, to);
    size_t other = str_find_char(ret->suffix, ';', 0);
    if (str_starts(ret->suffix, STR("E")) || other != SIZE_MAX)
        return err_set(e, ERR_NOT_IMPLEMENTED, "the number pattern '" STR_FMT "'", STR_ARG(p));
    ret->percent = str_find_char(ret->suffix, '%', 0) != SIZE_MAX ||
                   str_find_char(ret->prefix, '%', 0) != SIZE_MAX;
    read_places(str_sub(p, from, to), ret);
    if (ret->least > DIGITS || ret->most_decimals > DIGITS || to - from > 200)
        return err_set(e, ERR_BAD_REQUEST, "the number pattern '" STR_FMT "' is too long",
                       STR_ARG(p));
    return true;
}

bool decimal_pattern_check(str pattern, struct err *e)
{
    struct pattern p;
    return read_pattern(pattern, &p, e);
}

static void add_affix(struct buf *b, str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\'' || (i + 1 < s.n && s.p[i + 1] == '\''))
            buf_add_char(b, s.p[i]);
}

static void add_whole(struct buf *b, const char *digits, int n, int group)
{
    for (int i = 0; i < n; i++) {
        if (i && group > 0 && (n - i) % group == 0)
            buf_add_char(b, ',');
        buf_add_char(b, digits[i]);
    }
}

str decimal_format(struct arena *a, struct decimal d, str pattern, char point)
{
    struct pattern p;
    struct err ignored;
    char room[48];
    int n;
    AUTO(buf) struct buf b = BUF(1 << 16);
    if (!read_pattern(pattern, &p, &ignored))
        return decimal_text(a, d);
    struct decimal hundred = {100, 0};
    if (p.percent && !decimal_mul(d, hundred, &d, &ignored))
        return decimal_text(a, d);
    d = decimal_round(strip(d), p.most_decimals, ROUND_HALF_EVEN);
    d = strip(d);
    bool negative = d.value < 0;
    const char *digits = digits_of(negative ? -d.value : d.value, d.scale + 1, room, &n);
    int whole = n - d.scale;
    if (whole == 1 && digits[0] == '0' && !p.least && (d.scale || p.decimals))
        whole = 0; /* "#.##" of 0.5 is ".5" */
    if (negative)
        buf_add_char(&b, '-');
    add_affix(&b, p.prefix);
    char filled[DIGITS * 2 + 4];
    int fill = p.least > whole ? p.least - whole : 0;
    memset(filled, '0', (size_t)fill);
    memcpy(filled + fill, digits + (n - d.scale - whole), (size_t)whole);
    add_whole(&b, filled, fill + whole, p.group);
    if (d.scale || p.decimals) {
        buf_add_char(&b, point);
        buf_add(&b, (str){digits + n - d.scale, (size_t)d.scale});
        for (int i = d.scale; i < p.decimals; i++)
            buf_add_char(&b, '0');
    }
    add_affix(&b, p.suffix);
    return arena_str(a, buf_str(&b));
}
