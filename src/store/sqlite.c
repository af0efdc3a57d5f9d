/* The SQLite driver: WAL, synchronous=FULL, statements cached per connection by their text. Each
 * batch of a group is a savepoint. Checkpoints are never automatic: writer.c asks for them, so that
 * a commit costs one fsync and nothing else. */
#include "store/driver.h"

#include "base/time.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The directory belongs to this process (place.c), and so does the file: locks between connections are kept in
 * memory, which saves two system calls per read. */
#define VFS "unix-excl"

/* A set-associative cache: a statement's hash picks the set, the least recently used one leaves. */
enum { SETS = 64, WAYS = 4, BUSY_MS = 5000, RESTART_MS = 4 };
struct cached {
    uint64_t hash, used;
    str sql;                      /* owned */
    const struct store_sql *from; /* whose text it is; NULL: not known */
    sqlite3_stmt *stmt;
    bool *booleans; /* per column; owned */
    size_t ncolumns;
};
struct conn {
    sqlite3 *db;
    struct cached cache[SETS][WAYS];
    uint64_t tick;
    size_t wal_pages;
    uint64_t generation; /* of the last query */
    struct value *row;   /* the columns handed to a row function */
    size_t row_cap;
};

static const struct {
    int sqlite;
    enum err_code code;
    const char *msg;
} errors[] = {
    {SQLITE_FULL,     ERR_UNAVAILABLE, "the disk is full"                            },
    {SQLITE_READONLY, ERR_UNAVAILABLE, "the data directory is read-only"             },
    {SQLITE_CANTOPEN, ERR_UNAVAILABLE, "the database file cannot be opened"          },
    {SQLITE_PERM,     ERR_UNAVAILABLE, "the database file may not be accessed"       },
    {SQLITE_IOERR,    ERR_UNAVAILABLE, "the disk reported an error"                  },
    {SQLITE_BUSY,     ERR_UNAVAILABLE, "the database is locked by another process"   },
    {SQLITE_CORRUPT,  ERR_INTERNAL,    "the database file is damaged"                },
    {SQLITE_NOTADB,   ERR_INTERNAL,    "the database file is not a SQLite database"  },
    {SQLITE_TOOBIG,   ERR_TOO_LARGE,   "a value is larger than the database can hold"},
};

static bool fail(struct conn *c, str sql, struct err *e)
{
    int rc = sqlite3_extended_errcode(c->db);
    const char *detail = sqlite3_errmsg(c->db);
    if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY)
        return err_set(e, ERR_CONFLICT, "a row with this key exists already (%s)", detail);
    if ((rc & 0xff) == SQLITE_CONSTRAINT)
        return err_set(e, ERR_BAD_REQUEST, "the row is not acceptable (%s)", detail);
    for (size_t i = 0; i < COUNT(errors); i++)
        if (errors[i].sqlite == (rc & 0xff))
            return err_set(e, errors[i].code, "%s (%s)", errors[i].msg, detail);
    err_set(e, ERR_INTERNAL, "the database refused a statement: %s", detail);
    return err_ctx(e, "%.70s", sql.p);
}

static bool run(struct conn *c, const char *sql, struct err *e)
{
    return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail(c, str_of(sql), e);
}

/* ---- statements ---- */
static void forget(struct cached *s)
{
    sqlite3_finalize(s->stmt);
    free((void *)(uintptr_t)s->sql.p);
    free(s->booleans);
    *s = (struct cached){0};
}

static bool is_of(const struct cached *s, const struct store_sql *sql)
{
    return s->hash == sql->hash && ((sql->kept && s->from == sql) || str_eq(s->sql, sql->text));
}

static sqlite3_stmt *compile(struct conn *c, str sql, struct err *e)
{
    sqlite3_stmt *stmt = NULL;
    const char *rest = "";
    if (sqlite3_prepare_v3(c->db, sql.p, (int)sql.n + 1, SQLITE_PREPARE_PERSISTENT, &stmt, &rest) !=
        SQLITE_OK) {
        fail(c, sql, e);
        return NULL;
    }
    if (!stmt || str_trim(str_of(rest)).n) {
        sqlite3_finalize(stmt);
        err_set(e, ERR_INTERNAL, "not exactly one SQL statement: '%.100s'", sql.p);
        return NULL;
    }
    return stmt;
}

static struct cached *prepare(struct conn *c, const struct store_sql *sql, struct err *e)
{
    struct cached *set = c->cache[sql->hash % SETS], *oldest = set;
    for (struct cached *s = set; s < set + WAYS; s++) {
        if (s->stmt && is_of(s, sql)) {
            s->used = ++c->tick;
            s->from = sql->kept ? sql : NULL;
            return s;
        }
        if (s->used < oldest->used)
            oldest = s;
    }
    sqlite3_stmt *stmt = compile(c, sql->text, e);
    if (!stmt)
        return NULL;
    forget(oldest);
    *oldest = (struct cached){.hash = sql->hash, .used = ++c->tick, .stmt = stmt};
    oldest->sql =
        (str){memcpy(mem_alloc(sql->text.n + 1), sql->text.p, sql->text.n + 1), sql->text.n};
    oldest->from = sql->kept ? sql : NULL;
    return oldest;
}

static int bind(sqlite3_stmt *stmt, int i, const struct value *v)
{
    switch (v->kind) {
    case V_BOOL:
    case V_INT:
        return sqlite3_bind_int64(stmt, i, v->i);
    case V_REAL:
        return sqlite3_bind_double(stmt, i, v->d);
    case V_TEXT:
        return sqlite3_bind_text64(stmt, i, v->s.p, v->s.n, SQLITE_STATIC, SQLITE_UTF8);
    case V_BYTES:
        return sqlite3_bind_blob64(stmt, i, v->s.p, v->s.n, SQLITE_STATIC);
    case V_NULL:
        break;
    }
    return sqlite3_bind_null(stmt, i);
}

/* The binds must outlive the stepping. */
static struct cached *start(struct conn *c, const struct store_sql *sql, const struct value *binds,
                            size_t n, struct err *e)
{
    struct cached *s = prepare(c, sql, e);
    if (!s)
        return NULL;
    sqlite3_stmt *stmt = s->stmt;
    if ((size_t)sqlite3_bind_parameter_count(stmt) != n) {
        err_set(e, ERR_INTERNAL, "%zu values for the %d '?' of '%.100s'", n,
                sqlite3_bind_parameter_count(stmt), sql->text.p);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        if (bind(stmt, (int)i + 1, &binds[i]) != SQLITE_OK) {
            fail(c, sql->text, e);
            return NULL;
        }
    return s;
}

/* ---- reading ---- */
/* Numbers are told from booleans by what the table declares: learned once per statement, and again
 * when SQLite has compiled it anew with other columns. */
static void learn_columns(struct cached *s, size_t n)
{
    s->booleans = mem_realloc(s->booleans, n ? n : 1);
    for (s->ncolumns = 0; s->ncolumns < n; s->ncolumns++) {
        const char *declared = sqlite3_column_decltype(s->stmt, (int)s->ncolumns);
        s->booleans[s->ncolumns] = declared && !strcmp(declared, "BOOLEAN");
    }
}

static str text_of(sqlite3_value *v)
{
    const char *p = (const char *)sqlite3_value_text(v);
    return (str){p, (size_t)sqlite3_value_bytes(v)};
}

static str bytes_of(sqlite3_value *v)
{
    const char *p = sqlite3_value_blob(v);
    return (str){p ? p : "", (size_t)sqlite3_value_bytes(v)};
}

/* From sqlite3_column_value, which is looked up once, where each sqlite3_column_xx looks it up again: the
 * connection has no mutex and one thread, as that asks for. Written field by field: a struct put together on the
 * stack and copied from there waits for its own stores, longer than all the rest takes. */
static void column(sqlite3_value *v, bool boolean, struct value *ret)
{
    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER:
        ret->i = sqlite3_value_int64(v);
        ret->kind = boolean && (ret->i == 0 || ret->i == 1) ? V_BOOL : V_INT;
        break;
    case SQLITE_FLOAT:
        ret->d = sqlite3_value_double(v);
        ret->kind = V_REAL;
        break;
    case SQLITE_TEXT:
        ret->s = text_of(v);
        ret->kind = V_TEXT;
        break;
    case SQLITE_BLOB:
        ret->s = bytes_of(v);
        ret->kind = V_BYTES;
        break;
    default:
        ret->s = STR_NONE;
        ret->kind = V_NULL;
    }
}

static bool give_row(struct conn *c, struct cached *s, store_row_fn *fn, void *arg)
{
    size_t n = (size_t)sqlite3_column_count(s->stmt);
    if (n > c->row_cap) {
        c->row = mem_realloc(c->row, n * sizeof *c->row);
        c->row_cap = n;
    }
    if (n != s->ncolumns)
        learn_columns(s, n);
    for (size_t i = 0; i < n; i++)
        column(sqlite3_column_value(s->stmt, (int)i), s->booleans[i], &c->row[i]);
    return fn(arg, c->row, n);
}

static bool sqlite_query(struct conn *c, const struct store_sql *sql, const struct value *binds,
                         size_t nbinds, store_row_fn *fn, void *arg, struct err *e)
{
    struct cached *s = start(c, sql, binds, nbinds, e);
    if (!s)
        return false;
    int rc;
    while ((rc = sqlite3_step(s->stmt)) == SQLITE_ROW)
        if (!give_row(c, s, fn, arg))
            break;
    bool ok = rc == SQLITE_ROW || rc == SQLITE_DONE || fail(c, sql->text, e);
    sqlite3_reset(s->stmt);
    return ok;
}

/* ---- writing ---- */
static bool apply_statement(struct conn *c, const struct store_statement *t, uint64_t *rows,
                            struct err *e)
{
    struct store_sql sql = {t->sql, str_hash(t->sql), false};
    struct cached *s = start(c, &sql, t->binds, t->nbinds, e);
    if (!s)
        return false;
    int rc, before = sqlite3_total_changes(c->db);
    while ((rc = sqlite3_step(s->stmt)) == SQLITE_ROW)
        ;
    bool ok = rc == SQLITE_DONE || fail(c, t->sql, e);
    sqlite3_reset(s->stmt);
    unsigned changed = (unsigned)sqlite3_total_changes(c->db) - (unsigned)before;
    *rows += changed;
    if (ok && t->expect != ERR_NONE && changed != 1)
        return err_set(e, t->expect, "%s", t->expect_msg);
    return ok;
}

static bool apply_cached(struct conn *c, str sql, struct err *e)
{
    uint64_t rows = 0;
    return apply_statement(c, &(struct store_statement){.sql = sql}, &rows, e);
}

static bool apply_all(struct conn *c, struct store_batch *b)
{
    for (const struct store_statement *t = b->first; t; t = t->next)
        if (!apply_statement(c, t, &b->rows, &b->e))
            return false;
    return true;
}

/* SQLite undoes a failing statement itself: one that expects nothing needs no savepoint. */
static bool apply_batch(struct conn *c, struct store_batch *b)
{
    bool alone = b->first && !b->first->next && b->first->expect == ERR_NONE;
    if (alone)
        return apply_all(c, b);
    if (!apply_cached(c, STR("SAVEPOINT b"), &b->e))
        return false;
    if (apply_all(c, b))
        return apply_cached(c, STR("RELEASE b"), &b->e);
    struct err ignored;
    if (apply_cached(c, STR("ROLLBACK TO b"), &ignored))
        (void)!apply_cached(c, STR("RELEASE b"), &ignored);
    return false;
}

static void fail_group(struct store_batch *group, const struct err *e)
{
    for (struct store_batch *b = group; b; b = b->next)
        if (b->ok || b->e.code == ERR_NONE) {
            b->ok = false;
            b->e = *e;
        }
}

static uint64_t sqlite_apply(struct conn *c, struct store_batch *group)
{
    struct err e = {0};
    bool open = apply_cached(c, STR("BEGIN IMMEDIATE"), &e);
    for (struct store_batch *b = group; b && open; b = b->next) {
        b->ok = apply_batch(c, b);
        /* A full disk or an I/O error ends the whole transaction. */
        if (sqlite3_get_autocommit(c->db)) {
            e = b->e;
            open = false;
        }
    }
    int64_t since = time_monotonic_us();
    if (!open || !apply_cached(c, STR("COMMIT"), &e)) {
        if (!sqlite3_get_autocommit(c->db))
            sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
        fail_group(group, &e);
    }
    return (uint64_t)(time_monotonic_us() - since);
}

static void sqlite_let_go(struct conn *c)
{
    struct err ignored;
    if (!sqlite3_get_autocommit(c->db))
        (void)!apply_cached(c, STR("COMMIT"), &ignored);
}

/* A moment is kept from the second query on: beside a busy writer it would never be used again. */
static void sqlite_at(struct conn *c, uint64_t generation)
{
    struct err ignored;
    if (!generation || c->generation != generation)
        sqlite_let_go(c);
    else if (sqlite3_get_autocommit(c->db))
        (void)!apply_cached(c, STR("BEGIN"), &ignored);
    c->generation = generation;
}

static bool sqlite_begin(struct conn *c, struct err *e)
{
    return apply_cached(c, STR("BEGIN IMMEDIATE"), e);
}

static void sqlite_apply_one(struct conn *c, struct store_batch *b)
{
    b->ok = !sqlite3_get_autocommit(c->db)
                ? apply_batch(c, b)
                : err_set(&b->e, ERR_UNAVAILABLE, "the transaction is gone");
}

static bool sqlite_end(struct conn *c, bool keep, struct err *e)
{
    if (sqlite3_get_autocommit(c->db))
        return !keep || err_set(e, ERR_UNAVAILABLE, "the transaction is gone");
    if (keep && apply_cached(c, STR("COMMIT"), e))
        return true;
    sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
    return !keep;
}

/* ---- connections ---- */
static int on_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
    (void)db, (void)name;
    ((struct conn *)arg)->wal_pages = (size_t)pages;
    return SQLITE_OK;
}

/* Counting memory would take a global lock for every allocation. */
static void configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static void sqlite_close(struct conn *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < SETS * WAYS; i++)
        forget(&c->cache[0][0] + i);
    sqlite3_close(c->db);
    free(c->row);
    free(c);
}

static bool set_up(struct conn *c, enum conn_role role, bool durable, struct err *e)
{
    sqlite3_busy_timeout(c->db, BUSY_MS);
    /* "x" is a name, never a text. */
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    if (!run(c, "PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=0", e))
        return false;
    if (role == CONN_READ)
        return run(c, "PRAGMA query_only=1; PRAGMA cache_size=-8192", e);
    sqlite3_wal_hook(c->db, on_wal, c);
    return run(c, durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF", e) &&
           run(c,
               "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=1; PRAGMA cache_size=-16384;"
               "PRAGMA journal_size_limit=67108864",
               e);
}

/* SQLite would make it readable for all; the log takes its mode over. Never touches an existing file:
 * closing it again would drop the locks that other connections hold. */
static void make_private(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
}

static bool sqlite_open(str where, enum conn_role role, bool durable, struct conn **ret,
                        struct err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure);
    char path[4096];
    if (where.n > sizeof path - 16)
        return err_set(e, ERR_BAD_REQUEST, "the path of the data directory is too long");
    snprintf(path, sizeof path, "%.*s/store.db", (int)where.n, where.p);
    make_private(path);
    struct conn *c = memset(mem_alloc(sizeof *c), 0, sizeof *c);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    bool ok = sqlite3_open_v2(path, &c->db, flags, VFS) == SQLITE_OK || fail(c, STR("open"), e);
    if (!ok || !set_up(c, role, durable, e)) {
        sqlite_close(c);
        return err_ctx(e, "opening %s", path);
    }
    *ret = c;
    return true;
}

static size_t sqlite_backlog(const struct conn *c)
{
    return c->wal_pages;
}

/* To the end means RESTART: it waits for readers of the log to leave, while new ones already read the
 * database alone; under constant reading a PASSIVE one would never find the log unused. */
static bool sqlite_maintain(struct conn *c, bool to_end)
{
    int mode = to_end ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
    sqlite3_busy_timeout(c->db, RESTART_MS);
    int rc = sqlite3_wal_checkpoint_v2(c->db, NULL, mode, NULL, NULL);
    sqlite3_busy_timeout(c->db, BUSY_MS);
    return rc == SQLITE_OK;
}

const struct driver driver_sqlite = {
    .types = {[V_BOOL] = "BOOLEAN",
              [V_INT] = "INTEGER",
              [V_REAL] = "REAL",
              [V_TEXT] = "TEXT",
              [V_BYTES] = "BLOB"                                                                     },
    .zeros =
        {[V_BOOL] = "FALSE",   [V_INT] = "0", [V_REAL] = "0", [V_TEXT] = "''", [V_BYTES] = "x''"},
    .sql_columns = "SELECT name FROM pragma_table_info(?)",
    .open = sqlite_open,
    .close = sqlite_close,
    .query = sqlite_query,
    .at = sqlite_at,
    .let_go = sqlite_let_go,
    .apply = sqlite_apply,
    .begin = sqlite_begin,
    .apply_one = sqlite_apply_one,
    .end = sqlite_end,
    .backlog = sqlite_backlog,
    .maintain = sqlite_maintain,
};
