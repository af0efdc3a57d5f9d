/* Timers: a binary heap and a thread that sleeps until the first is due, then hands it to a worker. A timer's slot
 * knows its place in the heap, so cancelling is as cheap as adding; the id is slot and generation. */
#include "engine/inside.h"

#include <stdlib.h>
#include <time.h>

struct timer {
    int64_t due;
    pool_fn *fn;
    void *arg;
    uint32_t generation;
    uint32_t place; /* in the heap, from 1; 0: free */
    uint32_t next_free;
};
struct clock {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    struct pool *workers;
    bool stop;
    struct timer *slots;
    uint32_t nslots, cap, free; /* free: slot + 1 */
    uint32_t *heap;             /* slots; [0] unused */
    uint32_t n;
};

static void place(struct clock *c, uint32_t at, uint32_t slot)
{
    c->heap[at] = slot;
    c->slots[slot].place = at;
}

static int64_t due(const struct clock *c, uint32_t at)
{
    return c->slots[c->heap[at]].due;
}

static void sift_up(struct clock *c, uint32_t at)
{
    uint32_t slot = c->heap[at];
    for (; at > 1 && due(c, at / 2) > c->slots[slot].due; at /= 2)
        place(c, at, c->heap[at / 2]);
    place(c, at, slot);
}

static void sift_down(struct clock *c, uint32_t at)
{
    uint32_t slot = c->heap[at];
    for (uint32_t child; (child = at * 2) <= c->n; at = child) {
        if (child < c->n && due(c, child + 1) < due(c, child))
            child++;
        if (due(c, child) >= c->slots[slot].due)
            break;
        place(c, at, c->heap[child]);
    }
    place(c, at, slot);
}

static void take_out(struct clock *c, uint32_t at)
{
    uint32_t slot = c->heap[at], last = c->heap[c->n--];
    if (last != slot) {
        place(c, at, last);
        sift_up(c, at);
        sift_down(c, c->slots[last].place);
    }
    c->slots[slot].place = 0;
    c->slots[slot].generation++;
    c->slots[slot].next_free = c->free;
    c->free = slot + 1;
}

static uint32_t take_slot(struct clock *c)
{
    if (c->free) {
        uint32_t slot = c->free - 1;
        c->free = c->slots[slot].next_free;
        return slot;
    }
    if (c->nslots == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 64;
        c->slots = mem_realloc(c->slots, c->cap * sizeof *c->slots);
        c->heap = mem_realloc(c->heap, (c->cap + 1) * sizeof *c->heap);
    }
    c->slots[c->nslots].generation = 1;
    return c->nslots++;
}

uint64_t clock_at(struct clock *c, int64_t monotonic_ms, pool_fn *fn, void *arg)
{
    pthread_mutex_lock(&c->lock);
    uint32_t slot = take_slot(c);
    struct timer *t = &c->slots[slot];
    t->due = monotonic_ms;
    t->fn = fn;
    t->arg = arg;
    uint64_t id = (uint64_t)t->generation << 32 | slot;
    c->heap[++c->n] = slot;
    sift_up(c, c->n);
    bool first = c->heap[1] == slot;
    pthread_mutex_unlock(&c->lock);
    if (first)
        pthread_cond_signal(&c->changed);
    return id;
}

bool clock_cancel(struct clock *c, uint64_t id)
{
    uint32_t slot = (uint32_t)id;
    pthread_mutex_lock(&c->lock);
    bool there = slot < c->nslots && c->slots[slot].place && c->slots[slot].generation == id >> 32;
    if (there)
        take_out(c, c->slots[slot].place);
    pthread_mutex_unlock(&c->lock);
    return there;
}

/* Sleeps until ms or a change; the lock is held before and after. */
static void sleep_until(struct clock *c, int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    pthread_cond_timedwait(&c->changed, &c->lock, &t);
}

static void *tick(void *arg)
{
    struct clock *c = arg;
    pthread_mutex_lock(&c->lock);
    while (!c->stop) {
        if (!c->n) {
            pthread_cond_wait(&c->changed, &c->lock);
        } else if (due(c, 1) > time_monotonic_ms()) {
            sleep_until(c, due(c, 1));
        } else {
            struct timer t = c->slots[c->heap[1]];
            take_out(c, 1);
            pool_add(c->workers, t.fn, t.arg);
        }
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

struct clock *clock_new(struct pool *workers)
{
    struct clock *c = mem_alloc(sizeof *c);
    *c = (struct clock){.workers = workers};
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&c->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&c->lock, NULL);
    if (pthread_create(&c->thread, NULL, tick, c) != 0)
        abort();
    return c;
}

void clock_stop(struct clock *c)
{
    pthread_mutex_lock(&c->lock);
    c->stop = true;
    pthread_mutex_unlock(&c->lock);
    pthread_cond_signal(&c->changed);
    pthread_join(c->thread, NULL);
}

void clock_free(struct clock *c)
{
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c->slots);
    free(c->heap);
    free(c);
}
