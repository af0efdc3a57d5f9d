/* Rows. One group-committing writer, a read connection per thread. The SQL handed in is portable
 * ('?' for binds, ON CONFLICT, LIMIT n OFFSET m); what differs between databases stays in the driver.
 * A write is a batch: its statements are applied together or not at all, and it is acknowledged
 * only when it is on disk. */
#ifndef STORE_STORE_H
#define STORE_STORE_H
#include "base/blob.h"
#include "base/value.h"

struct store;
struct store_config {
    str dir; /* data directory, made when missing, mode 0700; ":memory:" for tests */
    str url; /* STR_NONE: SQLite in dir */
};
bool store_open(const struct store_config *c, struct store **ret, struct err *e) MUST_USE;
void store_close(struct store *s); /* finishes the batches already handed in */

/* A table as derived from a model. store_define creates it, or adds the columns and indexes that are
 * missing (forward migration); it never drops. */
struct store_column {
    const char *name;
    enum value_kind kind;
    bool not_null;
};
struct store_table {
    const char *name;
    const struct store_column *columns;
    size_t ncolumns;
    const char *const *keys; /* primary key columns */
    size_t nkeys;
    const char *const *indexes; /* "a, b DESC" */
    size_t nindexes;
};
bool store_define(struct store *s, const struct store_table *t, struct err *e) MUST_USE;

/* Reads: fn is called per row, its values are borrowed for the call; returning false stops. */
typedef bool store_row_fn(void *arg, const struct value *columns, size_t n);
bool store_query(struct store *s, const char *sql, const struct value *binds, size_t nbinds,
                 store_row_fn *fn, void *arg, struct err *e) MUST_USE;

struct store_batch; /* owns copies of all it is given */
struct store_batch *store_batch_new(void);
void store_batch_free(struct store_batch *b); /* only when it was not handed in */
void store_batch_add(struct store_batch *b, const char *sql, const struct value *binds, size_t n);
/* The statement before must have changed exactly one row, else the whole batch fails with e. */
void store_batch_expect_one(struct store_batch *b, enum err_code code, const char *msg);
/* Takes b. done runs on the writer thread after the commit (ok) or the roll back; must not block. */
typedef void store_done_fn(void *arg, bool ok, const struct err *e);
void store_commit(struct store *s, struct store_batch *b, store_done_fn *done, void *arg);
bool store_commit_wait(struct store *s, struct store_batch *b, struct err *e) MUST_USE;

/* Secrets at rest: AES-256-GCM or secretbox with the key file DIR/secret.key (mode 0600). */
str store_seal(struct store *s, struct arena *a, str plain);
bool store_unseal(struct store *s, struct arena *a, str sealed, str *ret, struct err *e) MUST_USE;
#endif
