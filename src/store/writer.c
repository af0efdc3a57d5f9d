/* Group commit: while one group is on its way to the disk the next one gathers in the queue, so a
 * single producer never waits for company and many producers share an fsync.
 *
 * A second thread does what may take long: it unlinks files of batches that are done, and it moves
 * the log's pages home beside the writer once CHECKPOINT pages have gathered. Under constant load
 * that never catches the last pages, and the log could not start over; so after CATCH_UP pages the
 * writer moves the short rest itself, between two groups. */
#include "store/writer.h"

#include "base/time.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    GROUP_BATCHES = 1024,
    GROUP_BYTES = 16 << 20,
    CHECKPOINT = 2000, /* pages of 4 KiB */
    CATCH_UP = 7000,   /* beside a multiple, when the helper is likely at rest */
};
struct writer {
    const struct driver *driver;
    char *where;
    bool durable;
    void (*rest)(void *arg);
    void *arg;
    _Atomic uint64_t generation;
    atomic_int moving;               /* checkpoints that are under way */
    struct conn *conn, *helper_conn; /* the helper's own, opened when it is first needed */
    pthread_t thread, helper;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t arrived, help, idle;
    struct store_batch *first, **last;
    struct store_batch *spent; /* for the helper to free */
    bool stopping, checkpoint_due;
    bool busy, lent;  /* who has conn: the writer thread, or a borrower */
    unsigned wanting; /* borrowers that wait; they go before the queue */
    struct store_stats stats;
    size_t moved, caught_up; /* the writer thread's: backlog at the last checkpoint of each kind */
};

/* Waits for work; NULL when there will be none. */
static struct store_batch *take_group(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    w->busy = false;
    if (w->wanting)
        pthread_cond_signal(&w->idle);
    while (w->lent || w->wanting || (!w->first && !w->stopping))
        pthread_cond_wait(&w->arrived, &w->lock);
    w->busy = true;
    struct store_batch *group = w->first, **end = &w->first;
    size_t n = 0, bytes = 0;
    for (; *end && n < GROUP_BATCHES && bytes < GROUP_BYTES; end = &(*end)->next) {
        n++;
        bytes += arena_size((*end)->arena);
    }
    w->first = *end;
    if (!w->first)
        w->last = &w->first;
    *end = NULL;
    w->stats.queued -= n;
    pthread_mutex_unlock(&w->lock);
    return group;
}

static void count(struct writer *w, const struct store_batch *group, uint64_t commit_us)
{
    struct store_stats *s = &w->stats;
    pthread_mutex_lock(&w->lock);
    s->commits++;
    s->commit_us += commit_us;
    if (commit_us > s->commit_us_max)
        s->commit_us_max = commit_us;
    for (const struct store_batch *b = group; b; b = b->next) {
        s->batches++;
        s->failed += !b->ok;
        s->rows += b->ok ? b->rows : 0;
    }
    pthread_mutex_unlock(&w->lock);
}

static void leave_to_helper(struct writer *w, struct store_batch *b)
{
    pthread_mutex_lock(&w->lock);
    b->next = w->spent;
    w->spent = b;
    pthread_cond_signal(&w->help);
    pthread_mutex_unlock(&w->lock);
}

static void acknowledge(struct writer *w, struct store_batch *group)
{
    for (struct store_batch *b = group, *next; b; b = next) {
        next = b->next;
        if (b->done)
            b->done(b->arg, b->ok, b->ok ? NULL : &b->e);
        if (b->files)
            leave_to_helper(w, b);
        else
            store_batch_free(b);
    }
}

static void free_batches(struct store_batch *list)
{
    for (struct store_batch *b = list, *next; b; b = next) {
        next = b->next;
        store_batch_free(b);
    }
}

static bool checkpoint(struct writer *w, struct conn *c, bool to_end)
{
    int64_t since = time_monotonic_us();
    w->moving++; /* readers at work let go with their next query */
    w->rest(w->arg);
    bool ok = w->driver->maintain(c, to_end);
    w->moving--;
    uint64_t us = (uint64_t)(time_monotonic_us() - since);
    pthread_mutex_lock(&w->lock);
    w->stats.checkpoints++;
    if (us > w->stats.checkpoint_us_max)
        w->stats.checkpoint_us_max = us;
    pthread_mutex_unlock(&w->lock);
    return ok;
}

/* A backlog smaller than last time means that the log has started over. A reader that stays long
 * keeps it from doing so; growth is what counts, or every commit would pay for a checkpoint. */
static bool is_due(size_t backlog, size_t *last, size_t growth)
{
    if (backlog < *last)
        *last = 0;
    if (backlog < *last + growth)
        return false;
    *last = backlog;
    return true;
}

static void check_backlog(struct writer *w)
{
    size_t backlog = w->driver->backlog(w->conn);
    if (is_due(backlog, &w->caught_up, CATCH_UP)) {
        if (!checkpoint(w, w->conn, true))
            w->caught_up = backlog - CATCH_UP + CHECKPOINT;
        w->moved = backlog;
    } else if (is_due(backlog, &w->moved, CHECKPOINT)) {
        pthread_mutex_lock(&w->lock);
        w->checkpoint_due = true;
        pthread_cond_signal(&w->help);
        pthread_mutex_unlock(&w->lock);
    }
}

static void *write_groups(void *arg)
{
    struct writer *w = arg;
    struct store_batch *group;
    while ((group = take_group(w))) {
        uint64_t commit_us = w->driver->apply(w->conn, group);
        w->generation++;
        count(w, group, commit_us);
        acknowledge(w, group);
        check_backlog(w);
    }
    return NULL;
}

/* Failing is harmless: the log grows until the next attempt. */
static void help_checkpoint(struct writer *w)
{
    struct err e;
    if (w->helper_conn ||
        w->driver->open(str_of(w->where), CONN_WRITE, w->durable, &w->helper_conn, &e))
        (void)!checkpoint(w, w->helper_conn, false);
}

static void *run_helper(void *arg)
{
    struct writer *w = arg;
    pthread_mutex_lock(&w->lock);
    while (!w->stopping) {
        if (!w->checkpoint_due && !w->spent) {
            pthread_cond_wait(&w->help, &w->lock);
            continue;
        }
        bool is_checkpoint = w->checkpoint_due;
        struct store_batch *spent = w->spent;
        w->checkpoint_due = false;
        w->spent = NULL;
        pthread_mutex_unlock(&w->lock);
        free_batches(spent);
        if (is_checkpoint)
            help_checkpoint(w);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

void writer_add(struct writer *w, struct store_batch *b)
{
    b->next = NULL;
    pthread_mutex_lock(&w->lock);
    assert(!w->stopping || pthread_equal(pthread_self(), w->thread));
    bool was_empty = !w->first;
    *w->last = b;
    w->last = &b->next;
    w->stats.queued++;
    pthread_mutex_unlock(&w->lock);
    if (was_empty)
        pthread_cond_signal(&w->arrived);
}

struct conn *writer_borrow(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    w->wanting++;
    while (w->busy || w->lent)
        pthread_cond_wait(&w->idle, &w->lock);
    w->wanting--;
    w->lent = true;
    pthread_mutex_unlock(&w->lock);
    return w->conn;
}

void writer_give_back(struct writer *w)
{
    w->generation++;
    check_backlog(w);
    pthread_mutex_lock(&w->lock);
    w->lent = false;
    pthread_cond_signal(&w->idle);
    pthread_cond_signal(&w->arrived);
    pthread_mutex_unlock(&w->lock);
}

uint64_t writer_generation(const struct writer *w)
{
    return atomic_load(&w->moving) ? 0 : atomic_load(&w->generation);
}

void writer_get_stats(struct writer *w, struct store_stats *ret)
{
    pthread_mutex_lock(&w->lock);
    *ret = w->stats;
    pthread_mutex_unlock(&w->lock);
}

static void release(struct writer *w)
{
    free_batches(w->spent);
    w->driver->close(w->helper_conn);
    w->driver->close(w->conn);
    pthread_cond_destroy(&w->idle);
    pthread_cond_destroy(&w->help);
    pthread_cond_destroy(&w->arrived);
    pthread_mutex_destroy(&w->lock);
    free(w->where);
    free(w);
}

static void stop_thread(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->arrived);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
}

static bool start_threads(struct writer *w, struct err *e)
{
    if (pthread_create(&w->thread, NULL, write_groups, w))
        return err_set(e, ERR_UNAVAILABLE, "the system allows no further thread");
    if (pthread_create(&w->helper, NULL, run_helper, w)) {
        stop_thread(w);
        return err_set(e, ERR_UNAVAILABLE, "the system allows no further thread");
    }
    pthread_setname_np(w->thread, "store-writer");
    pthread_setname_np(w->helper, "store-helper");
    return true;
}

bool writer_start(const struct driver *d, str where, bool durable, void (*rest)(void *arg),
                  void *arg, struct writer **ret, struct err *e)
{
    struct writer *w = memset(mem_alloc(sizeof *w), 0, sizeof *w);
    w->driver = d;
    w->where = mem_alloc(where.n + 1);
    snprintf(w->where, where.n + 1, "%.*s", STR_ARG(where));
    w->durable = durable;
    w->rest = rest;
    w->arg = arg;
    w->generation = 1;
    w->last = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->arrived, NULL);
    pthread_cond_init(&w->help, NULL);
    pthread_cond_init(&w->idle, NULL);
    w->busy = true; /* until its thread waits for work */
    if (!d->open(where, CONN_WRITE, durable, &w->conn, e) || !start_threads(w, e)) {
        release(w);
        return false;
    }
    *ret = w;
    return true;
}

void writer_stop(struct writer *w)
{
    if (!w)
        return;
    stop_thread(w);
    pthread_mutex_lock(&w->lock);
    pthread_cond_signal(&w->help);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->helper, NULL);
    release(w);
}
