/* Tables from descriptions, and numbered migrations. Everything is written as one batch, so a start
 * that is interrupted has changed nothing. */
#include "store/schema.h"

#include "base/buf.h"
#include "base/map.h"
#include "store/driver.h"
#include "store/large.h"

#include <ctype.h>
#include <stdlib.h>

enum { STORE_VERSION = 1, LONGEST_SQL = 1 << 20 };

static const struct store_column version_columns[] = {
    {"component", V_TEXT, true},
    {"version",   V_INT,  true},
};
static const struct store_table version_table = {
    "schema_version",
    version_columns,
    COUNT(version_columns),
    (const char *const[]){"component"},
    1,
    NULL,
    0,
};

/* ---- what is there ---- */
static bool add_name(void *arg, const struct value *columns, size_t n)
{
    struct map *m = arg;
    (void)n;
    map_put(m, arena_str(m->arena, columns[0].s), m);
    return true;
}

static bool existing_columns(struct store *s, const char *table, struct map *ret, struct err *e)
{
    struct value name = VALUE_TEXT(str_of(table));
    return store_query(s, store_driver(s)->sql_columns, &name, 1, add_name, ret, e);
}

/* ---- tables ---- */
static void write_column(struct buf *b, const struct driver *d, const struct store_column *c,
                         bool added)
{
    buf_addf(b, "\"%s\" %s", c->name, d->types[c->kind]);
    if (c->not_null)
        buf_addz(b, " NOT NULL");
    if (c->not_null && added)
        buf_addf(b, " DEFAULT %s", d->zeros[c->kind]);
}

static void create_table(struct buf *b, const struct driver *d, const struct store_table *t)
{
    buf_addf(b, "CREATE TABLE \"%s\" (", t->name);
    for (size_t i = 0; i < t->ncolumns; i++) {
        buf_addz(b, i ? ", " : "");
        write_column(b, d, &t->columns[i], false);
    }
    for (size_t i = 0; i < t->nkeys; i++)
        buf_addf(b, "%s\"%s\"", i ? ", " : ", PRIMARY KEY (", t->keys[i]);
    buf_addz(b, t->nkeys ? "))" : ")");
}

/* "a, b DESC" on t gives "ix_t_a_b_DESC": another list is another index. */
static void create_index(struct buf *b, const struct store_table *t, const char *columns)
{
    buf_addf(b, "CREATE INDEX IF NOT EXISTS \"ix_%s_", t->name);
    for (const char *p = columns; *p; p++)
        if (isalnum((unsigned char)*p) || *p == '_')
            buf_add_char(b, *p);
        else if (p[-1] != ',')
            buf_add_char(b, '_');
    buf_addf(b, "\" ON \"%s\" (", t->name);
    str rest = str_of(columns), part, set = STR_NONE;
    for (size_t i = 0; str_split(&rest, ',', &part); i++) {
        part = str_trim(part);
        size_t blank = str_find_char(part, ' ', 0);
        str name = str_sub(part, 0, blank), order = str_from(part, blank);
        buf_addf(b, "%s\"%.*s\"", i ? ", " : "", STR_ARG(name));
        if (str_ends(order, STR(" NOT NULL")))
            set = name;
        else
            buf_add(b, order);
    }
    buf_add_char(b, ')');
    if (set.p)
        buf_addf(b, " WHERE \"%.*s\" IS NOT NULL", STR_ARG(set));
}

static bool add_statement(struct store_batch *batch, struct buf *b, struct err *e)
{
    buf_add_char(b, 0);
    if (!buf_check(b, e))
        return false;
    store_batch_add(batch, b->p, NULL, 0);
    buf_reset(b);
    return true;
}

static bool describe(const struct driver *d, const struct store_table *t, const struct map *there,
                     struct store_batch *batch, struct buf *b, struct err *e)
{
    bool is_new = there->entries.n == 0;
    if (is_new) {
        create_table(b, d, t);
        if (!add_statement(batch, b, e))
            return false;
    }
    for (size_t i = 0; i < t->ncolumns && !is_new; i++) {
        if (map_get(there, str_of(t->columns[i].name)))
            continue;
        buf_addf(b, "ALTER TABLE \"%s\" ADD COLUMN ", t->name);
        write_column(b, d, &t->columns[i], true);
        if (!add_statement(batch, b, e))
            return false;
    }
    for (size_t i = 0; i < t->nindexes; i++) {
        create_index(b, t, t->indexes[i]);
        if (!add_statement(batch, b, e))
            return false;
    }
    return true;
}

static bool add_table(struct store *s, const struct store_table *t, struct store_batch *batch,
                      struct err *e)
{
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf b = BUF(LONGEST_SQL);
    struct map there;
    map_init(&there, a, true);
    return (existing_columns(s, t->name, &there, e) &&
            describe(store_driver(s), t, &there, batch, &b, e)) ||
           err_ctx(e, "defining %s", t->name);
}

bool store_define(struct store *s, const struct store_table *t, size_t n, struct err *e)
{
    struct store_batch *batch = store_batch_new();
    for (size_t i = 0; i < n; i++)
        if (!add_table(s, &t[i], batch, e)) {
            store_batch_free(batch);
            return false;
        }
    return store_commit_wait(s, batch, e) || err_ctx(e, "defining tables");
}

/* ---- versions ---- */
static bool get_version(struct store *s, const char *component, int64_t *ret, struct err *e)
{
    AUTO(arena) struct arena *a = arena_new();
    struct value key = VALUE_TEXT(str_of(component)), version;
    bool found = false;
    if (!store_get(s, a, "SELECT version FROM schema_version WHERE component = ?", &key, 1,
                   &version, 1, &found, e))
        return false;
    *ret = found ? version.i : 0;
    return true;
}

static bool refuse_newer(const char *component, int64_t there, int64_t known, struct err *e)
{
    if (there <= known)
        return true;
    return err_set(
        e, ERR_UNAVAILABLE,
        "the data was written by a newer version of this program (%s is at version %lld, this "
        "program knows %lld): use that version, or restore an older backup",
        component, (long long)there, (long long)known);
}

static void set_version(struct store_batch *b, const char *component, int version)
{
    const struct value v[] = {VALUE_TEXT(str_of(component)), VALUE_INT(version)};
    store_batch_add(b,
                    "INSERT INTO schema_version (component, version) VALUES (?, ?)"
                    " ON CONFLICT (component) DO UPDATE SET version = excluded.version",
                    v, 2);
}

bool store_migrate(struct store *s, const char *component, const struct store_migration *m,
                   size_t n, struct err *e)
{
    int64_t at = 0;
    if (!get_version(s, component, &at, e) ||
        !refuse_newer(component, at, n ? m[n - 1].version : 0, e))
        return false;
    for (size_t i = 0; i < n;) {
        int version = m[i].version;
        struct store_batch *b = store_batch_new();
        for (; i < n && m[i].version == version; i++)
            store_batch_add(b, m[i].sql, NULL, 0);
        set_version(b, component, version);
        if (version <= at)
            store_batch_free(b);
        else if (!store_commit_wait(s, b, e))
            return err_ctx(e, "migrating %s to version %d", component, version);
    }
    return true;
}

/* 0 in a new store, which has no table of versions. */
static bool get_store_version(struct store *s, int64_t *ret, struct err *e)
{
    AUTO(arena) struct arena *a = arena_new();
    struct map there;
    map_init(&there, a, true);
    *ret = 0;
    return existing_columns(s, version_table.name, &there, e) &&
           (there.entries.n == 0 || get_version(s, "store", ret, e));
}

bool schema_open(struct store *s, struct err *e)
{
    int64_t at;
    if (!get_store_version(s, &at, e) || !refuse_newer("store", at, STORE_VERSION, e))
        return false;
    if (at == STORE_VERSION)
        return true;
    struct store_batch *b = store_batch_new();
    if (!add_table(s, &version_table, b, e) || !add_table(s, &large_table, b, e)) {
        store_batch_free(b);
        return false;
    }
    set_version(b, "store", STORE_VERSION);
    return store_commit_wait(s, b, e);
}
