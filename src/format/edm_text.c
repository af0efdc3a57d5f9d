/* Values as text: Atom, $value, and what stands inside the literals of URIs. */
#include "format/edm.h"

#include "base/codec.h"
#include "base/time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_DIGITS = 100, MOST_HOURS = 1000000 };

typedef bool parse_fn(struct arena *a, str s, struct value *ret);

static bool all_digits(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

/* ---- parsing ---- */
static bool parse_string(struct arena *a, str s, struct value *ret)
{
    *ret = VALUE_TEXT(arena_str(a, s.p ? s : STR("")));
    return utf8_valid(ret->s);
}

static bool parse_boolean(struct arena *a, str s, struct value *ret)
{
    (void)a;
    bool yes = str_eqz(s, "true") || str_eqz(s, "1");
    *ret = VALUE_BOOL(yes);
    return yes || str_eqz(s, "false") || str_eqz(s, "0");
}

static bool parse_integer(str s, int64_t least, int64_t most, struct value *ret)
{
    int64_t v;
    if (!str_to_i64(s, &v) || s.p[0] == '+' || v < least || v > most)
        return false;
    *ret = VALUE_INT(v);
    return true;
}

static bool parse_byte(struct arena *a, str s, struct value *ret)
{
    (void)a;
    return parse_integer(s, 0, UINT8_MAX, ret);
}

static bool parse_sbyte(struct arena *a, str s, struct value *ret)
{
    (void)a;
    return parse_integer(s, INT8_MIN, INT8_MAX, ret);
}

static bool parse_int16(struct arena *a, str s, struct value *ret)
{
    (void)a;
    return parse_integer(s, INT16_MIN, INT16_MAX, ret);
}

static bool parse_int32(struct arena *a, str s, struct value *ret)
{
    (void)a;
    return parse_integer(s, INT32_MIN, INT32_MAX, ret);
}

static bool parse_int64(struct arena *a, str s, struct value *ret)
{
    (void)a;
    return parse_integer(s, INT64_MIN, INT64_MAX, ret);
}

/* -?digits[.digits]; leading zeros go, the scale stays. */
static bool parse_decimal(struct arena *a, str s, struct value *ret)
{
    bool minus = s.n && s.p[0] == '-', zero = true;
    str rest = str_from(s, minus);
    size_t dot = str_find_char(rest, '.', 0);
    str whole = str_sub(rest, 0, dot),
        fraction = dot == SIZE_MAX ? STR_NONE : str_from(rest, dot + 1);
    if (s.n > MOST_DIGITS || !all_digits(whole) || (fraction.p && !all_digits(fraction)))
        return false;
    while (whole.n > 1 && whole.p[0] == '0')
        whole = str_from(whole, 1);
    for (size_t i = 0; i < rest.n; i++)
        zero = zero && (rest.p[i] == '0' || rest.p[i] == '.');
    *ret = VALUE_TEXT(arena_fmt(a, "%s" STR_FMT "%s" STR_FMT, minus && !zero ? "-" : "",
                                STR_ARG(whole), fraction.p ? "." : "", STR_ARG(fraction)));
    return true;
}

static bool parse_double(struct arena *a, str s, struct value *ret)
{
    (void)a;
    double d = 0;
    if (str_eqz(s, "INF") || str_eqz(s, "-INF"))
        d = s.n == 3 ? INFINITY : -INFINITY;
    else if (str_eqz(s, "NaN"))
        d = NAN;
    else if (!s.n || s.p[0] == '.' || s.p[0] == '+' || !str_to_double(s, &d) || !isfinite(d))
        return false;
    *ret = VALUE_REAL(d);
    return true;
}

static bool parse_single(struct arena *a, str s, struct value *ret)
{
    if (!parse_double(a, s, ret))
        return false;
    ret->d = (double)(float)ret->d;
    return isfinite(ret->d) || s.p[s.n - 1] == 'F' || s.p[s.n - 1] == 'N'; /* not by overflow */
}

/* /Date(1700000000000)/ or /Date(1700000000000+0060)/: the offset, in minutes, is for display only. */
static bool parse_json_date(str s, struct value *ret)
{
    if (!str_starts(s, STR("/Date(")) || !str_ends(s, STR(")/")))
        return false;
    str in = str_sub(s, 6, s.n - 2);
    size_t sign = str_find_char(in, '+', 1);
    if (sign == SIZE_MAX)
        sign = str_find_char(in, '-', 1);
    const int64_t most = 253402300799999; /* 9999-12-31T23:59:59.999 */
    return (sign == SIZE_MAX || all_digits(str_from(in, sign + 1))) &&
           parse_integer(str_sub(in, 0, sign), -62135596800000, most, ret);
}

static bool parse_iso(str s, bool zone_allowed, struct value *ret)
{
    int64_t ms;
    if (s.n < 16 || s.p[10] != 'T' || str_find_char(s, ',', 0) != SIZE_MAX ||
        !time_parse_iso(s, &ms))
        return false;
    str clock = str_from(s, 11);
    for (size_t i = 0; i < clock.n && !zone_allowed; i++)
        if (strchr("Zz+-", clock.p[i]))
            return false;
    *ret = VALUE_INT(ms);
    return true;
}

static bool parse_datetime(struct arena *a, str s, struct value *ret)
{
    (void)a;
    return parse_iso(s, false, ret) || parse_json_date(s, ret);
}

static bool parse_datetimeoffset(struct arena *a, str s, struct value *ret)
{
    (void)a;
    return parse_iso(s, true, ret) || parse_json_date(s, ret);
}

/* A number and its unit off a duration: "5.5S". *ret_ms is untouched when the unit does not come. */
static bool take_part(str *s, char unit, int64_t unit_ms, int64_t *ret_ms)
{
    size_t n = 0;
    int64_t v, thousandths = 0, weight = 100;
    while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
        n++;
    size_t end = n;
    if (unit == 'S' && n && n < s->n && s->p[n] == '.')
        for (end++; end < s->n && s->p[end] >= '0' && s->p[end] <= '9'; end++, weight /= 10)
            thousandths += (s->p[end] - '0') * weight;
    if (end >= s->n || s->p[end] != unit || (end > n && end == n + 1) ||
        !str_to_i64(str_sub(*s, 0, n), &v) || v > INT32_MAX)
        return false;
    *ret_ms += v * unit_ms + thousandths;
    *s = str_from(*s, end + 1);
    return true;
}

/* P[nD]T[nH][nM][n[.n]S], with at least one part (XML Schema's dayTimeDuration, not negative). */
static bool parse_time(struct arena *a, str s, struct value *ret)
{
    int64_t ms = 0;
    (void)a;
    if (!str_starts(s, STR("P")))
        return false;
    s = str_from(s, 1);
    bool any = take_part(&s, 'D', 86400000, &ms);
    if (s.n && s.p[0] == 'T') {
        s = str_from(s, 1);
        any = take_part(&s, 'H', 3600000, &ms);
        any |= take_part(&s, 'M', 60000, &ms);
        any |= take_part(&s, 'S', 1000, &ms);
    }
    *ret = VALUE_INT(ms);
    return any && !s.n && ms <= MOST_HOURS * (int64_t)3600000;
}

static bool parse_guid(struct arena *a, str s, struct value *ret)
{
    char *z = arena_strdup(a, s);
    if (s.n != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        char low = (char)(z[i] | 32);
        if (dash ? z[i] != '-' : !((z[i] >= '0' && z[i] <= '9') || (low >= 'a' && low <= 'f')))
            return false;
        z[i] = dash ? '-' : low;
    }
    *ret = VALUE_TEXT(((str){z, 36}));
    return true;
}

static bool parse_binary(struct arena *a, str s, struct value *ret)
{
    str bytes;
    if (!base64_decode(a, s, &bytes))
        return false;
    *ret = VALUE_BYTES(bytes);
    return true;
}

static parse_fn *const parsers[EDM_COUNT] = {
    [EDM_STRING] = parse_string,     [EDM_BOOLEAN] = parse_boolean,
    [EDM_BYTE] = parse_byte,         [EDM_SBYTE] = parse_sbyte,
    [EDM_INT16] = parse_int16,       [EDM_INT32] = parse_int32,
    [EDM_INT64] = parse_int64,       [EDM_DECIMAL] = parse_decimal,
    [EDM_SINGLE] = parse_single,     [EDM_DOUBLE] = parse_double,
    [EDM_DATETIME] = parse_datetime, [EDM_DATETIMEOFFSET] = parse_datetimeoffset,
    [EDM_TIME] = parse_time,         [EDM_GUID] = parse_guid,
    [EDM_BINARY] = parse_binary,
};

bool edm_parse_text(struct arena *a, enum edm t, str s, struct value *ret, struct err *e)
{
    struct value v;
    if (t >= EDM_COUNT || !parsers[t])
        return err_set(e, ERR_BAD_REQUEST, "a %s has no text", edm_name(t));
    if (!parsers[t](a, s, &v))
        return err_set(e, ERR_BAD_REQUEST, "'" STR_FMT "' is not a value of type %s",
                       STR_ARG(str_sub(s, 0, 100)), edm_name(t));
    *ret = v;
    return true;
}

/* ---- writing ---- */
static void write_time_ms(struct buf *out, int ms)
{
    char digits[8];
    int n = snprintf(digits, sizeof digits, ".%03d", ms);
    while (ms && digits[n - 1] == '0')
        n--;
    buf_add(out, (str){digits, ms ? (size_t)n : 0});
}

static void write_instant(struct buf *out, int64_t ms, const char *zone)
{
    struct time_parts t;
    time_split_utc(ms, &t);
    buf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d", t.year, t.month, t.day, t.hour, t.minute,
             t.second);
    if (t.ms)
        buf_addf(out, ".%03d", t.ms);
    buf_addz(out, zone);
}

static void write_duration(struct buf *out, int64_t ms)
{
    buf_addf(out, "PT%lldH%lldM%lld", (long long)(ms / 3600000), (long long)(ms / 60000 % 60),
             (long long)(ms / 1000 % 60));
    write_time_ms(out, (int)(ms % 1000));
    buf_add_char(out, 'S');
}

/* The shortest text that reads back the same. */
static void write_real(struct buf *out, double d, bool single)
{
    char z[40];
    if (isnan(d) || isinf(d)) {
        buf_addz(out, isnan(d) ? "NaN" : d > 0 ? "INF" : "-INF");
        return;
    }
    for (int digits = single ? 6 : 15; digits <= 17; digits++) {
        snprintf(z, sizeof z, "%.*G", digits, d);
        if (single ? strtof(z, NULL) == (float)d
                   : strtod(z, NULL) == d) /* NOLINT: exactly the same */
            break;
    }
    buf_addz(out, z);
}

void edm_write_text(struct buf *out, enum edm t, struct value v)
{
    if (v.kind == V_NULL)
        return;
    if (v.kind == V_BOOL)
        buf_addz(out, v.i ? "true" : "false");
    else if (t == EDM_DATETIME || t == EDM_DATETIMEOFFSET)
        write_instant(out, v.i, t == EDM_DATETIME ? "" : "Z");
    else if (t == EDM_TIME)
        write_duration(out, v.i);
    else if (v.kind == V_INT)
        buf_add_int(out, v.i);
    else if (v.kind == V_REAL)
        write_real(out, v.d, t == EDM_SINGLE);
    else if (v.kind == V_BYTES)
        base64_write(out, v.s, false);
    else
        buf_add(out, v.s);
}

static void write_quoted(struct buf *out, str s)
{
    str part;
    buf_add_char(out, '\'');
    for (bool first = true; str_split(&s, '\'', &part); first = false) {
        buf_addz(out, first ? "" : "''");
        buf_add(out, part);
    }
    buf_add_char(out, '\'');
}

void edm_write_uri(struct buf *out, enum edm t, struct value v)
{
    static const struct {
        const char *before, *after;
    } marks[EDM_COUNT] = {
        [EDM_INT64] = {"",                "L"},
        [EDM_DECIMAL] = {"",                "M"},
        [EDM_SINGLE] = {"",                "F"},
        [EDM_DOUBLE] = {"",                "D"},
        [EDM_DATETIME] = {"datetime'",       "'"},
        [EDM_DATETIMEOFFSET] = {"datetimeoffset'", "'"},
        [EDM_TIME] = {"time'",           "'"},
        [EDM_GUID] = {"guid'",           "'"},
        [EDM_BINARY] = {"binary'",         "'"},
    };
    if (v.kind == V_NULL || t >= EDM_COUNT) {
        buf_addz(out, "null");
        return;
    }
    if (t == EDM_STRING) {
        write_quoted(out, v.s.p ? v.s : STR(""));
        return;
    }
    bool bare = v.kind == V_REAL && !isfinite(v.d);
    buf_addz(out, marks[t].before && !bare ? marks[t].before : "");
    for (size_t i = 0; t == EDM_BINARY && i < v.s.n; i++)
        buf_addf(out, "%02X", (unsigned char)v.s.p[i]);
    if (t != EDM_BINARY)
        edm_write_text(out, t, v);
    buf_addz(out, marks[t].after && !bare ? marks[t].after : "");
}
