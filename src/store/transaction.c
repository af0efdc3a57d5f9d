/* store_begin to store_end: the thread has the writer's connection for itself. Its batches are
 * savepoints in one transaction; files that they add or drop are settled when it ends. Rows are
 * collected before they are handed out, since a row function may query the same connection. */
#include "store/driver.h"
#include "store/writer.h"

#include <stdlib.h>

struct transaction {
    struct store *store;
    const struct driver *driver;
    struct conn *conn;
    struct store_batch *batches; /* applied */
};
static _Thread_local struct transaction *current;

struct transaction *transaction_of(const struct store *s)
{
    return current && current->store == s ? current : NULL;
}

bool store_begin(struct store *s, struct err *e)
{
    if (current)
        return err_set(e, ERR_INTERNAL, "a transaction inside a transaction");
    struct transaction *t = mem_alloc(sizeof *t);
    *t = (struct transaction){s, store_driver(s), writer_borrow(store_writer(s)), NULL};
    if (!t->driver->begin(t->conn, e)) {
        writer_give_back(store_writer(s));
        free(t);
        return false;
    }
    current = t;
    return true;
}

bool store_end(struct store *s, bool keep, struct err *e)
{
    struct transaction *t = current;
    current = NULL;
    bool ok = t->driver->end(t->conn, keep, e);
    writer_give_back(store_writer(s));
    for (struct store_batch *b = t->batches, *next; b; b = next) {
        next = b->next;
        b->ok = b->ok && keep && ok;
        store_batch_free(b);
    }
    free(t);
    return ok;
}

void transaction_commit(struct transaction *t, struct store_batch *b)
{
    t->driver->apply_one(t->conn, b);
    if (b->done)
        b->done(b->arg, b->ok, b->ok ? NULL : &b->e);
    b->next = t->batches;
    t->batches = b;
}

/* ---- reading ---- */
struct row {
    struct row *next;
    size_t n;
    struct value columns[];
};
struct rows {
    struct arena *a;
    struct row *first, **last;
};

static bool keep_row(void *arg, const struct value *columns, size_t n)
{
    struct rows *r = arg;
    struct row *row = arena_alloc(r->a, sizeof *row + n * sizeof *columns);
    row->n = n;
    for (size_t i = 0; i < n; i++) {
        row->columns[i] = columns[i];
        if (columns[i].kind == V_TEXT || columns[i].kind == V_BYTES)
            row->columns[i].s = arena_str(r->a, columns[i].s);
    }
    *r->last = row;
    r->last = &row->next;
    return true;
}

bool transaction_query(struct transaction *t, const struct store_sql *sql,
                       const struct value *binds, size_t nbinds, store_row_fn *fn, void *arg,
                       struct err *e)
{
    struct rows rows = {.a = arena_new()};
    rows.last = &rows.first;
    bool ok = t->driver->query(t->conn, sql, binds, nbinds, keep_row, &rows, e);
    for (const struct row *r = rows.first; ok && r && fn(arg, r->columns, r->n); r = r->next)
        ;
    arena_free(rows.a);
    return ok;
}
