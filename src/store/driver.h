/* driver: what a database has to provide. A connection is used by one thread at a time and runs one
 * query at a time, and writes arrive as whole groups: so a driver for libpq can send a group down
 * its pipeline and read the results afterwards. Private to store/. */
#ifndef STORE_DRIVER_H
#define STORE_DRIVER_H
#include "store/store.h"

struct store_statement {
    struct store_statement *next;
    str sql; /* NUL-terminated */
    struct value *binds;
    size_t nbinds;
    enum err_code expect; /* ERR_NONE: any number of rows */
    const char *expect_msg;
};
struct store_batch {
    struct store_batch *next; /* in the queue and in a group */
    struct arena *arena;
    struct store_statement *first, *last;
    struct batch_file *files; /* large.c */
    store_done_fn *done;
    void *arg;
    /* The result, filled by apply. */
    bool ok;
    uint64_t rows; /* changed */
    struct err e;
};

struct conn; /* the driver's */
enum conn_role { CONN_READ, CONN_WRITE };
struct driver {
    const char *types[V_BYTES + 1]; /* column types of CREATE TABLE */
    const char *zeros[V_BYTES + 1]; /* what a column added as NOT NULL holds in old rows */
    const char *sql_columns;        /* one bind: a table; rows: the names of its columns */
    /* where: directory or URL. durable false: no fsync. */
    bool (*open)(str where, enum conn_role role, bool durable, struct conn **ret, struct err *e);
    void (*close)(struct conn *c); /* NULL is fine */
    bool (*query)(struct conn *c, const struct store_sql *sql, const struct value *binds,
                  size_t nbinds, store_row_fn *fn, void *arg, struct err *e);
    /* Before a reader's query. The number changes with every commit: while it is the same, the reader may stay at the
     * moment that it has seen, which saves it the way to the present. 0: it may not. */
    void (*at)(struct conn *c, uint64_t generation);
    void (*let_go)(struct conn *c); /* of it: a log that somebody reads cannot start over */
    /* Applies a list of batches in one transaction, each undone alone when it fails, and commits.
     * Fills the result of every batch. Returns the microseconds spent in the commit. */
    uint64_t (*apply)(struct conn *c, struct store_batch *group);
    /* The same in steps, for store_begin: apply_one fills the result of its batch. */
    bool (*begin)(struct conn *c, struct err *e);
    void (*apply_one)(struct conn *c, struct store_batch *b);
    bool (*end)(struct conn *c, bool keep, struct err *e);
    /* Pages of log that wait to be moved to their place; 0: nothing to maintain. */
    size_t (*backlog)(const struct conn *c);
    /* Moves them without blocking a writer; to_end: on the writer's connection and between groups,
     * so that the log can start over. False: it could not, try again. */
    bool (*maintain)(struct conn *c, bool to_end);
};
extern const struct driver driver_sqlite;
/* store_commit_wait that tells how many rows the batch has changed. */
bool batch_commit_wait(struct store *s, struct store_batch *b, uint64_t *ret_rows,
                       struct err *e) MUST_USE;
const struct driver *store_driver(const struct store *s);
struct writer *store_writer(const struct store *s);

/* transaction.c: the one that this thread has begun on s, or NULL. */
struct transaction;
struct transaction *transaction_of(const struct store *s);
void transaction_commit(struct transaction *t, struct store_batch *b); /* takes b */
bool transaction_query(struct transaction *t, const struct store_sql *sql,
                       const struct value *binds, size_t nbinds, store_row_fn *fn, void *arg,
                       struct err *e) MUST_USE;
#endif
