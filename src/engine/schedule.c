/* Quartz cron: each field becomes a set of bits; the search goes field by field from the year down and starts over
 * at the smaller fields whenever a larger one moves. Days: "?" leaves the choice to the other day field. */
#include "engine/schedule.h"

#include "base/time.h"

enum { YEAR_FIRST = 1970, YEAR_LAST = 2199, FIELD_COUNT = 7 };
enum field { F_SECOND, F_MINUTE, F_HOUR, F_DAY, F_MONTH, F_WEEKDAY, F_YEAR };

struct schedule {
    enum schedule_kind kind;
    int64_t every_ms;
    const struct time_zone *zone;
    uint64_t second, minute;
    uint32_t hour, day, month; /* bit n: value n */
    uint8_t weekday;           /* bit 0: Sunday */
    bool any_day, any_weekday; /* "?" or "*" */
    bool last_day, last_workday;
    int last_day_before;              /* L-3 */
    int nearest_workday;              /* 15W */
    int weekday_number, weekday_last; /* 6#3: weekday, number; 6L: -1 none */
    int weekday_nth;
    uint64_t year[4]; /* bit 0: YEAR_FIRST */
};

static const struct {
    const char *name;
    int least, most;
    const char *names;
} FIELDS[FIELD_COUNT] = {
    {"second",  0,          59,        NULL                                  },
    {"minute",  0,          59,        NULL                                  },
    {"hour",    0,          23,        NULL                                  },
    {"day",     1,          31,        NULL                                  },
    {"month",   1,          12,        "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
    {"weekday", 1,          7,         "SUNMONTUEWEDTHUFRISAT"               },
    {"year",    YEAR_FIRST, YEAR_LAST, NULL                                  },
};

/* ---- parsing ---- */

static bool wrong(enum field f, str s, struct err *e)
{
    return err_set(e, ERR_BAD_REQUEST, "the %s of a schedule is wrong: '" STR_FMT "'",
                   FIELDS[f].name, STR_ARG(s));
}

static bool read_value(enum field f, str s, int *ret, struct err *e)
{
    int64_t n;
    const char *names = FIELDS[f].names;
    for (int i = 0; names && s.n == 3 && names[i * 3]; i++)
        if (str_eq_nocase(s, (str){names + (size_t)i * 3, 3})) {
            *ret = i + 1;
            return true;
        }
    if (!str_to_i64(s, &n) || n < FIELDS[f].least || n > FIELDS[f].most)
        return wrong(f, s, e);
    *ret = (int)n;
    return true;
}

static void set_bit(struct schedule *c, enum field f, int v)
{
    switch (f) {
    case F_SECOND:
        c->second |= UINT64_C(1) << v;
        break;
    case F_MINUTE:
        c->minute |= UINT64_C(1) << v;
        break;
    case F_HOUR:
        c->hour |= UINT32_C(1) << v;
        break;
    case F_DAY:
        c->day |= UINT32_C(1) << v;
        break;
    case F_MONTH:
        c->month |= UINT32_C(1) << v;
        break;
    case F_WEEKDAY:
        c->weekday = (uint8_t)(c->weekday | 1u << (v - 1));
        break;
    case F_YEAR:
        c->year[(v - YEAR_FIRST) / 64] |= UINT64_C(1) << ((v - YEAR_FIRST) % 64);
    }
}

/* "a", "a-b" (may wrap: FRI-MON), "*", each with "/step"; "a/step" runs to the field's end. */
static bool read_range(struct schedule *c, enum field f, str s, struct err *e)
{
    size_t slash = str_find_char(s, '/', 0), dash;
    str range = str_sub(s, 0, slash);
    int64_t step = 1;
    int from = FIELDS[f].least, to = FIELDS[f].most;
    if (slash != SIZE_MAX &&
        (!str_to_i64(str_from(s, slash + 1), &step) || step < 1 || step > 1000))
        return wrong(f, s, e);
    if (!str_eqz(range, "*") && !str_eqz(range, "?") && range.n) {
        dash = str_find_char(range, '-', 0);
        if (!read_value(f, str_sub(range, 0, dash), &from, e))
            return false;
        if (dash != SIZE_MAX) {
            if (!read_value(f, str_from(range, dash + 1), &to, e))
                return false;
        } else if (slash == SIZE_MAX) {
            to = from;
        }
    }
    int width = FIELDS[f].most - FIELDS[f].least + 1;
    if (to < from)
        to += width;
    for (int64_t v = from; v <= to; v += step)
        set_bit(c, f, FIELDS[f].least + (int)(v - FIELDS[f].least) % width);
    return true;
}

/* L, L-n, LW, nW */
static bool read_special_day(struct schedule *c, str s, bool *ret, struct err *e)
{
    int64_t n = 0;
    *ret = true;
    if (str_eqz(s, "L"))
        c->last_day = true;
    else if (str_eqz(s, "LW"))
        c->last_workday = true;
    else if (str_starts(s, STR("L-"))) {
        if (!str_to_i64(str_from(s, 2), &n) || n < 0 || n > 30)
            return wrong(F_DAY, s, e);
        c->last_day = true;
        c->last_day_before = (int)n;
    } else if (str_ends(s, STR("W"))) {
        return read_value(F_DAY, str_sub(s, 0, s.n - 1), &c->nearest_workday, e);
    } else {
        *ret = false;
    }
    return true;
}

/* 6L: the last Friday; 6#3: the third one; L: Saturday */
static bool read_special_weekday(struct schedule *c, str s, bool *ret, struct err *e)
{
    size_t hash = str_find_char(s, '#', 0);
    int64_t n = 0;
    *ret = true;
    if (str_eqz(s, "L")) {
        set_bit(c, F_WEEKDAY, 7);
    } else if (hash != SIZE_MAX) {
        if (!str_to_i64(str_from(s, hash + 1), &n) || n < 1 || n > 5)
            return wrong(F_WEEKDAY, s, e);
        c->weekday_nth = (int)n;
        return read_value(F_WEEKDAY, str_sub(s, 0, hash), &c->weekday_number, e);
    } else if (s.n > 1 && str_ends(s, STR("L"))) {
        return read_value(F_WEEKDAY, str_sub(s, 0, s.n - 1), &c->weekday_last, e);
    } else {
        *ret = false;
    }
    return true;
}

static bool read_field(struct schedule *c, enum field f, str s, struct err *e)
{
    bool any = str_eqz(s, "?") || str_eqz(s, "*"), special = false;
    if (f == F_DAY)
        c->any_day = any;
    if (f == F_WEEKDAY)
        c->any_weekday = any;
    if (!s.n || (str_eqz(s, "?") && f != F_DAY && f != F_WEEKDAY))
        return wrong(f, s, e);
    for (str item; str_split(&s, ',', &item);) {
        if (f == F_DAY && !read_special_day(c, item, &special, e))
            return false;
        if (f == F_WEEKDAY && !read_special_weekday(c, item, &special, e))
            return false;
        if (!special && !read_range(c, f, item, e))
            return false;
        special = false;
    }
    return true;
}

static bool parse_cron(struct schedule *c, str s, struct err *e)
{
    size_t n = 0;
    c->kind = SCHEDULE_CRON;
    for (size_t i = 0; i < s.n;) {
        size_t from = i;
        while (i < s.n && s.p[i] != '+' && s.p[i] != ' ')
            i++;
        if (i > from) {
            if (n == FIELD_COUNT)
                return err_set(e, ERR_BAD_REQUEST,
                               "a schedule of more than 7 fields: '" STR_FMT "'", STR_ARG(s));
            if (!read_field(c, (enum field)n++, str_sub(s, from, i), e))
                return false;
        }
        i++;
    }
    if (n < F_YEAR)
        return err_set(e, ERR_BAD_REQUEST, "a schedule needs 6 or 7 fields: '" STR_FMT "'",
                       STR_ARG(s));
    return n == FIELD_COUNT || read_field(c, F_YEAR, STR("*"), e);
}

static bool parse_interval(struct schedule *c, str unit, str every, struct err *e)
{
    static const struct {
        const char *name;
        int64_t ms;
    } UNITS[] = {
        {"SECONDS", 1000    },
        {"MINUTES", 60000   },
        {"HOURS",   3600000 },
        {"DAYS",    86400000}
    };
    int64_t n = 1;
    c->kind = SCHEDULE_NEVER;
    if (str_eqz(unit, "NONE") || !unit.n)
        return true;
    if (every.n && (!str_to_i64(every, &n) || n < 1 || n > 1000000))
        return err_set(e, ERR_BAD_REQUEST, "simple.every must be a number, not '" STR_FMT "'",
                       STR_ARG(every));
    for (size_t i = 0; i < COUNT(UNITS); i++)
        if (str_eq_nocase(unit, str_of(UNITS[i].name))) {
            c->kind = SCHEDULE_EVERY;
            c->every_ms = n * UNITS[i].ms;
            return true;
        }
    return err_set(e, ERR_BAD_REQUEST, "simple.repeat '" STR_FMT "' is unknown", STR_ARG(unit));
}

/* A setting behind '&' (or "&amp;"), or the whole text's first. */
static str setting(str s, const char *name)
{
    for (str one; str_split(&s, '&', &one);) {
        if (str_starts(one, STR("amp;")))
            one = str_from(one, 4);
        size_t equals = str_find_char(one, '=', 0);
        if (equals != SIZE_MAX && str_eqz(str_sub(one, 0, equals), name))
            return str_trim(str_from(one, equals + 1));
    }
    return STR("");
}

bool schedule_parse(struct arena *a, str text, struct schedule **ret, struct err *e)
{
    struct schedule *c = arena_new_of(a, struct schedule);
    text = str_trim(text);
    str zone = setting(text, "trigger.timeZone"),
        cron = str_trim(str_sub(text, 0, str_find_char(text, '&', 0)));
    c->zone = time_zone_named(zone.n ? zone : STR("UTC"));
    if (!c->zone)
        return err_set(e, ERR_BAD_REQUEST, "the time zone '" STR_FMT "' is unknown", STR_ARG(zone));
    bool ok = true;
    if (str_eq_nocase(setting(text, "fireNow"), STR("true")))
        c->kind = SCHEDULE_NOW;
    else if (str_starts(text, STR("simple.")))
        ok = parse_interval(c, setting(text, "simple.repeat"), setting(text, "simple.every"), e);
    else
        ok = parse_cron(c, cron, e);
    if (ok)
        *ret = c;
    return ok;
}

enum schedule_kind schedule_kind(const struct schedule *s)
{
    return s->kind;
}

/* ---- searching ---- */

static int days_of(int year, int month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return DAYS[month - 1] + (month == 2 && leap);
}

static int weekday_of(int year, int month, int day)
{
    struct time_parts p = {.year = year, .month = month, .day = day}, full;
    time_split_utc(time_join_utc(&p), &full);
    return full.weekday;
}

/* The Monday to Friday nearest to a day, within its month. */
static int workday_near(int year, int month, int day)
{
    int last = days_of(year, month), w;
    day = day > last ? last : day;
    w = weekday_of(year, month, day);
    if (w == 6)
        return day > 1 ? day - 1 : day + 2;
    if (w == 0)
        return day < last ? day + 1 : day - 2;
    return day;
}

static int last_workday(int year, int month)
{
    int last = days_of(year, month), w = weekday_of(year, month, last);
    return w == 6 ? last - 1 : w == 0 ? last - 2 : last;
}

static bool day_fits(const struct schedule *c, int year, int month, int day)
{
    bool by_day = (c->day >> day & 1) ||
                  (c->last_day && day == days_of(year, month) - c->last_day_before) ||
                  (c->last_workday && day == last_workday(year, month)) ||
                  (c->nearest_workday && day == workday_near(year, month, c->nearest_workday));
    if (c->any_weekday)
        return by_day;
    int w = weekday_of(year, month, day);
    bool by_weekday =
        (c->weekday >> w & 1) ||
        (c->weekday_last && w == c->weekday_last - 1 && day + 7 > days_of(year, month)) ||
        (c->weekday_number && w == c->weekday_number - 1 && (day + 6) / 7 == c->weekday_nth);
    return by_weekday && (c->any_day || by_day);
}

static bool year_fits(const struct schedule *c, int year)
{
    return c->year[(year - YEAR_FIRST) / 64] >> ((year - YEAR_FIRST) % 64) & 1;
}

static int next_bit(uint64_t set, int from)
{
    for (; from < 64; from++)
        if (set >> from & 1)
            return from;
    return -1;
}

/* The first time of day at or after p's; false: none left on that day. */
static bool find_time(const struct schedule *c, struct time_parts *p)
{
    for (int h; (h = next_bit(c->hour, p->hour)) >= 0; p->hour = h + 1, p->minute = p->second = 0) {
        if (h > p->hour)
            p->minute = p->second = 0;
        for (int m; (m = next_bit(c->minute, p->minute)) >= 0; p->minute = m + 1, p->second = 0) {
            if (m > p->minute)
                p->second = 0;
            int s = next_bit(c->second, p->second);
            if (s < 0)
                continue;
            p->hour = h;
            p->minute = m;
            p->second = s;
            return true;
        }
    }
    return false;
}

/* The first local time that fits, at or after *p. */
static bool find_local(const struct schedule *c, struct time_parts *p)
{
    for (; p->year <= YEAR_LAST;
         p->year++, p->month = 1, p->day = 1, p->hour = p->minute = p->second = 0) {
        if (!year_fits(c, p->year))
            continue;
        for (; p->month <= 12; p->month++, p->day = 1, p->hour = p->minute = p->second = 0) {
            if (!(c->month >> p->month & 1))
                continue;
            for (; p->day <= days_of(p->year, p->month);
                 p->day++, p->hour = p->minute = p->second = 0)
                if (day_fits(c, p->year, p->month, p->day) && find_time(c, p))
                    return true;
        }
    }
    return false;
}

/* Local to instant. time_join takes the second of two, like Java; a fixed hour fires at the first, once. */
static int64_t first_instant(const struct schedule *c, const struct time_parts *p)
{
    struct time_parts earlier;
    int64_t at = time_join(p, c->zone);
    time_split(at - 3600000, c->zone, &earlier);
    return earlier.hour == p->hour && earlier.day == p->day ? at - 3600000 : at;
}

/* Schedules of every hour do not stop in the hour that comes twice: they count on with the offset of now. */
static int64_t instant(const struct schedule *c, const struct time_parts *p, int offset_s)
{
    bool every_hour = c->hour == (1u << 24) - 1;
    return every_hour ? time_join_utc(p) - offset_s * INT64_C(1000) : first_instant(c, p);
}

int64_t schedule_next(const struct schedule *c, int64_t after_ms)
{
    if (c->kind == SCHEDULE_EVERY)
        return after_ms + c->every_ms;
    if (c->kind != SCHEDULE_CRON)
        return SCHEDULE_NEVER_AGAIN;
    struct time_parts p;
    time_split(after_ms - after_ms % 1000 + 1000, c->zone, &p);
    if (p.year < YEAR_FIRST)
        return SCHEDULE_NEVER_AGAIN;
    for (p.ms = 0; find_local(c, &p); p.second++) {
        int64_t at = instant(c, &p, p.offset_s);
        if (at > after_ms)
            return at;
    }
    return SCHEDULE_NEVER_AGAIN;
}
