#include "help.h"

static const struct store_column old_columns[] = {
    {"Id", V_INT, true},
};
static const struct store_column new_columns[] = {
    {"Id",    V_INT,   true },
    {"Order", V_TEXT,  true },
    {"Ready", V_BOOL,  true },
    {"Extra", V_REAL,  false},
    {"Bytes", V_BYTES, true },
};
static const char *const keys[] = {"Id"}, *const indexes[] = {"Order, Id DESC", "Ready"};
static const struct store_table old_table = {"Task", old_columns, 1, keys, 1, NULL, 0};
static const struct store_table new_table = {
    "Task", new_columns, COUNT(new_columns), keys, 1, indexes, 2};

static void test_tables_grow(void **state)
{
    (void)state;
    char dir[64];
    struct store *s = open_at(make_dir(dir));
    struct arena *a = arena_new();
    struct err e;
    assert_true(store_define(s, &old_table, 1, &e));
    must(s, "INSERT INTO \"Task\" (\"Id\") VALUES (1)");
    store_close(s);
    s = open_at(dir);
    assert_true(store_define(s, &new_table, 1, &e));
    assert_true(store_define(s, &new_table, 1, &e)); /* again: nothing to do */
    assert_int_equal(
        number(s, "SELECT count(*) FROM \"Task\" WHERE \"Order\" = '' AND NOT \"Ready\""), 1);
    struct value bytes;
    bool found;
    assert_true(store_get(s, a, "SELECT \"Bytes\" FROM \"Task\"", NULL, 0, &bytes, 1, &found, &e));
    assert_true(bytes.kind == V_BYTES && bytes.s.n == 0);
    assert_int_equal(number(s, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'ix_Task_%'"),
                     2);
    assert_true(store_define(s, &old_table, 1, &e)); /* an older description drops nothing */
    assert_int_equal(number(s, "SELECT count(\"Order\") FROM \"Task\""), 1);
    /* A misspelled name in quotes is an error, not a text. */
    assert_false(exec(s, "DELETE FROM \"Task\" WHERE \"Oder\" = 'x'", NULL, 0, &e));
    store_close(s);
    remove_dir(dir);
    arena_free(a);
}

static void test_migrations_run_once(void **state)
{
    (void)state;
    static const struct store_migration m[] = {
        {1, "CREATE TABLE a (x INTEGER)"    },
        {1, "INSERT INTO a VALUES (1)"      },
        {2, "INSERT INTO a VALUES (2)"      },
        {3, "INSERT INTO nowhere VALUES (3)"},
    };
    char dir[64];
    struct store *s = open_at(make_dir(dir));
    struct err e;
    assert_true(store_migrate(s, "app", m, 2, &e));
    assert_true(store_migrate(s, "app", m, 3, &e));
    assert_true(store_migrate(s, "app", m, 3, &e));
    assert_int_equal(number(s, "SELECT sum(x) FROM a"), 3);
    assert_false(store_migrate(s, "app", m, 4, &e));
    assert_false(store_migrate(s, "app", m, 2, &e));
    assert_non_null(strstr(e.msg, "newer version"));
    assert_true(store_migrate(s, "other", m, 0, &e));
    must(s, "UPDATE schema_version SET version = 99 WHERE component = 'store'");
    store_close(s);
    assert_false(store_open(&(struct store_config){.dir = str_of(dir)}, &s, &e));
    assert_non_null(strstr(e.msg, "newer version"));
    remove_dir(dir);
}

static void test_purge(void **state)
{
    (void)state;
    struct store *s = open_at(":memory:");
    struct err e;
    uint64_t n;
    must(s, "CREATE TABLE log (id INTEGER PRIMARY KEY, at INTEGER)");
    must(s, "CREATE TABLE part (log INTEGER, n INTEGER)");
    must(
        s,
        "INSERT INTO log WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 3000)"
        " SELECT i, i FROM c");
    must(s, "CREATE INDEX part_log ON part (log)");
    must(s, "INSERT INTO part SELECT id, 1 FROM log");
    const struct value before = VALUE_INT(2500);
    const char *const deletes[] = {"DELETE FROM part WHERE log = ?",
                                   "DELETE FROM log WHERE id = ?"};
    struct store_purge p = {"SELECT id FROM log WHERE at < ? ORDER BY at", &before, 1, deletes, 2};
    assert_true(store_purge(s, &p, &n, &e));
    assert_int_equal(n, 2499);
    assert_int_equal(number(s, "SELECT count(*) FROM log"), 501);
    assert_int_equal(number(s, "SELECT count(*) FROM part"), 501);
    assert_true(store_purge(s, &p, &n, &e));
    assert_int_equal(n, 0);
    /* Deletes that miss what is selected end, with an error. */
    p = (struct store_purge){"SELECT id FROM log", NULL, 0,
                             (const char *const[]){"DELETE FROM part WHERE n = -?"}, 1};
    assert_false(store_purge(s, &p, &n, &e));
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables_grow),
        cmocka_unit_test(test_migrations_run_once),
        cmocka_unit_test(test_purge),
    };
    return RUN(tests);
}
