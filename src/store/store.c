/* The interface: opening, the readers at rest, batches. Readers are a stack, not bound to threads:
 * the one used last has the warmest cache, a query inside a row function takes a second one, and
 * threads that come and go leave nothing behind. */
#include "store/driver.h"
#include "store/large.h"
#include "store/place.h"
#include "store/schema.h"
#include "store/secret.h"
#include "store/writer.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

enum { IDLE_READERS = 64 };
struct store {
    const struct driver *driver;
    struct place place;
    struct writer *writer;
    struct secret_key *key;
    pthread_mutex_t lock; /* guards what follows */
    struct conn *idle[IDLE_READERS];
    size_t nidle;
    uint64_t readers;
};

/* ---- batches ---- */
struct store_batch *store_batch_new(void)
{
    struct arena *a = arena_new();
    struct store_batch *b = arena_new_of(a, struct store_batch);
    b->arena = a;
    return b;
}

void store_batch_free(struct store_batch *b)
{
    if (!b)
        return;
    large_settle(b);
    arena_free(b->arena);
}

void store_batch_add(struct store_batch *b, const char *sql, const struct value *binds, size_t n)
{
    struct store_statement *t = arena_new_of(b->arena, struct store_statement);
    t->sql = arena_str(b->arena, str_of(sql));
    t->binds = arena_new_array(b->arena, struct value, n);
    t->nbinds = n;
    for (size_t i = 0; i < n; i++) {
        t->binds[i] = binds[i];
        if (binds[i].kind == V_TEXT || binds[i].kind == V_BYTES)
            t->binds[i].s = arena_str(b->arena, binds[i].s);
    }
    *(b->last ? &b->last->next : &b->first) = t;
    b->last = t;
}

void store_batch_expect_one(struct store_batch *b, enum err_code code, const char *msg)
{
    assert(b->last);
    b->last->expect = code;
    b->last->expect_msg = arena_strdup(b->arena, str_of(msg));
}

void store_commit(struct store *s, struct store_batch *b, store_done_fn *done, void *arg)
{
    struct transaction *own = transaction_of(s);
    b->done = done;
    b->arg = arg;
    if (own)
        transaction_commit(own, b);
    else
        writer_add(s->writer, b);
}

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    const struct store_batch *batch;
    uint64_t rows;
    bool done, ok;
    struct err *e;
};

static void wake(void *arg, bool ok, const struct err *e)
{
    struct waiter *w = arg;
    pthread_mutex_lock(&w->lock);
    w->done = true;
    w->ok = ok;
    w->rows = w->batch->rows;
    if (!ok)
        *w->e = *e;
    pthread_cond_signal(&w->cond);
    pthread_mutex_unlock(&w->lock);
}

bool batch_commit_wait(struct store *s, struct store_batch *b, uint64_t *ret_rows, struct err *e)
{
    struct waiter w = {.batch = b, .e = e};
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.cond, NULL);
    store_commit(s, b, wake, &w);
    pthread_mutex_lock(&w.lock);
    while (!w.done)
        pthread_cond_wait(&w.cond, &w.lock);
    pthread_mutex_unlock(&w.lock);
    pthread_cond_destroy(&w.cond);
    pthread_mutex_destroy(&w.lock);
    *ret_rows = w.rows;
    return w.ok;
}

bool store_commit_wait(struct store *s, struct store_batch *b, struct err *e)
{
    uint64_t rows;
    return batch_commit_wait(s, b, &rows, e);
}

/* ---- reading ---- */
static bool take_reader(struct store *s, struct conn **ret, struct err *e)
{
    pthread_mutex_lock(&s->lock);
    struct conn *c = s->nidle ? s->idle[--s->nidle] : NULL;
    s->readers += !c;
    pthread_mutex_unlock(&s->lock);
    if (!c && !s->driver->open(s->place.where, CONN_READ, s->place.durable, &c, e))
        return false;
    *ret = c;
    return true;
}

static void put_reader(struct store *s, struct conn *c)
{
    pthread_mutex_lock(&s->lock);
    if (!writer_generation(s->writer)) /* those at rest have let go already */
        s->driver->let_go(c);
    bool keep = s->nidle < IDLE_READERS;
    if (keep)
        s->idle[s->nidle++] = c;
    pthread_mutex_unlock(&s->lock);
    if (!keep)
        s->driver->close(c);
}

static void let_readers_go(void *arg)
{
    struct store *s = arg;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->nidle; i++)
        s->driver->let_go(s->idle[i]);
    pthread_mutex_unlock(&s->lock);
}

bool store_query_sql(struct store *s, const struct store_sql *sql, const struct value *binds,
                     size_t nbinds, store_row_fn *fn, void *arg, struct err *e)
{
    struct conn *c = NULL;
    struct transaction *own = transaction_of(s);
    if (own)
        return transaction_query(own, sql, binds, nbinds, fn, arg, e);
    if (!take_reader(s, &c, e))
        return false;
    s->driver->at(c, writer_generation(s->writer));
    bool ok = s->driver->query(c, sql, binds, nbinds, fn, arg, e);
    put_reader(s, c);
    return ok;
}

bool store_query(struct store *s, const char *sql, const struct value *binds, size_t nbinds,
                 store_row_fn *fn, void *arg, struct err *e)
{
    struct store_sql once = store_sql(str_of(sql));
    once.kept = false;
    return store_query_sql(s, &once, binds, nbinds, fn, arg, e);
}

struct first_row {
    struct arena *arena;
    struct value *ret;
    size_t n;
    bool found;
};

static bool copy_row(void *arg, const struct value *columns, size_t n)
{
    struct first_row *f = arg;
    for (size_t i = 0; i < f->n; i++) {
        f->ret[i] = i < n ? columns[i] : VALUE_NULL;
        if (f->ret[i].kind == V_TEXT || f->ret[i].kind == V_BYTES)
            f->ret[i].s = arena_str(f->arena, f->ret[i].s);
    }
    f->found = true;
    return false;
}

bool store_get(struct store *s, struct arena *a, const char *sql, const struct value *binds,
               size_t nbinds, struct value *ret, size_t n, bool *ret_found, struct err *e)
{
    struct first_row f = {a, ret, n, false};
    if (!store_query(s, sql, binds, nbinds, copy_row, &f, e))
        return false;
    *ret_found = f.found;
    return true;
}

/* ---- opening ---- */
bool store_open(const struct store_config *c, struct store **ret, struct err *e)
{
    if (c->url.p)
        return err_set(e, ERR_NOT_IMPLEMENTED, "only the embedded store is built in, not '%.*s'",
                       STR_ARG(str_sub(c->url, 0, str_find(c->url, STR(":"), 0))));
    struct store *s = memset(mem_alloc(sizeof *s), 0, sizeof *s);
    s->driver = &driver_sqlite;
    pthread_mutex_init(&s->lock, NULL);
    if (!place_take(&s->place, c->dir, e) || !secret_key_open(s->place.dir, &s->key, e) ||
        !writer_start(s->driver, s->place.where, s->place.durable, let_readers_go, s, &s->writer,
                      e) ||
        !schema_open(s, e)) {
        store_close(s);
        return err_ctx(e, "opening the store");
    }
    *ret = s;
    return true;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    writer_stop(s->writer);
    for (size_t i = 0; i < s->nidle; i++)
        s->driver->close(s->idle[i]);
    secret_key_close(s->key);
    place_leave(&s->place);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

const struct driver *store_driver(const struct store *s)
{
    return s->driver;
}

struct writer *store_writer(const struct store *s)
{
    return s->writer;
}

const struct place *store_place(const struct store *s)
{
    return &s->place;
}

void store_get_stats(struct store *s, struct store_stats *ret)
{
    writer_get_stats(s->writer, ret);
    pthread_mutex_lock(&s->lock);
    ret->readers = s->readers;
    pthread_mutex_unlock(&s->lock);
}

str store_seal(struct store *s, struct arena *a, str plain)
{
    return secret_seal(s->key, a, plain);
}

bool store_unseal(struct store *s, struct arena *a, str sealed, str *ret, struct err *e)
{
    return secret_unseal(s->key, a, sealed, ret, e);
}
