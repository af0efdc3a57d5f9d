/* schedule: when timers and polling adapters fire. Reads one schedule text of a scheduleKey (format.md 2):
 *   fireNow=true
 *   0+0/5+0-23+?+*+*+*&trigger.timeZone=Etc/GMT    Quartz: second minute hour day month weekday [year]
 *   simple.repeat=HOURS&simple.every=2&trigger.timeZone=...   MINUTES, HOURS, SECONDS, DAYS, NONE
 * "&amp;" is read as "&"; blanks separate cron fields as well as '+'. Zones by name (base/time.h). */
#ifndef ENGINE_SCHEDULE_H
#define ENGINE_SCHEDULE_H
#include "base/arena.h"
#include "base/err.h"

enum schedule_kind {
    SCHEDULE_NOW,   /* once, at deployment; schedule_next says never */
    SCHEDULE_CRON,
    SCHEDULE_EVERY, /* a fixed interval, counted from the start */
    SCHEDULE_NEVER  /* simple.repeat=NONE */
};
struct schedule;
/* ERR_BAD_REQUEST names the field. The schedule lives in the arena. */
bool schedule_parse(struct arena *a, str text, struct schedule **ret, struct err *e) MUST_USE;
enum schedule_kind schedule_kind(const struct schedule *s);
/* The first time strictly after after_ms (since 1970), to the second; SCHEDULE_NEVER_AGAIN when there is none
 * (looked for up to the year 2199). A local time that a zone skips (DST gap) moves by the gap; one that comes
 * twice fires once, the first time, unless the schedule is for every hour. */
#define SCHEDULE_NEVER_AGAIN INT64_MAX
int64_t schedule_next(const struct schedule *s, int64_t after_ms);
#endif
