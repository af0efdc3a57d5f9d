/* As SimpleDateFormat: white space before a field is skipped; a number may have a sign; of numeric fields that stand
 * directly behind each other all but the last have as many digits as the pattern has letters; two digits of "yy" are
 * the year within 80 years before and 20 after now. */
#include "mapping/date_read.h"

static const char *const MONTHS[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const DAYS[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                   "Thursday", "Friday", "Saturday"};

struct date {
    struct time_parts t;
    int yearday; /* 0: not named */
    int half;    /* of the day; -1: not named */
    bool before_christ, zoned;
};
struct reading {
    str text, pattern;
    size_t at;
    struct date d;
};
struct field {
    char letter;
    size_t count;
    bool fixed; /* exactly count characters */
};

static bool is_letter(char c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char peek(const struct reading *r)
{
    return r->at < r->text.n ? r->text.p[r->at] : 0;
}

static bool read_number(struct reading *r, const struct field *f, int *ret, size_t *ret_digits)
{
    size_t end = f->fixed && r->at + f->count < r->text.n ? r->at + f->count : r->text.n;
    bool negative = peek(r) == '-';
    long n = 0;
    size_t i = r->at + negative, from = i;
    for (; i < end && is_digit(r->text.p[i]); i++) {
        n = n * 10 + (r->text.p[i] - '0');
        if (n > 100000000)
            return false;
    }
    if (i == from)
        return false;
    *ret_digits = negative ? 0 : i - from;
    r->at = i;
    *ret = (int)(negative ? -n : n);
    return true;
}

/* The index of the name that stands there, long or short. */
static bool read_name(struct reading *r, const char *const *names, size_t n, int *ret)
{
    str rest = str_from(r->text, r->at);
    for (int whole = 1; whole >= 0; whole--)
        for (size_t i = 0; i < n; i++) {
            str name = str_sub(str_of(names[i]), 0, whole ? SIZE_MAX : 3);
            if (str_starts_nocase(rest, name)) {
                r->at += name.n;
                *ret = (int)i;
                return true;
            }
        }
    return false;
}

static bool read_offset(struct reading *r, int sign)
{
    int digits[4] = {0};
    size_t n = 0;
    for (; n < 4 && (is_digit(peek(r)) || (peek(r) == ':' && n)); r->at++)
        if (peek(r) != ':')
            digits[n++] = peek(r) - '0';
    if (!n)
        return false;
    int hours = n < 2 || n == 3 ? digits[0] : digits[0] * 10 + digits[1];
    int minutes = n == 4 ? digits[2] * 10 + digits[3] : n == 3 ? digits[1] * 10 + digits[2] : 0;
    r->d.t.offset_s = sign * (hours * 3600 + minutes * 60);
    r->d.zoned = true;
    return true;
}

static bool read_zone(struct reading *r)
{
    if (peek(r) == 'Z' || str_starts(str_from(r->text, r->at), STR("GMT")) ||
        str_starts(str_from(r->text, r->at), STR("UTC"))) {
        r->at += peek(r) == 'Z' ? 1 : 3;
        r->d.zoned = true;
        r->d.t.offset_s = 0;
    }
    if (peek(r) == '+' || peek(r) == '-') {
        r->at++;
        return read_offset(r, r->text.p[r->at - 1] == '-' ? -1 : 1);
    }
    if (r->d.zoned)
        return true;
    size_t from = r->at;
    while (is_letter(peek(r)) || peek(r) == '/' || peek(r) == '_')
        r->at++;
    const struct time_zone *zone = time_zone_named(str_sub(r->text, from, r->at));
    if (!zone)
        return false;
    struct time_parts now;
    time_split(time_now_ms(), zone, &now);
    r->d.t.offset_s = now.offset_s;
    r->d.zoned = true;
    return true;
}

static int full_year(int year)
{
    struct time_parts now;
    time_split_utc(time_now_ms(), &now);
    int first = now.year - 80, c = first - first % 100 + year;
    return c < first ? c + 100 : c;
}

static bool read_word(struct reading *r, const struct field *f, bool *ret_done)
{
    static const char *const halves[] = {"AM", "PM"}, *const eras[] = {"BC", "AD"};
    int n = 0;
    *ret_done = true;
    switch (f->letter) {
    case 'G':
        if (!read_name(r, eras, 2, &n))
            return false;
        r->d.before_christ = n == 0;
        return true;
    case 'E':
        return read_name(r, DAYS, 7, &n);
    case 'a':
        return read_name(r, halves, 2, &r->d.half);
    case 'z':
    case 'Z':
    case 'X':
        return read_zone(r);
    case 'M':
    case 'L':
        if (f->count < 3)
            break;
        if (!read_name(r, MONTHS, 12, &n))
            return false;
        r->d.t.month = n + 1;
        return true;
    default:
        break;
    }
    *ret_done = false;
    return true;
}

static void set_number(struct reading *r, const struct field *f, int n, size_t digits)
{
    struct time_parts *t = &r->d.t;
    switch (f->letter) {
    case 'y':
        t->year = f->count <= 2 && digits == 2 ? full_year(n) : n;
        break;
    case 'M':
    case 'L':
        t->month = n;
        break;
    case 'd':
        t->day = n;
        break;
    case 'D':
        r->d.yearday = n;
        break;
    case 'H':
        t->hour = n;
        break;
    case 'k':
        t->hour = n == 24 ? 0 : n;
        break;
    case 'K':
        t->hour = n;
        r->d.half = r->d.half < 0 ? 0 : r->d.half;
        break;
    case 'h':
        t->hour = n == 12 ? 0 : n;
        r->d.half = r->d.half < 0 ? 0 : r->d.half;
        break;
    case 'm':
        t->minute = n;
        break;
    case 's':
        t->second = n;
        break;
    case 'S':
        t->ms = n;
        break;
    default:
        break; /* 'u' */
    }
}

static bool read_field(struct reading *r, const struct field *f)
{
    bool done;
    int n;
    size_t digits;
    while (peek(r) == ' ' || peek(r) == '\t')
        r->at++;
    if (r->at >= r->text.n || !read_word(r, f, &done))
        return false;
    if (done)
        return true;
    if (!read_number(r, f, &n, &digits))
        return false;
    set_number(r, f, n, digits);
    return true;
}

static bool is_number_field(char letter, size_t count)
{
    return strchr("yDdHkKhmsSu", letter) || (strchr("ML", letter) && count < 3);
}

static size_t run_of(str p, size_t i)
{
    size_t n = 1;
    while (i + n < p.n && p.p[i + n] == p.p[i])
        n++;
    return n;
}

/* A literal character; quotes have been seen to. */
static bool read_literal(struct reading *r, char c)
{
    if (peek(r) != c || r->at >= r->text.n)
        return false;
    r->at++;
    return true;
}

static bool read_all(struct reading *r)
{
    str p = r->pattern;
    bool quoted = false;
    for (size_t i = 0; i < p.n;) {
        if (p.p[i] == '\'') {
            bool twice = i + 1 < p.n && p.p[i + 1] == '\'';
            if (twice && !read_literal(r, '\''))
                return false;
            quoted = twice ? quoted : !quoted;
            i += twice ? 2 : 1;
        } else if (quoted || !is_letter(p.p[i])) {
            if (!read_literal(r, p.p[i++]))
                return false;
        } else {
            struct field f = {.letter = p.p[i], .count = run_of(p, i)};
            size_t next = i + f.count;
            f.fixed = is_number_field(f.letter, f.count) && next < p.n && is_letter(p.p[next]) &&
                      is_number_field(p.p[next], run_of(p, next));
            if (!read_field(r, &f))
                return false;
            i = next;
        }
    }
    return true;
}

static int64_t instant(struct date *d)
{
    if (d->half >= 0)
        d->t.hour += 12 * d->half;
    if (d->before_christ)
        d->t.year = 1 - d->t.year;
    if (d->yearday) {
        d->t.month = 1;
        d->t.day = d->yearday;
    }
    return time_join_utc(&d->t) - (d->zoned ? d->t.offset_s * 1000LL : 0);
}

static bool in_range(const struct date *d, int64_t ms)
{
    struct time_parts t;
    time_split_utc(ms + (d->zoned ? d->t.offset_s * 1000LL : 0), &t);
    return t.year == d->t.year &&
           (d->yearday ? t.yearday == d->yearday : t.month == d->t.month && t.day == d->t.day) &&
           t.hour == d->t.hour && t.minute == d->t.minute && t.second == d->t.second &&
           t.ms == d->t.ms;
}

bool date_read(str text, str pattern, bool lenient, int64_t *ret_ms, struct err *e)
{
    struct reading r = {.text = text, .pattern = pattern};
    r.d = (struct date){
        .t = {.year = 1970, .month = 1, .day = 1},
          .half = -1
    };
    bool ok = read_all(&r);
    int64_t ms = ok ? instant(&r.d) : 0;
    if (!ok || (!lenient && !in_range(&r.d, ms)))
        return err_set(e, ERR_BAD_REQUEST, "Unparseable date: \"" STR_FMT "\"",
                       STR_ARG(str_sub(text, 0, 80)));
    *ret_ms = ms;
    return true;
}

bool date_read_check(str p, struct err *e)
{
    bool quoted = false;
    for (size_t i = 0; i < p.n; i++) {
        quoted = p.p[i] == '\'' ? !quoted : quoted;
        if (quoted || !is_letter(p.p[i]))
            continue;
        if (strchr("YwWF", p.p[i]))
            return err_set(e, ERR_NOT_IMPLEMENTED, "reading dates by the pattern '" STR_FMT "'",
                           STR_ARG(p));
        if (!strchr("GyMLDdEuaHkKhmsSzZX", p.p[i]))
            return err_set(e, ERR_BAD_REQUEST, "Illegal pattern character '%c' in '" STR_FMT "'",
                           p.p[i], STR_ARG(p));
    }
    return true;
}
