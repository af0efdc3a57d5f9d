#include "help.h"

#include "store/large.h"

static size_t files(const char *dir)
{
    char cmd[128];
    size_t n = 0;
    snprintf(cmd, sizeof cmd, "find %s/large -type f 2>/dev/null", dir);
    FILE *f = popen(cmd, "r");
    for (int c; (c = getc(f)) != EOF;)
        n += c == '\n';
    pclose(f);
    return n;
}

/* A helper thread removes them, soon. */
static size_t files_at_last(const char *dir, size_t want)
{
    for (int i = 0; i < 200 && files(dir) != want; i++)
        usleep(10000);
    return files(dir);
}

static void test_files_follow_their_batch(void **state)
{
    (void)state;
    char dir[64], id[STORE_LARGE_ID + 1], lost[STORE_LARGE_ID + 1];
    struct store *s = open_at(make_dir(dir));
    struct err e;
    struct blob *blob;
    size_t n = 3 << 20;
    char *p = calloc(1, n);
    memcpy(p, "start", 5);
    struct store_batch *b = store_batch_new();
    assert_true(store_batch_add_large(s, b, (str){p, n}, id, &e));
    assert_true(store_commit_wait(s, b, &e));
    assert_true(store_large_read(s, str_of(id), n, &blob, &e));
    assert_int_equal(blob_size(blob), n);
    assert_memory_equal(blob_bytes(blob).p, p, n);
    blob_unref(blob);
    assert_false(store_large_read(s, str_of(id), n - 1, &blob, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    /* A failing batch and one that is not handed in take their files along. */
    b = store_batch_new();
    assert_true(store_batch_add_large(s, b, STR("x"), lost, &e));
    store_batch_add(b, "INSERT INTO nowhere VALUES (1)", NULL, 0);
    assert_false(store_commit_wait(s, b, &e));
    b = store_batch_new();
    assert_true(store_batch_add_large(s, b, STR("x"), lost, &e));
    store_batch_free(b);
    assert_int_equal(files_at_last(dir, 1), 1);
    assert_false(store_large_read(s, str_of(lost), n, &blob, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_false(store_large_read(s, STR("../../secret.key"), n, &blob, &e));
    /* Dropping fails with its batch. */
    b = store_batch_new();
    store_batch_drop_large(s, b, str_of(id));
    store_batch_add(b, "INSERT INTO nowhere VALUES (1)", NULL, 0);
    assert_false(store_commit_wait(s, b, &e));
    assert_int_equal(files(dir), 1);
    b = store_batch_new();
    store_batch_drop_large(s, b, str_of(id));
    assert_true(store_commit_wait(s, b, &e));
    assert_int_equal(files_at_last(dir, 0), 0);
    store_close(s);
    free(p);
    remove_dir(dir);
}

static void test_purge_and_sweep(void **state)
{
    (void)state;
    char dir[64], id[STORE_LARGE_ID + 1];
    struct store *s = open_at(make_dir(dir));
    struct err e;
    uint64_t n;
    must(s, "CREATE TABLE message (id INTEGER PRIMARY KEY, body TEXT)");
    for (int i = 0; i < 3; i++) {
        struct store_batch *b = store_batch_new();
        struct value v[] = {VALUE_INT(i), VALUE_NULL};
        if (i < 2) {
            assert_true(store_batch_add_large(s, b, STR("body"), id, &e));
            v[1] = VALUE_TEXT(str_of(id));
        }
        store_batch_add(b, "INSERT INTO message VALUES (?, ?)", v, 2);
        assert_true(store_commit_wait(s, b, &e));
    }
    const char *const deletes[] = {"DELETE FROM message WHERE id = ?"};
    struct store_purge p = {"SELECT id, body FROM message WHERE id <> 1", NULL, 0, deletes, 1};
    assert_true(store_purge(s, &p, &n, &e));
    assert_int_equal(n, 2);
    assert_int_equal(files_at_last(dir, 1), 1);
    /* What a crash between file and commit leaves behind. */
    must(s, "DELETE FROM store_large");
    assert_true(store_large_sweep(s, 3600, &n, &e));
    assert_int_equal(n, 0);
    assert_true(store_large_sweep(s, -1, &n, &e));
    assert_int_equal(n, 1);
    store_close(s);
    assert_int_equal(files(dir), 0);
    remove_dir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_follow_their_batch),
        cmocka_unit_test(test_purge_and_sweep),
    };
    return RUN(tests);
}
