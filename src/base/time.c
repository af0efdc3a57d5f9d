/* Clocks, the calendar and ISO 8601. Days are counted as in the proleptic Gregorian calendar by the
 * usual trick: a year that begins in March puts the leap day last. */
#include "base/time.h"

#include <stdio.h>
#include <time.h>

static int64_t clock_us(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t time_now_ms(void)
{
    return clock_us(CLOCK_REALTIME) / 1000;
}

int64_t time_monotonic_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

int64_t time_monotonic_ms(void)
{
    return time_monotonic_us() / 1000;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days from 1970-01-01 to the first of a month (1..12). */
static int64_t days_to(int64_t year, int64_t month)
{
    year -= month <= 2;
    int64_t era = floor_div(year, 400), y = year - era * 400;
    int64_t d = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
    return era * 146097 + y * 365 + y / 4 - y / 100 + d - 719468;
}

static void split_date(int64_t days, struct time_parts *ret)
{
    int64_t z = days + 719468, era = floor_div(z, 146097), d = z - era * 146097;
    int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
    int64_t of_year = d - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
    ret->day = (int)(of_year - (153 * m + 2) / 5 + 1);
    ret->month = (int)(m < 10 ? m + 3 : m - 9);
    ret->year = (int)(y + era * 400 + (ret->month <= 2));
    ret->yearday = (int)(days - days_to(ret->year, 1) + 1);
    ret->weekday = (int)(((days + 4) % 7 + 7) % 7);
}

void time_split_utc(int64_t ms, struct time_parts *ret)
{
    int64_t s = floor_div(ms, 1000), days = floor_div(s, 86400);
    int of_day = (int)(s - days * 86400);
    *ret = (struct time_parts){.hour = of_day / 3600,
                               .minute = of_day / 60 % 60,
                               .second = of_day % 60,
                               .ms = (int)(ms - s * 1000),
                               .zone = "UTC"};
    split_date(days, ret);
}

int64_t time_join_utc(const struct time_parts *p)
{
    int64_t month = (int64_t)p->month - 1, years = floor_div(month, 12);
    int64_t days = days_to(p->year + years, month - years * 12 + 1) + p->day - 1;
    return (((days * 24 + p->hour) * 60 + p->minute) * 60 + p->second) * 1000 + p->ms;
}

str time_iso(struct arena *a, int64_t ms, bool always_ms)
{
    struct time_parts t;
    char fraction[8] = "";
    time_split_utc(ms, &t);
    if (t.ms || always_ms)
        snprintf(fraction, sizeof fraction, ".%03d", t.ms);
    return arena_fmt(a, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", t.year, t.month, t.day, t.hour,
                     t.minute, t.second, fraction);
}

/* ---- parsing ---- */
static bool take(str *s, char c)
{
    if (!s->n || s->p[0] != c)
        return false;
    *s = str_from(*s, 1);
    return true;
}

/* Exactly n digits, least to most. */
static bool take_digits(str *s, size_t n, int least, int most, int *ret)
{
    int v = 0;
    if (s->n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return false;
        v = v * 10 + (s->p[i] - '0');
    }
    *s = str_from(*s, n);
    *ret = v;
    return v >= least && v <= most;
}

static bool take_fraction(str *s, int *ret_ms)
{
    size_t n = 0;
    for (int unit = 100; n < s->n && s->p[n] >= '0' && s->p[n] <= '9'; n++, unit /= 10)
        *ret_ms += (s->p[n] - '0') * unit;
    *s = str_from(*s, n);
    return n > 0;
}

static bool take_clock(str *s, struct time_parts *t)
{
    if (!take_digits(s, 2, 0, 23, &t->hour) || !take(s, ':') ||
        !take_digits(s, 2, 0, 59, &t->minute))
        return false;
    if (!take(s, ':'))
        return true;
    return take_digits(s, 2, 0, 59, &t->second) &&
           ((!take(s, '.') && !take(s, ',')) || take_fraction(s, &t->ms));
}

static bool take_zone(str *s, struct time_parts *t)
{
    int hours, minutes = 0;
    if (!s->n || take(s, 'Z') || take(s, 'z'))
        return true;
    bool west = take(s, '-');
    if ((!west && !take(s, '+')) || !take_digits(s, 2, 0, 18, &hours))
        return false;
    if (s->n && (take(s, ':'), !take_digits(s, 2, 0, 59, &minutes)))
        return false;
    t->offset_s = (hours * 60 + minutes) * (west ? -60 : 60);
    return true;
}

static int days_in(int year, int month)
{
    return (int)(days_to(month == 12 ? year + 1 : year, month % 12 + 1) - days_to(year, month));
}

bool time_parse_iso(str s, int64_t *ret)
{
    struct time_parts t = {0};
    if (!take_digits(&s, 4, 0, 9999, &t.year) || !take(&s, '-') ||
        !take_digits(&s, 2, 1, 12, &t.month) || !take(&s, '-') ||
        !take_digits(&s, 2, 1, 31, &t.day) || t.day > days_in(t.year, t.month))
        return false;
    if ((take(&s, 'T') || take(&s, ' ')) && !take_clock(&s, &t))
        return false;
    if (!take_zone(&s, &t) || s.n)
        return false;
    *ret = time_join_utc(&t) - (int64_t)t.offset_s * 1000;
    return true;
}
