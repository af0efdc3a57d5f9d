/* Group commit: while one group is on its way to the disk the next one gathers in the queue, so a
 * single producer never waits for company and many producers share an fsync.
 *
 * Checkpoints: a second thread moves the log's pages home beside the writer once CHECKPOINT pages
 * have gathered. Under constant load that never catches the last pages, and the log could not start
 * over; so after CATCH_UP pages the writer moves the short rest itself, between two groups. */
#include "store/writer.h"

#include "base/time.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    GROUP_BATCHES = 1024,
    GROUP_BYTES = 16 << 20,
    CHECKPOINT = 2000, /* pages of 4 KiB */
    CATCH_UP = 8000,
};
struct writer {
    const struct driver *driver;
    struct conn *conn, *helper; /* helper: the checkpointer's */
    pthread_t thread, checkpointer;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t arrived, overdue;
    struct store_batch *first, **last;
    bool stopping, checkpoint_due;
    struct store_stats stats;
    size_t moved, caught_up; /* the writer thread's: backlog at the last checkpoint of each kind */
};

/* Waits for work; NULL when there will be none. */
static struct store_batch *take_group(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->first && !w->stopping)
        pthread_cond_wait(&w->arrived, &w->lock);
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

static void acknowledge(struct store_batch *group)
{
    for (struct store_batch *b = group, *next; b; b = next) {
        next = b->next;
        if (b->done)
            b->done(b->arg, b->ok, b->ok ? NULL : &b->e);
        store_batch_free(b);
    }
}

static void checkpoint(struct writer *w, struct conn *c)
{
    int64_t since = time_monotonic_us();
    w->driver->maintain(c);
    uint64_t us = (uint64_t)(time_monotonic_us() - since);
    pthread_mutex_lock(&w->lock);
    w->stats.checkpoints++;
    if (us > w->stats.checkpoint_us_max)
        w->stats.checkpoint_us_max = us;
    pthread_mutex_unlock(&w->lock);
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
        checkpoint(w, w->conn);
        w->moved = backlog;
    } else if (is_due(backlog, &w->moved, CHECKPOINT)) {
        pthread_mutex_lock(&w->lock);
        w->checkpoint_due = true;
        pthread_cond_signal(&w->overdue);
        pthread_mutex_unlock(&w->lock);
    }
}

static void *write_groups(void *arg)
{
    struct writer *w = arg;
    struct store_batch *group;
    while ((group = take_group(w))) {
        uint64_t commit_us = w->driver->apply(w->conn, group);
        count(w, group, commit_us);
        acknowledge(group);
        check_backlog(w);
    }
    return NULL;
}

static void *run_checkpoints(void *arg)
{
    struct writer *w = arg;
    pthread_mutex_lock(&w->lock);
    while (!w->stopping) {
        if (!w->checkpoint_due) {
            pthread_cond_wait(&w->overdue, &w->lock);
            continue;
        }
        w->checkpoint_due = false;
        pthread_mutex_unlock(&w->lock);
        checkpoint(w, w->helper);
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
    if (!w->first)
        pthread_cond_signal(&w->arrived);
    *w->last = b;
    w->last = &b->next;
    w->stats.queued++;
    pthread_mutex_unlock(&w->lock);
}

void writer_get_stats(struct writer *w, struct store_stats *ret)
{
    pthread_mutex_lock(&w->lock);
    *ret = w->stats;
    pthread_mutex_unlock(&w->lock);
}

static void release(struct writer *w)
{
    w->driver->close(w->helper);
    w->driver->close(w->conn);
    pthread_cond_destroy(&w->overdue);
    pthread_cond_destroy(&w->arrived);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static void name_thread(pthread_t t, const char *name)
{
    pthread_setname_np(t, name);
}

bool writer_start(const struct driver *d, str where, bool durable, struct writer **ret,
                  struct err *e)
{
    struct writer *w = memset(mem_alloc(sizeof *w), 0, sizeof *w);
    w->driver = d;
    w->last = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->arrived, NULL);
    pthread_cond_init(&w->overdue, NULL);
    if (!d->open(where, CONN_WRITE, durable, &w->conn, e) ||
        !d->open(where, CONN_WRITE, durable, &w->helper, e)) {
        release(w);
        return false;
    }
    if (pthread_create(&w->thread, NULL, write_groups, w)) {
        release(w);
        return err_set(e, ERR_UNAVAILABLE, "the system allows no further thread");
    }
    name_thread(w->thread, "store-writer");
    if (pthread_create(&w->checkpointer, NULL, run_checkpoints, w)) {
        w->checkpointer = w->thread;
        writer_stop(w);
        return err_set(e, ERR_UNAVAILABLE, "the system allows no further thread");
    }
    name_thread(w->checkpointer, "store-checkpt");
    *ret = w;
    return true;
}

void writer_stop(struct writer *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->arrived);
    pthread_cond_signal(&w->overdue);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    if (!pthread_equal(w->checkpointer, w->thread))
        pthread_join(w->checkpointer, NULL);
    release(w);
}
