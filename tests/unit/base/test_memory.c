#include "../test.h"

#include "base/buf.h"
#include "base/map.h"

static void count_up(void *n)
{
    ++*(int *)n;
}

static void test_arena_zeroes_and_defers(void **state)
{
    (void)state;
    int freed = 0;
    struct arena *a = arena_new();
    arena_defer(a, count_up, &freed);
    for (size_t n = 1; n < 200000; n = n * 3 + 1) {
        char *p = arena_alloc(a, n);
        assert_int_equal((uintptr_t)p % 16, 0);
        assert_true(p[0] == 0 && p[n - 1] == 0);
        memset(p, 0xff, n);
    }
    assert_str(arena_fmt(a, "%s-%d", "x", 7), "x-7");
    assert_null(arena_str(a, STR_NONE).p);
    assert_int_equal(freed, 0);
    arena_free(a);
    assert_int_equal(freed, 1);
}

static void test_buf_keeps_its_limit(void **state)
{
    (void)state;
    AUTO(buf) struct buf b = BUF(10);
    struct err e = {0};
    buf_addz(&b, "12345");
    buf_addf(&b, "%d", 678);
    assert_str(buf_str(&b), "12345678");
    buf_addz(&b, "901");
    buf_addz(&b, "x");
    assert_false(buf_check(&b, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    assert_str(buf_str(&b), "12345678");
}

static void test_map_keeps_order(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    struct map m;
    map_init(&m, a, true);
    int values[100];
    for (int i = 0; i < 100; i++)
        map_put(&m, arena_fmt(a, "Key%d", i), &values[i]);
    for (int i = 0; i < 100; i++)
        assert_ptr_equal(map_get(&m, arena_fmt(a, "kEY%d", i)), &values[i]);
    assert_str(m.entries.at[42].key, "Key42");
    assert_ptr_equal(map_remove(&m, STR("key42")), &values[42]);
    assert_null(map_get(&m, STR("Key42")));
    map_put(&m, STR("key42"), &values[1]);
    assert_ptr_equal(map_get(&m, STR("KEY42")), &values[1]);
    assert_int_equal(m.entries.n, 100);
}

static void test_err_gains_context(void **state)
{
    (void)state;
    struct err e = {0};
    assert_false(err_set(&e, ERR_NOT_FOUND, "no package '%s'", "P"));
    err_ctx(&e, "step '%s'", "S");
    assert_false(err_ctx(&e, "deploying"));
    assert_string_equal(e.msg, "no package 'P'");
    assert_string_equal(e.ctx, "deploying: step 'S'");
    assert_int_equal(err_http(e.code), 404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_zeroes_and_defers),
        cmocka_unit_test(test_buf_keeps_its_limit),
        cmocka_unit_test(test_map_keeps_order),
        cmocka_unit_test(test_err_gains_context),
    };
    return RUN(tests);
}
