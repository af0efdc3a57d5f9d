/* time: wall clock and texts of instants. Instants are milliseconds since 1970-01-01T00:00Z.
 * Time zones are read from tzdata's TZif files (RFC 8536); no process-wide TZ is touched. */
#ifndef BASE_TIME_H
#define BASE_TIME_H
#include "base/arena.h"

int64_t time_now_ms(void);       /* CLOCK_REALTIME */
int64_t time_monotonic_ms(void); /* for deadlines */
int64_t time_monotonic_us(void);
struct time_parts {
    int year, month, day, hour, minute, second, ms; /* month 1..12 */
    int weekday;                                    /* 0 Sunday .. 6 */
    int yearday;                                    /* 1.. */
    int offset_s;                                   /* east of UTC */
    char zone[12];                                  /* "CEST", "-03", "GMT+02:00" */
};
void time_split_utc(int64_t ms, struct time_parts *ret);
int64_t time_join_utc(const struct time_parts *p); /* out-of-range fields are carried over */
/* Zone names as in tzdata ("Europe/Berlin", "Etc/GMT"), Java's three-letter IDs ("IST", "CST",
 * "PST") and "GMT+2" / "GMT+02:00". NULL: unknown. The zone is cached for the life of the process.
 */
struct time_zone;
const struct time_zone *time_zone_named(str name);
void time_split(int64_t ms, const struct time_zone *z, struct time_parts *ret);
/* Local time to instant, as java.util.GregorianCalendar does: a gap moves forward, the repeated
 * hour is taken as standard time. */
int64_t time_join(const struct time_parts *p, const struct time_zone *z);
/* "2026-10-31T07:00:00.123Z"; ms are left out when 0 and !always_ms. */
str time_iso(struct arena *a, int64_t ms, bool always_ms);
/* ISO 8601 date, or date and time, with optional fraction and zone (none: UTC). */
bool time_parse_iso(str s, int64_t *ret) MUST_USE;
#endif
