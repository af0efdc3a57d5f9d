/* Timer start event (format.md 2, semantics.md 15): messages by the clock. One struct timer per started route holds
 * the next due time of each schedule; its clock call re-arms itself. A timer whose last message still runs skips the
 * interval. Waits are cut at an hour, so that a changed wall clock is noticed. */
#include "base/log.h"
#include "base/time.h"
#include "engine/engine.h"
#include "engine/schedule.h"

#include <pthread.h>
#include <stdlib.h>

enum { LONGEST_WAIT_MS = 3600 * 1000, MAX_SCHEDULES = 64 };

struct timer_config {
    bool fire_now;
    bool throw_on_expiry;
    VEC(struct schedule *) schedules; /* without those that only fire at deployment */
};

struct timer {
    struct timer *next;
    const struct timer_config *cfg;
    struct artifact *artifact; /* borrowed; valid until stopped */
    struct engine *engine;
    const struct route *route;
    bool stopped, running, now;
    unsigned refs; /* of the list, the clock and the running message */
    uint64_t armed;
    int64_t due[MAX_SCHEDULES];
};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the list and all timers in it */
static struct timer *timers;

/* ---- configuration ---- */

static void add_schedule(struct timer_config *c, struct prepare *p, str text)
{
    struct schedule *s;
    struct err e = {0};
    if (!schedule_parse(p->arena, text, &s, &e))
        prepare_wrong(p, "the schedule '" STR_FMT "': %s", STR_ARG(text), e.msg);
    else if (schedule_kind(s) == SCHEDULE_NOW)
        c->fire_now = true;
    else if (schedule_kind(s) == SCHEDULE_NEVER)
        return;
    else if (c->schedules.n == MAX_SCHEDULES)
        prepare_unsupported(p, "a timer with more than %d schedules", MAX_SCHEDULES);
    else
        vec_add(p->arena, &c->schedules, s);
}

static bool is_schedule_row(str name)
{
    int64_t number;
    return str_starts(name, STR("schedule")) && str_to_i64(str_from(name, 8), &number);
}

static void prepare(void *cfg, struct prepare *p)
{
    struct timer_config *c = cfg;
    struct prepare_row *rows;
    size_t n;
    if (!prepare_rows(p, "scheduleKey", &rows, &n))
        return;
    for (size_t i = 0; i < n; i++) {
        str name = row_cell(&rows[i], "", 0), value = str_trim(row_cell(&rows[i], "", 1));
        if (is_schedule_row(name) && value.n)
            add_schedule(c, p, value);
        else if (str_eqz(name, "throwExceptionOnExpiry"))
            c->throw_on_expiry = str_eqz(value, "true");
    }
}

static void explain(const void *cfg, struct buf *out)
{
    const struct timer_config *c = cfg;
    buf_addf(out, "%s%zu schedules", c->fire_now ? "once at deployment, " : "", c->schedules.n);
}

/* ---- running; with the lock held unless said otherwise ---- */

static void drop(struct timer *t, unsigned n)
{
    t->refs -= n;
    if (!t->refs)
        free(t);
}

static int64_t next_due(const struct timer *t)
{
    int64_t due = t->now ? 0 : SCHEDULE_NEVER_AGAIN;
    for (size_t i = 0; i < t->cfg->schedules.n && !t->now; i++)
        if (t->due[i] < due)
            due = t->due[i];
    return due;
}

static void on_clock(void *arg);

static void arm(struct timer *t)
{
    int64_t due = next_due(t), now = time_now_ms();
    if (due == SCHEDULE_NEVER_AGAIN)
        return;
    int64_t wait = due > now ? due - now : 0;
    if (wait > LONGEST_WAIT_MS)
        wait = LONGEST_WAIT_MS;
    t->refs++;
    t->armed = engine_at(t->engine, time_monotonic_ms() + wait, on_clock, t);
}

/* Is a message due? Moves what has passed on to its next time. */
static bool take_due(struct timer *t)
{
    int64_t now = time_now_ms();
    bool due = t->now;
    t->now = false;
    for (size_t i = 0; i < t->cfg->schedules.n; i++)
        if (t->due[i] <= now) {
            due = true;
            t->due[i] = schedule_next(t->cfg->schedules.at[i], now);
        }
    return due;
}

/* Without the lock. */
static void on_end(void *arg, struct exchange *x)
{
    struct timer *t = arg;
    (void)x;
    pthread_mutex_lock(&lock);
    t->running = false;
    drop(t, 1);
    pthread_mutex_unlock(&lock);
}

/* Without the lock; takes the artifact's reference. t->running is set and a reference taken for the message. */
static void fire(struct timer *t, struct artifact *a, const struct route *r)
{
    struct err e = {0};
    const struct start s = {.route = r};
    struct exchange *x = exchange_new(a, &s, &e);
    if (x) {
        engine_start(x, on_end, t);
    } else {
        str id = artifact_info(a)->id;
        log_err(LOG_WARN, "timer.refused", &e, "timer of '" STR_FMT "'", STR_ARG(id));
        on_end(t, NULL);
    }
    artifact_unref(a);
}

/* Without the lock. */
static void on_clock(void *arg)
{
    struct timer *t = arg;
    struct artifact *a = NULL;
    const struct route *r = NULL;
    pthread_mutex_lock(&lock);
    if (!t->stopped) {
        if (take_due(t) && !t->running) {
            a = artifact_ref(t->artifact);
            r = t->route;
            t->running = true;
            t->refs++;
        }
        arm(t);
    }
    drop(t, 1);
    pthread_mutex_unlock(&lock);
    if (a)
        fire(t, a, r);
}

static bool start(const void *cfg, struct artifact *a, const struct route *r, bool first,
                  struct err *e)
{
    const struct timer_config *c = cfg;
    int64_t now = time_now_ms();
    struct timer *t = mem_alloc(sizeof *t);
    *t = (struct timer){
        .cfg = c, .artifact = a, .engine = artifact_engine(a), .route = r, .refs = 1};
    t->now = c->fire_now && first;
    for (size_t i = 0; i < c->schedules.n; i++)
        t->due[i] = schedule_next(c->schedules.at[i], now);
    if (c->throw_on_expiry && c->schedules.n && !c->fire_now &&
        next_due(t) == SCHEDULE_NEVER_AGAIN) {
        free(t);
        return err_set(e, ERR_BAD_REQUEST, "the timer's schedule lies wholly in the past");
    }
    pthread_mutex_lock(&lock);
    t->next = timers;
    timers = t;
    arm(t);
    pthread_mutex_unlock(&lock);
    return true;
}

static void stop(const void *cfg, struct artifact *a, const struct route *r)
{
    (void)cfg;
    pthread_mutex_lock(&lock);
    struct timer **at = &timers;
    while (*at && ((*at)->artifact != a || (*at)->route != r))
        at = &(*at)->next;
    struct timer *t = *at;
    if (t) {
        *at = t->next;
        t->stopped = true;
        bool cancelled = t->armed && engine_cancel(t->engine, t->armed);
        drop(t, cancelled ? 2 : 1); /* the list's, and the clock's when it does not run any more */
    }
    pthread_mutex_unlock(&lock);
}

const struct sender_type sender_timer = {
    .component = "timer",
    .cfg_size = sizeof(struct timer_config),
    .prepare = prepare,
    .start = start,
    .stop = stop,
    .explain = explain,
};
