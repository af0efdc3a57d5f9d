/* Deleting old rows in small batches. Their size follows the time that the last one took, commit and
 * queue included, so that nobody waits long for the writer and a purge shrinks when others are busy.
 * Between two batches it rests as long as the last one took. */
#include "store/driver.h"
#include "store/large.h"

#include "base/time.h"

#include <unistd.h>

enum {
    FIRST = 64,
    LEAST = 16,
    MOST = 1000,
    LONG_US = 4000,
    SHORT_US = 2000,
    LONGEST_REST_US = 50000
};

struct chunk {
    struct store *store;
    const struct store_purge *purge;
    struct store_batch *batch;
    size_t keys;
};

static bool add_key(void *arg, const struct value *columns, size_t n)
{
    struct chunk *c = arg;
    for (size_t i = 0; i < c->purge->ndeletes; i++)
        store_batch_add(c->batch, c->purge->deletes[i], columns, 1);
    if (n > 1 && columns[1].kind == V_TEXT)
        store_batch_drop_large(c->store, c->batch, columns[1].s);
    c->keys++;
    return true;
}

/* Deletes up to *want keys; ret_keys 0: nothing is left. */
static bool purge_some(struct store *s, const struct store_purge *p, const char *select,
                       struct value *binds, size_t *want, size_t *ret_keys, struct err *e)
{
    struct chunk c = {s, p, store_batch_new(), 0};
    uint64_t rows;
    binds[p->nbinds] = VALUE_INT((int64_t)*want);
    bool ok = store_query(s, select, binds, p->nbinds + 1, add_key, &c, e);
    *ret_keys = c.keys;
    if (!ok || c.keys == 0) {
        store_batch_free(c.batch);
        return ok;
    }
    int64_t since = time_monotonic_us();
    if (!batch_commit_wait(s, c.batch, &rows, e))
        return false;
    int64_t us = time_monotonic_us() - since;
    if (rows == 0)
        return err_set(e, ERR_INTERNAL, "a purge deletes none of the rows it selects: %.100s",
                       select);
    if (us > LONG_US && *want > LEAST)
        *want /= 2;
    else if (us < SHORT_US && *want < MOST)
        *want *= 2;
    usleep((useconds_t)(us < LONGEST_REST_US ? us : LONGEST_REST_US));
    return true;
}

bool store_purge(struct store *s, const struct store_purge *p, uint64_t *ret_keys, struct err *e)
{
    AUTO(arena) struct arena *a = arena_new();
    const char *select = arena_fmt(a, "%s LIMIT ?", p->select).p;
    struct value *binds = arena_new_array(a, struct value, p->nbinds + 1);
    if (p->nbinds)
        memcpy(binds, p->binds, p->nbinds * sizeof *binds);
    uint64_t all = 0;
    size_t want = FIRST, keys;
    do {
        if (!purge_some(s, p, select, binds, &want, &keys, e))
            return err_ctx(e, "purging");
        all += keys;
    } while (keys > 0);
    *ret_keys = all;
    return true;
}
