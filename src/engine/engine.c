/* Opening and closing. An engine that closes with messages still parked (a receiver has not answered) logs them
 * ABANDONED and is kept, closed, so that a completion that comes late finds it and does nothing. */
#include "engine/inside.h"

#include <stdlib.h>
#include <time.h>

enum { BLOCKING = 8, MAX_EXCHANGES = 20000, MAX_STEPS = 10000000, QUEUE = 100000 };

static struct engine *abandoned_engines; /* reachable on purpose */

bool engine_open(const struct engine_config *c, struct engine **ret, struct err *e)
{
    struct engine *g = mem_alloc(sizeof *g);
    memset(g, 0, sizeof *g);
    g->config = *c;
    if (!g->config.blocking)
        g->config.blocking = BLOCKING;
    if (!g->config.max_exchanges)
        g->config.max_exchanges = MAX_EXCHANGES;
    if (!g->config.max_steps)
        g->config.max_steps = MAX_STEPS;
    g->workers = pool_new("worker", g->config.workers, QUEUE);
    g->blocking = pool_new("blocking", g->config.blocking, QUEUE);
    g->clock = clock_new(g->workers);
    artifacts_open(g);
    if (!monitor_open(g, e)) {
        engine_close(g, 0);
        return err_ctx(e, "opening the message processing log");
    }
    *ret = g;
    return true;
}

static void wait_for_messages(struct engine *g, unsigned grace_ms)
{
    int64_t until = time_monotonic_ms() + grace_ms;
    struct timespec pause = {.tv_nsec = 2000000};
    while (atomic_load(&g->in_flight) && time_monotonic_ms() < until)
        nanosleep(&pause, NULL);
}

void engine_close(struct engine *g, unsigned grace_ms)
{
    if (!g)
        return;
    atomic_store(&g->closing, true);
    artifacts_stop(g);
    wait_for_messages(g, grace_ms);
    atomic_store(&g->closed, true);
    monitor_close(g);
    clock_stop(g->clock);
    pool_free(g->blocking);
    pool_free(g->workers);
    clock_free(g->clock);
    if (atomic_load(&g->in_flight)) {
        g->kept = abandoned_engines;
        abandoned_engines = g;
        return;
    }
    artifacts_close(g);
    free(g);
}

const struct engine_config *engine_config(const struct engine *g)
{
    return &g->config;
}

void engine_run_blocking(struct engine *g, pool_fn *fn, void *arg)
{
    pool_add(g->blocking, fn, arg);
}

uint64_t engine_at(struct engine *g, int64_t monotonic_ms, pool_fn *fn, void *arg)
{
    return clock_at(g->clock, monotonic_ms, fn, arg);
}

bool engine_cancel(struct engine *g, uint64_t id)
{
    return clock_cancel(g->clock, id);
}
