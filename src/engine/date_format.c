#include "engine/date_format.h"

static const char *const MONTHS[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const DAYS[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                   "Thursday", "Friday", "Saturday"};

struct piece {
    struct buf *out;
    struct time_parts t;
    const struct time_zone *zone;
    char letter;
    size_t n; /* how often the letter stands there */
};

static void number(const struct piece *p, long long v)
{
    buf_addf(p->out, "%0*lld", (int)(p->n < 20 ? p->n : 20), v);
}

static void name(const struct piece *p, const char *full)
{
    buf_add(p->out, str_sub(str_of(full), 0, p->n >= 4 ? SIZE_MAX : 3));
}

static void year(const struct piece *p)
{
    if (p->n == 2)
        buf_addf(p->out, "%02d", p->t.year % 100);
    else
        number(p, p->t.year);
}

static void month(const struct piece *p)
{
    if (p->n >= 3)
        name(p, MONTHS[p->t.month - 1]);
    else
        number(p, p->t.month);
}

/* Weeks as in the locale en_US: they begin on Sunday, the first holds January 1st. */
static int week_of_year(const struct time_parts *t)
{
    int first = ((t->weekday - t->yearday + 1) % 7 + 7) % 7; /* weekday of January 1st */
    bool leap = (t->year % 4 == 0 && t->year % 100 != 0) || t->year % 400 == 0;
    int days = 365 + leap, week = (t->yearday - 1 + first) / 7 + 1;
    int next_first = (first + days) % 7;
    return t->yearday > days - next_first && next_first ? 1 : week;
}

static void week_year(const struct piece *p)
{
    struct piece q = *p;
    if (week_of_year(&p->t) == 1 && p->t.month == 12)
        q.t.year++;
    year(&q);
}

static void offset(const struct piece *p, const char *before, const char *colon)
{
    int s = p->t.offset_s, minutes = (s < 0 ? -s : s) / 60;
    buf_addf(p->out, "%s%c%02d%s%02d", before, s < 0 ? '-' : '+', minutes / 60, colon,
             minutes % 60);
}

static void zone_rfc(const struct piece *p)
{
    offset(p, "", "");
}

static void zone_iso(const struct piece *p)
{
    if (!p->t.offset_s)
        buf_add_char(p->out, 'Z');
    else if (p->n == 1)
        buf_addf(p->out, "%c%02d", p->t.offset_s < 0 ? '-' : '+',
                 (p->t.offset_s < 0 ? -p->t.offset_s : p->t.offset_s) / 3600);
    else
        offset(p, "", p->n == 2 ? "" : ":");
}

static void zone_name(const struct piece *p)
{
    bool named = p->t.zone[0] && p->t.zone[0] != '+' && p->t.zone[0] != '-';
    if (p->n >= 4 && str_eqz(STR("UTC"), p->t.zone))
        buf_addz(p->out, "Coordinated Universal Time");
    else if (named)
        buf_addz(p->out, p->t.zone);
    else
        offset(p, "GMT", ":");
}

static void write_piece(const struct piece *p)
{
    const struct time_parts *t = &p->t;
    int h12 = t->hour % 12;
    switch (p->letter) {
    case 'G':
        buf_addz(p->out, "AD");
        break;
    case 'y':
        year(p);
        break;
    case 'Y':
        week_year(p);
        break;
    case 'M':
    case 'L':
        month(p);
        break;
    case 'w':
        number(p, week_of_year(t));
        break;
    case 'W':
        number(p, (t->day - 1 + ((t->weekday - t->day + 1) % 7 + 7) % 7) / 7 + 1);
        break;
    case 'D':
        number(p, t->yearday);
        break;
    case 'd':
        number(p, t->day);
        break;
    case 'F':
        number(p, (t->day - 1) / 7 + 1);
        break;
    case 'E':
        name(p, DAYS[t->weekday]);
        break;
    case 'u':
        number(p, t->weekday ? t->weekday : 7);
        break;
    case 'a':
        buf_addz(p->out, t->hour < 12 ? "AM" : "PM");
        break;
    case 'H':
        number(p, t->hour);
        break;
    case 'k':
        number(p, t->hour ? t->hour : 24);
        break;
    case 'K':
        number(p, h12);
        break;
    case 'h':
        number(p, h12 ? h12 : 12);
        break;
    case 'm':
        number(p, t->minute);
        break;
    case 's':
        number(p, t->second);
        break;
    case 'S':
        number(p, t->ms);
        break;
    case 'z':
        zone_name(p);
        break;
    case 'Z':
        zone_rfc(p);
        break;
    default:
        zone_iso(p);
    }
}

static bool is_letter(char c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* A quoted text that begins at i; '' is a quote, inside and outside. The index behind it. */
static size_t quoted(struct buf *out, str p, size_t i)
{
    if (i + 1 < p.n && p.p[i + 1] == '\'') {
        buf_add_char(out, '\'');
        return i + 2;
    }
    for (i++; i < p.n; i++) {
        if (p.p[i] != '\'')
            buf_add_char(out, p.p[i]);
        else if (i + 1 < p.n && p.p[i + 1] == '\'')
            buf_add_char(out, p.p[i++]);
        else
            return i + 1;
    }
    return i;
}

bool date_format(struct buf *out, str pattern, int64_t ms, const struct time_zone *zone,
                 struct err *e)
{
    struct piece p = {.out = out, .zone = zone};
    if (zone)
        time_split(ms, zone, &p.t);
    else
        time_split_utc(ms, &p.t);
    for (size_t i = 0; i < pattern.n;) {
        char c = pattern.p[i];
        if (c == '\'') {
            i = quoted(out, pattern, i);
        } else if (!is_letter(c)) {
            buf_add_char(out, c);
            i++;
        } else if (!strchr("GyYMLwWDdFEuaHkKhmsSzZX", c)) {
            return err_set(e, ERR_BAD_REQUEST, "Illegal pattern character '%c' in '" STR_FMT "'", c,
                           STR_ARG(pattern));
        } else {
            p.letter = c;
            for (p.n = 0; i < pattern.n && pattern.p[i] == c; i++)
                p.n++;
            write_piece(&p);
        }
    }
    return true;
}

bool date_pattern_check(str pattern, struct err *e)
{
    AUTO(buf) struct buf out = BUF(65536);
    return date_format(&out, pattern, 0, NULL, e) && buf_check(&out, e);
}
