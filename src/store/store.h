/* Rows. One group-committing writer, a read connection per reading thread. The SQL handed in is
 * portable ('?' for binds, ON CONFLICT, LIMIT n OFFSET m, names in double quotes when they hold
 * upper case); what differs between databases stays in the driver. A write is a batch: its
 * statements are applied together or not at all, and it is acknowledged only when it is on disk.
 * Bytes over STORE_INLINE belong into files (store/large.h). All functions may be called from any
 * thread. Errors: ERR_CONFLICT a key that exists already, ERR_BAD_REQUEST another constraint,
 * ERR_TOO_LARGE, ERR_UNAVAILABLE disk full, read-only or in use by another process, ERR_INTERNAL
 * wrong SQL. */
#ifndef STORE_STORE_H
#define STORE_STORE_H
#include "base/arena.h"
#include "base/err.h"
#include "base/value.h"

struct store;
struct store_config {
    str dir; /* data directory, made when missing, mode 0700; ":memory:": private, gone at close */
    str url; /* STR_NONE: SQLite in dir */
};
/* Takes the directory for this process; refuses one that a newer version has written. */
bool store_open(const struct store_config *c, struct store **ret, struct err *e) MUST_USE;
/* Finishes the batches already handed in. No other thread may be inside the store. NULL is fine. */
void store_close(struct store *s);

/* A table as derived from a model. store_define creates it, or adds the columns and indexes that
 * are missing (forward migration); it never drops. A column that is added to a table with rows and
 * is not_null holds 0 or "" there. V_BOOL columns read back as V_BOOL. A key of one V_INT column is
 * the cheapest. */
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
    const char *const *indexes; /* "a, b DESC"; "a NOT NULL" leaves out rows without a */
    size_t nindexes;
};
bool store_define(struct store *s, const struct store_table *t, size_t n, struct err *e) MUST_USE;

/* What store_define cannot express. Rows ascend by version; rows of one version are applied in one
 * batch, once per store. component: whose numbering this is. A store whose component is at a higher
 * version than the last row is refused. */
struct store_migration {
    int version; /* from 1 */
    const char *sql;
};
bool store_migrate(struct store *s, const char *component, const struct store_migration *m,
                   size_t n, struct err *e) MUST_USE;

/* Reads: fn is called per row, its values are borrowed for the call; returning false stops. Sees
 * one moment and all that was acknowledged before the call; never waits for writers. fn may query
 * again and may commit. */
typedef bool store_row_fn(void *arg, const struct value *columns, size_t n);
bool store_query(struct store *s, const char *sql, const struct value *binds, size_t nbinds,
                 store_row_fn *fn, void *arg, struct err *e) MUST_USE;
/* The same with a statement that is run often: its text is hashed once and known again by its address. Neither the
 * text nor the struct may change while the store is open. */
struct store_sql {
    str text; /* NUL-terminated */
    uint64_t hash;
    bool kept;
};
static inline struct store_sql store_sql(str text)
{
    return (struct store_sql){text, str_hash(text), true};
}
bool store_query_sql(struct store *s, const struct store_sql *sql, const struct value *binds,
                     size_t nbinds, store_row_fn *fn, void *arg, struct err *e) MUST_USE;
/* The first row, its texts and bytes as copies in a (NULL when there are none); ret has room for n
 * columns. No row: *ret_found false. */
bool store_get(struct store *s, struct arena *a, const char *sql, const struct value *binds,
               size_t nbinds, struct value *ret, size_t n, bool *ret_found, struct err *e) MUST_USE;

struct store_batch; /* owns copies of all it is given */
struct store_batch *store_batch_new(void);
void store_batch_free(struct store_batch *b); /* only when it was not handed in; NULL is fine */
/* A VALUE_TEXT or VALUE_BYTES of STR_NONE is stored as NULL. */
void store_batch_add(struct store_batch *b, const char *sql, const struct value *binds, size_t n);
/* The statement before must have changed exactly one row, else the whole batch fails with e. */
void store_batch_expect_one(struct store_batch *b, enum err_code code, const char *msg);
/* Takes b. done runs on the writer thread after the commit (ok) or the roll back; must not block,
 * may be NULL, may commit further batches. Batches are applied in the order they are handed in. */
typedef void store_done_fn(void *arg, bool ok, const struct err *e);
void store_commit(struct store *s, struct store_batch *b, store_done_fn *done, void *arg);
bool store_commit_wait(struct store *s, struct store_batch *b, struct err *e) MUST_USE;

/* One transaction over many calls: from store_begin to store_end what this thread commits takes effect
 * for this thread alone, and what it reads includes it; store_end keeps all of it or nothing. All other
 * writers wait meanwhile, so it must be short and wait for no other thread. done functions run at
 * once, on this thread. A store_begin inside another one is an error. */
bool store_begin(struct store *s, struct err *e) MUST_USE;
bool store_end(struct store *s, bool keep, struct err *e) MUST_USE; /* keep false: always true */

/* Retention. Takes the keys that select yields ("SELECT key FROM t WHERE at < ? ORDER BY at"; LIMIT
 * is added here), a few at a time, and runs every delete with the key as its only bind ("DELETE
 * FROM t WHERE key = ?"), so that other writers never wait more than some 5 ms. A second column of
 * select names a file (store/large.h) or is NULL; the file goes with the row. */
struct store_purge {
    const char *select;
    const struct value *binds;
    size_t nbinds;
    const char *const *deletes;
    size_t ndeletes;
};
bool store_purge(struct store *s, const struct store_purge *p, uint64_t *ret_keys,
                 struct err *e) MUST_USE;

/* Since store_open. */
struct store_stats {
    uint64_t commits, batches, failed,
        rows;                          /* transactions; batches in them; refused; rows changed */
    uint64_t commit_us, commit_us_max; /* spent in commits, that is in fsync */
    uint64_t checkpoints, checkpoint_us_max;
    uint64_t queued;  /* batches waiting now: callers turn work away when this grows */
    uint64_t readers; /* connections opened for reading */
};
void store_get_stats(struct store *s, struct store_stats *ret);

/* Secrets at rest: sealed with the key file DIR/secret.key (mode 0600). Sealed are bytes, not text: keep
 * them in a V_BYTES column. ERR_INTERNAL when they were changed or sealed with another key. */
str store_seal(struct store *s, struct arena *a, str plain);
bool store_unseal(struct store *s, struct arena *a, str sealed, str *ret, struct err *e) MUST_USE;
#endif
