#include "report/period.h"

#include "base/time.h"

/* NULL: UTC, which needs no tzdata. */
static bool find_zone(str name, const struct time_zone **ret, struct err *e)
{
    *ret = NULL;
    if (!name.p || str_eqz(name, "UTC"))
        return true;
    *ret = time_zone_named(name);
    return *ret || err_set(e, ERR_BAD_REQUEST, "unknown time zone '" STR_FMT "'", STR_ARG(name));
}

static void split(int64_t ms, const struct time_zone *z, struct time_parts *ret)
{
    if (z)
        time_split(ms, z, ret);
    else
        time_split_utc(ms, ret);
}

/* Midnight of a date whose month and day may be out of range. */
static int64_t midnight(int year, int month, int day, const struct time_zone *z)
{
    struct time_parts p = {.year = year, .month = month, .day = day};
    int64_t utc = time_join_utc(&p);
    if (!z)
        return utc;
    time_split_utc(utc, &p);
    p = (struct time_parts){.year = p.year, .month = p.month, .day = p.day};
    return time_join(&p, z);
}

static bool digits(str s, int *ret)
{
    int64_t v;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    if (!str_to_i64(s, &v))
        return false;
    *ret = (int)v;
    return true;
}

static bool parse_month(str s, int *ret_year, int *ret_month)
{
    return s.n == 7 && s.p[4] == '-' && digits(str_sub(s, 0, 4), ret_year) &&
           digits(str_from(s, 5), ret_month) && *ret_month >= 1 && *ret_month <= 12;
}

/* A date (its first moment, or with end the first moment after it) or an instant. */
static bool parse_moment(str s, bool end, const struct time_zone *z, int64_t *ret)
{
    int year, month, day;
    struct time_parts p;
    if (s.n != 10)
        return str_find_char(s, 'T', 0) != SIZE_MAX && time_parse_iso(s, ret);
    if (s.p[7] != '-' || !parse_month(str_sub(s, 0, 7), &year, &month) ||
        !digits(str_from(s, 8), &day) || day < 1)
        return false;
    p = (struct time_parts){.year = year, .month = month, .day = day};
    time_split_utc(time_join_utc(&p), &p);
    *ret = midnight(year, month, day + end, z);
    return p.day == day; /* no 31 February */
}

static void add_edges(struct arena *a, struct period *p, int64_t from, int64_t to,
                      const struct time_zone *z)
{
    struct time_parts at;
    split(from, z, &at);
    vec_add(a, &p->edges, from);
    for (int i = 1; p->edges.n <= PERIOD_DAYS + 1; i++) {
        int64_t edge = midnight(at.year, at.month, at.day + i, z);
        if (edge >= to)
            break;
        vec_add(a, &p->edges, edge);
    }
    vec_add(a, &p->edges, to);
}

static bool of_month(struct arena *a, int year, int month, const struct time_zone *z,
                     struct period *ret)
{
    int64_t from = midnight(year, month, 1, z);
    struct time_parts p = {.year = year, .month = month, .day = 1};
    time_split_utc(time_join_utc(&p), &p);
    ret->label = arena_fmt(a, "%04d-%02d", p.year, p.month);
    ret->before_from = midnight(year, month - 1, 1, z);
    ret->before_to = from;
    add_edges(a, ret, from, midnight(year, month + 1, 1, z), z);
    return true;
}

static bool of_range(struct arena *a, str from, str to, const struct time_zone *z,
                     struct period *ret, struct err *e)
{
    int64_t begin, end;
    if (!from.p || !to.p)
        return err_set(e, ERR_BAD_REQUEST, "--from and --to belong together");
    if (!parse_moment(from, false, z, &begin) || !parse_moment(to, true, z, &end))
        return err_set(
            e, ERR_BAD_REQUEST,
            "--from and --to want dates as 2026-10-31 or instants as 2026-10-31T12:00:00Z");
    if (end <= begin)
        return err_set(e, ERR_BAD_REQUEST, "--to lies before --from");
    ret->label = arena_fmt(a, STR_FMT " to " STR_FMT, STR_ARG(from), STR_ARG(to));
    ret->before_from = begin - (end - begin);
    ret->before_to = begin;
    add_edges(a, ret, begin, end, z);
    return period_days(ret) <= PERIOD_DAYS ||
           err_set(e, ERR_BAD_REQUEST, "more than %d days", PERIOD_DAYS);
}

bool period_make(struct arena *a, str month, str from, str to, str zone, int64_t now,
                 struct period *ret, struct err *e)
{
    const struct time_zone *z;
    struct time_parts p;
    int year, number;
    *ret = (struct period){.zone = zone.p ? zone : STR("UTC")};
    if (!find_zone(zone, &z, e))
        return false;
    if (from.p || to.p)
        return month.p ? err_set(e, ERR_BAD_REQUEST, "either --month or --from and --to")
                       : of_range(a, from, to, z, ret, e);
    split(now, z, &p);
    if (!month.p)
        return of_month(a, p.year, p.month - 1, z, ret);
    if (!parse_month(month, &year, &number))
        return err_set(e, ERR_BAD_REQUEST, "--month wants a month as 2026-10, not '" STR_FMT "'",
                       STR_ARG(month));
    return of_month(a, year, number, z, ret);
}

str period_date(struct arena *a, const struct period *p, int64_t at)
{
    struct time_parts t;
    split(at, str_eqz(p->zone, "UTC") ? NULL : time_zone_named(p->zone), &t);
    return arena_fmt(a, "%04d-%02d-%02d", t.year, t.month, t.day);
}
