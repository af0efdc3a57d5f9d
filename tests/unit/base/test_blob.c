#include "../test.h"

#include "base/blob.h"
#include "base/file.h"
#include "base/pool.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void test_small_and_large(void **state)
{
    (void)state;
    AUTO(buf) struct buf b = BUF(8 << 20);
    AUTO(blob) struct blob *small = blob_copy(STR("abc"));
    assert_str(blob_bytes(small), "abc");
    assert_int_equal(blob_fd(small), -1);
    while (b.n < 3 << 20)
        buf_addf(&b, "%zu,", b.n);
    AUTO(blob) struct blob *large = blob_copy(buf_str(&b));
    assert_true(blob_fd(large) >= 0);
    assert_true(str_eq(blob_bytes(large), buf_str(&b)));
    AUTO(blob) struct blob *taken = blob_take(&b);
    assert_int_equal(b.n, 0);
    assert_true(str_eq(blob_bytes(large), blob_bytes(taken)));
    assert_str(blob_bytes(NULL), "");
}

static void test_writer(void **state)
{
    (void)state;
    struct blob_writer w;
    struct err e = {0};
    blob_writer_init(&w, 2 << 20);
    char piece[1000];
    memset(piece, 'x', sizeof piece);
    for (int i = 0; i < 2000; i++)
        assert_true(blob_writer_add(&w, (str){piece, sizeof piece}, &e));
    AUTO(blob) struct blob *b = blob_writer_finish(&w);
    assert_int_equal(blob_size(b), 2000000);
    assert_true(blob_fd(b) >= 0 && blob_bytes(b).p[1999999] == 'x');
    blob_writer_init(&w, 10);
    assert_true(blob_writer_add(&w, STR("12345"), &e));
    assert_false(blob_writer_add(&w, STR("678901"), &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    blob_writer_abort(&w);
}

static void use(void *arg)
{
    struct blob *b = arg;
    assert_int_equal(blob_bytes(b).p[0], 'y');
    blob_unref(b);
}

static void test_threads_share_one(void **state)
{
    (void)state;
    struct pool *p = pool_new("test", 4, 10);
    size_t n = 2 << 20;
    char *big = malloc(n);
    memset(big, 'y', n);
    struct blob *b = blob_copy((str){big, n});
    free(big);
    for (int i = 0; i < 1000; i++)
        pool_add(p, use, blob_ref(b));
    blob_unref(b);
    pool_free(p);
}

static void count(void *n)
{
    atomic_fetch_add((atomic_int *)n, 1);
}

struct gate {
    atomic_int reached, open;
};
static void wait_for(void *arg)
{
    struct gate *g = arg;
    atomic_store(&g->reached, 1);
    while (!atomic_load(&g->open))
        usleep(100);
}

static void test_pool_is_bounded(void **state)
{
    (void)state;
    struct gate gate = {0};
    atomic_int ran = 0;
    struct pool *p = pool_new("test", 1, 2);
    pool_add(p, wait_for, &gate);
    while (!atomic_load(&gate.reached))
        usleep(100);
    assert_true(pool_try(p, count, &ran));
    assert_true(pool_try(p, count, &ran));
    assert_false(pool_try(p, count, &ran));
    pool_add(p, count, &ran);
    atomic_store(&gate.open, 1);
    pool_free(p);
    assert_int_equal(ran, 3);
}

static void test_files(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    struct err e = {0};
    char folder[] = "/tmp/test-file-XXXXXX";
    assert_non_null(mkdtemp(folder));
    str sub = arena_fmt(a, "%s/x/y", folder), path = arena_fmt(a, "%s/f", sub.p), got;
    assert_true(file_make_dir(sub.p, &e));
    assert_true(file_make_dir(sub.p, &e));
    assert_true(file_write(path.p, STR("hello"), 0600, &e));
    assert_true(file_read(a, path.p, 5, &got, &e));
    assert_str(got, "hello");
    assert_false(file_read(a, path.p, 4, &got, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    unlink(path.p);
    assert_false(file_read(a, path.p, 4, &got, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    rmdir(sub.p);
    rmdir(arena_fmt(a, "%s/x", folder).p);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_and_large),
        cmocka_unit_test(test_writer),
        cmocka_unit_test(test_threads_share_one),
        cmocka_unit_test(test_pool_is_bounded),
        cmocka_unit_test(test_files),
    };
    return RUN(tests);
}
