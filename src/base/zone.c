/* Time zones out of TZif files (RFC 8536, version 2 and later): a table of transitions, and for
 * instants behind it the rule of the footer ("CET-1CEST,M3.5.0,M10.5.0/3"). Zones are kept in one
 * list for the life of the process; unknown names are not kept, so the list stays as small as
 * tzdata. */
#include "base/file.h"
#include "base/time.h"

#include <pthread.h>
#include <stdlib.h>

enum { LARGEST_FILE = 256 << 10, MOST_TYPES = 256, HEADER = 44 };

struct period { /* local time of one kind */
    int offset_s;
    char abbreviation[12];
};
struct rule {  /* a day of the year and a time of that day, as in a POSIX TZ */
    char kind; /* M: month, week, weekday; J: day 1..365 without leap days; 0: day 0..365 */
    int month, week, day, time_s;
};
struct time_zone {
    struct time_zone *next;
    str name;
    size_t n; /* transitions */
    const int64_t *at;
    const unsigned char *kind;
    struct period periods[MOST_TYPES];
    bool has_rule, has_summer;
    struct period winter, summer;
    struct rule start, end;
};

/* Java's short names (java.util.TimeZone); EST, MST and HST are zones of tzdata themselves. */
static const struct {
    char name[4];
    const char *zone;
} java_names[] = {
    {"ACT", "Australia/Darwin"              },
    {"AET", "Australia/Sydney"              },
    {"AGT", "America/Argentina/Buenos_Aires"},
    {"ART", "Africa/Cairo"                  },
    {"AST", "America/Anchorage"             },
    {"BET", "America/Sao_Paulo"             },
    {"BST", "Asia/Dhaka"                    },
    {"CAT", "Africa/Harare"                 },
    {"CNT", "America/St_Johns"              },
    {"CST", "America/Chicago"               },
    {"CTT", "Asia/Shanghai"                 },
    {"EAT", "Africa/Addis_Ababa"            },
    {"ECT", "Europe/Paris"                  },
    {"IET", "America/Indiana/Indianapolis"  },
    {"IST", "Asia/Kolkata"                  },
    {"JST", "Asia/Tokyo"                    },
    {"MIT", "Pacific/Apia"                  },
    {"NET", "Asia/Yerevan"                  },
    {"NST", "Pacific/Auckland"              },
    {"PLT", "Asia/Karachi"                  },
    {"PNT", "America/Phoenix"               },
    {"PRT", "America/Puerto_Rico"           },
    {"PST", "America/Los_Angeles"           },
    {"SST", "Pacific/Guadalcanal"           },
    {"VST", "Asia/Ho_Chi_Minh"              },
    {"Z",   "UTC"                           },
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct time_zone *known;
static struct arena *arena;

/* ---- POSIX TZ ---- */
static bool take(str *s, char c)
{
    if (!s->n || s->p[0] != c)
        return false;
    *s = str_from(*s, 1);
    return true;
}

static bool take_int(str *s, int most, int *ret)
{
    size_t i = 0;
    int v = 0;
    for (; i < s->n && s->p[i] >= '0' && s->p[i] <= '9' && v <= most; i++)
        v = v * 10 + (s->p[i] - '0');
    *s = str_from(*s, i);
    *ret = v;
    return i > 0 && v <= most;
}

/* [+-]hh[:mm[:ss]] */
static bool take_hms(str *s, int *ret)
{
    int h, m = 0, sec = 0;
    bool minus = take(s, '-');
    if (!minus)
        take(s, '+');
    if (!take_int(s, 167, &h) || (take(s, ':') && !take_int(s, 59, &m)) ||
        (take(s, ':') && !take_int(s, 59, &sec)))
        return false;
    *ret = (h * 3600 + m * 60 + sec) * (minus ? -1 : 1);
    return true;
}

static bool is_letter(char c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool take_name(str *s, char to[12])
{
    bool quoted = take(s, '<');
    size_t n = 0;
    while (n < s->n && (quoted ? s->p[n] != '>' : is_letter(s->p[n])))
        n++;
    if (n == 0 || n > 11)
        return false;
    memcpy(to, s->p, n);
    to[n] = 0;
    *s = str_from(*s, n);
    return !quoted || take(s, '>');
}

static bool take_rule(str *s, struct rule *r)
{
    *r = (struct rule){.time_s = 7200};
    if (!take(s, ','))
        return false;
    if (take(s, 'M')) {
        r->kind = 'M';
        if (!take_int(s, 12, &r->month) || !take(s, '.') || !take_int(s, 5, &r->week) ||
            !take(s, '.') || !take_int(s, 6, &r->day) || !r->month || !r->week)
            return false;
    } else {
        r->kind = take(s, 'J') ? 'J' : '0';
        if (!take_int(s, 365, &r->day))
            return false;
    }
    return !take(s, '/') || take_hms(s, &r->time_s);
}

static bool parse_rule(struct time_zone *z, str s)
{
    if (!take_name(&s, z->winter.abbreviation) || !take_hms(&s, &z->winter.offset_s))
        return false;
    z->winter.offset_s = -z->winter.offset_s; /* POSIX counts west of Greenwich */
    z->has_rule = true;
    if (!s.n)
        return true;
    z->summer.offset_s = z->winter.offset_s + 3600;
    if (!take_name(&s, z->summer.abbreviation))
        return false;
    if (s.n && s.p[0] != ',') {
        if (!take_hms(&s, &z->summer.offset_s))
            return false;
        z->summer.offset_s = -z->summer.offset_s;
    }
    z->has_summer = true;
    return take_rule(&s, &z->start) && take_rule(&s, &z->end) && !s.n;
}

static int64_t day_start_s(int year, int month, int day)
{
    return time_join_utc(&(struct time_parts){.year = year, .month = month, .day = day}) / 1000;
}

/* Seconds on the wall clock of the moment a rule names in a year. */
static int64_t rule_s(const struct rule *r, int year)
{
    if (r->kind != 'M') {
        int64_t leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        int64_t days = r->kind == '0' ? r->day : r->day - 1 + (leap && r->day >= 60);
        return day_start_s(year, 1, 1) + days * 86400 + r->time_s;
    }
    struct time_parts first;
    int64_t month = day_start_s(year, r->month, 1), next = day_start_s(year, r->month + 1, 1);
    time_split_utc(month * 1000, &first);
    int64_t day = month + ((r->day - first.weekday + 7) % 7 + (r->week - 1) * 7) * (int64_t)86400;
    return (day >= next ? day - 7 * 86400 : day) + r->time_s;
}

static const struct period *by_rule(const struct time_zone *z, int64_t s)
{
    struct time_parts t;
    if (!z->has_summer)
        return &z->winter;
    time_split_utc((s + z->winter.offset_s) * 1000, &t);
    int64_t start = rule_s(&z->start, t.year) - z->winter.offset_s;
    int64_t end = rule_s(&z->end, t.year) - z->summer.offset_s;
    bool summer = start < end ? s >= start && s < end : s >= start || s < end;
    return summer ? &z->summer : &z->winter;
}

/* ---- TZif ---- */
static uint64_t number(const char *p, int n)
{
    uint64_t v = 0;
    for (int i = 0; i < n; i++)
        v = v << 8 | (unsigned char)p[i];
    return v;
}

struct counts {
    size_t utc, std, leap, times, types, chars;
};

static bool read_counts(str f, struct counts *c)
{
    size_t *to = &c->utc;
    if (f.n < HEADER || !str_starts(f, STR("TZif")))
        return false;
    for (int i = 0; i < 6; i++)
        to[i] = number(f.p + 20 + 4 * i, 4);
    return c->times <= LARGEST_FILE && c->types <= MOST_TYPES && c->chars <= LARGEST_FILE &&
           c->leap <= LARGEST_FILE && c->std <= MOST_TYPES && c->utc <= MOST_TYPES;
}

static size_t block_size(const struct counts *c, size_t time_size)
{
    return c->times * (time_size + 1) + c->types * 6 + c->chars + c->leap * (time_size + 4) +
           c->std + c->utc;
}

static bool read_periods(struct time_zone *z, const char *types, const struct counts *c)
{
    const char *chars = types + 6 * c->types;
    for (size_t i = 0; i < c->types; i++) {
        size_t at = (unsigned char)types[6 * i + 5];
        if (at >= c->chars)
            return false;
        str name = {chars + at, strnlen(chars + at, c->chars - at)};
        name = str_sub(name, 0, sizeof z->periods[i].abbreviation - 1);
        memcpy(z->periods[i].abbreviation, name.p, name.n);
        z->periods[i].offset_s = (int)(int32_t)number(types + 6 * i, 4);
    }
    for (size_t i = 0; i < z->n; i++)
        if (z->kind[i] >= c->types)
            return false;
    return c->types > 0;
}

static bool parse_file(struct arena *a, struct time_zone *z, str f)
{
    struct counts c;
    if (!read_counts(f, &c) || f.p[4] < '2')
        return false;
    f = str_from(f, HEADER + block_size(&c, 4));
    if (!read_counts(f, &c) || f.n - HEADER < block_size(&c, 8) + 2)
        return false;
    const char *p = f.p + HEADER;
    int64_t *at = arena_new_array(a, int64_t, c.times);
    for (size_t i = 0; i < c.times; i++)
        at[i] = (int64_t)number(p + 8 * i, 8);
    z->n = c.times;
    z->at = at;
    z->kind = (const unsigned char *)arena_str(a, (str){p + 8 * c.times, c.times}).p;
    str footer = str_trim(str_from(f, HEADER + block_size(&c, 8)));
    return read_periods(z, p + 9 * c.times, &c) && (!footer.n || parse_rule(z, footer));
}

static bool plausible(str name)
{
    bool ok = name.n && name.n < 64 && is_letter(name.p[0]);
    for (size_t i = 0; i < name.n; i++)
        ok = ok && (is_letter(name.p[i]) || (name.p[i] >= '0' && name.p[i] <= '9') ||
                    (name.p[i] && strchr("/_+-", name.p[i])));
    return ok;
}

static bool load_file(struct arena *a, struct time_zone *z, str name)
{
    const char *folder = getenv("TZDIR");
    struct err e;
    str f;
    folder = folder ? folder : "/usr/share/zoneinfo";
    str path = arena_fmt(a, "%s/" STR_FMT, folder, STR_ARG(name));
    return plausible(name) && file_read(a, path.p, LARGEST_FILE, &f, &e) && parse_file(a, z, f);
}

/* "GMT+2", "GMT+02:00", "UTC-0330" */
static bool fixed_offset(struct arena *a, struct time_zone *z, str s)
{
    int h, m = 0;
    if (!str_starts(s, STR("GMT")) && !str_starts(s, STR("UTC")))
        return false;
    s = str_from(s, 3);
    bool west = take(&s, '-');
    if ((!west && !take(&s, '+')) || s.n > 5)
        return false;
    bool packed = s.n == 4 && s.p[1] != ':';
    if (!take_int(&s, packed ? 2359 : 23, &h) || (take(&s, ':') && !take_int(&s, 59, &m)) || s.n)
        return false;
    if (packed) {
        m = h % 100;
        h /= 100;
    }
    str name = arena_fmt(a, "GMT%c%02d:%02d", west ? '-' : '+', h, m);
    memcpy(z->winter.abbreviation, name.p, name.n < 12 ? name.n : 11);
    z->winter.offset_s = (h * 60 + m) * (west ? -60 : 60);
    z->has_rule = true;
    return m < 60;
}

static const struct time_zone *load(str name)
{
    AUTO(arena) struct arena *scratch = arena_new();
    struct time_zone *z = arena_new_of(scratch, struct time_zone);
    str of = name;
    for (size_t i = 0; i < COUNT(java_names); i++)
        if (str_eqz(name, java_names[i].name))
            of = str_of(java_names[i].zone);
    if (!fixed_offset(scratch, z, of) && !load_file(scratch, z, of))
        return NULL;
    arena = arena ? arena : arena_new();
    struct time_zone *keep = arena_new_of(arena, struct time_zone);
    *keep = *z;
    keep->name = arena_str(arena, name);
    int64_t *at = arena_new_array(arena, int64_t, z->n);
    if (z->n)
        memcpy(at, z->at, z->n * sizeof *at);
    keep->at = at;
    keep->kind = (const unsigned char *)arena_str(arena, (str){(const char *)z->kind, z->n}).p;
    keep->next = known;
    return known = keep;
}

const struct time_zone *time_zone_named(str name)
{
    const struct time_zone *z;
    pthread_mutex_lock(&lock);
    for (z = known; z && !str_eq(z->name, name);)
        z = z->next;
    z = z ? z : load(name);
    pthread_mutex_unlock(&lock);
    return z;
}

static const struct period *period_at(const struct time_zone *z, int64_t s)
{
    if (!z->n || s >= z->at[z->n - 1])
        return z->has_rule ? by_rule(z, s) : &z->periods[z->n ? z->kind[z->n - 1] : 0];
    size_t low = 0, high = z->n; /* the number of transitions at or before s */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (z->at[middle] <= s)
            low = middle + 1;
        else
            high = middle;
    }
    return &z->periods[low ? z->kind[low - 1] : 0];
}

static int64_t offset_ms(const struct time_zone *z, int64_t ms)
{
    return (int64_t)period_at(z, ms / 1000 - (ms % 1000 < 0))->offset_s * 1000;
}

void time_split(int64_t ms, const struct time_zone *z, struct time_parts *ret)
{
    const struct period *p = period_at(z, ms / 1000 - (ms % 1000 < 0));
    time_split_utc(ms + (int64_t)p->offset_s * 1000, ret);
    ret->offset_s = p->offset_s;
    memcpy(ret->zone, p->abbreviation, sizeof ret->zone);
}

int64_t time_join(const struct time_parts *p, const struct time_zone *z)
{
    enum { DAY = 86400000 };
    int64_t local = time_join_utc(p);
    int64_t before = offset_ms(z, local - DAY), after = offset_ms(z, local + DAY);
    bool as_after = offset_ms(z, local - after) == after;
    return as_after ? local - after : local - before;
}
