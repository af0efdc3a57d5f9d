#include "help.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static const struct store_column columns[] = {
    {"id", V_INT,  true },
    {"at", V_TEXT, false},
};
static const char *const keys[] = {"id"};
static const struct store_table table = {"thing", columns, 2, keys, 1, NULL, 0};

static struct store *things(void)
{
    struct store *s = open_at(":memory:");
    struct err e;
    assert_true(store_define(s, &table, 1, &e));
    return s;
}

static bool put(struct store *s, int64_t id, struct err *e)
{
    const struct value row[] = {VALUE_INT(id), VALUE_TEXT(STR("x"))};
    struct store_batch *b = store_batch_new();
    store_batch_add(b, "INSERT INTO thing (id, at) VALUES (?, ?)", row, 2);
    return store_commit_wait(s, b, e);
}

static bool first(void *arg, const struct value *cols, size_t n)
{
    (void)n;
    *(int64_t *)arg = cols[0].i;
    return true;
}

static int64_t number_of(struct store *s, const char *sql)
{
    int64_t n = -1;
    struct err e = {0};
    assert_true(store_query(s, sql, NULL, 0, first, &n, &e));
    return n;
}

static int64_t count(struct store *s)
{
    return number_of(s, "SELECT count(*) FROM thing");
}

static void test_kept_or_dropped_as_one(void **state)
{
    (void)state;
    struct store *s = things();
    struct err e = {0};
    assert_true(put(s, 1, &e));
    assert_true(store_begin(s, &e));
    assert_false(store_begin(s, &e));
    assert_true(put(s, 2, &e) && put(s, 3, &e));
    assert_false(put(s, 2, &e)); /* fails alone */
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_int_equal(count(s), 3);
    assert_true(store_end(s, false, &e));
    assert_int_equal(count(s), 1);
    assert_true(store_begin(s, &e));
    assert_true(put(s, 2, &e));
    assert_true(store_end(s, true, &e));
    assert_int_equal(count(s), 2);
    store_close(s);
}

static bool query_again(void *arg, const struct value *c, size_t n)
{
    struct store *s = arg;
    (void)n;
    assert_int_equal(count(s), 2);
    assert_true(c[0].i == 1 || c[0].i == 2);
    return true;
}

static void test_row_functions_may_query(void **state)
{
    (void)state;
    struct store *s = things();
    struct err e = {0};
    assert_true(store_begin(s, &e));
    assert_true(put(s, 1, &e) && put(s, 2, &e));
    assert_true(store_query(s, "SELECT id FROM thing ORDER BY id", NULL, 0, query_again, s, &e));
    assert_true(store_end(s, true, &e));
    store_close(s);
}

struct other {
    struct store *store;
    _Atomic bool done;
};

static void *write_beside(void *arg)
{
    struct other *o = arg;
    struct err e = {0};
    assert_int_equal(count(o->store), 0); /* sees nothing of it, and does not wait */
    assert_true(put(o->store, 7, &e));
    atomic_store(&o->done, true);
    return NULL;
}

static void test_others_wait_with_their_writes(void **state)
{
    (void)state;
    struct other o = {.store = things()};
    struct err e = {0};
    pthread_t t;
    assert_true(store_begin(o.store, &e));
    assert_true(put(o.store, 1, &e));
    assert_int_equal(pthread_create(&t, NULL, write_beside, &o), 0);
    usleep(20000);
    assert_false(atomic_load(&o.done));
    assert_int_equal(count(o.store), 1);
    assert_true(store_end(o.store, true, &e));
    pthread_join(t, NULL);
    assert_int_equal(count(o.store), 2);
    store_close(o.store);
}

static void *many_transactions(void *arg)
{
    struct store *s = arg;
    struct err e = {0};
    for (int i = 0; i < 50; i++) {
        assert_true(store_begin(s, &e));
        int64_t next = number_of(s, "SELECT coalesce(max(id), 0) + 1 FROM thing");
        assert_true(put(s, next, &e));
        assert_true(store_end(s, i % 2 == 0, &e));
    }
    return NULL;
}

/* Each reads the largest number and adds one: only right when they do not overlap. */
static void test_one_at_a_time(void **state)
{
    (void)state;
    struct store *s = things();
    pthread_t t[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&t[i], NULL, many_transactions, s), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(count(s), 100);
    assert_int_equal(number_of(s, "SELECT max(id) FROM thing"), 100);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept_or_dropped_as_one),
        cmocka_unit_test(test_row_functions_may_query),
        cmocka_unit_test(test_others_wait_with_their_writes),
        cmocka_unit_test(test_one_at_a_time),
    };
    return RUN(tests);
}
