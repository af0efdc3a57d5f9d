#include "help.h"

#include "store/secret.h"

#include <sys/stat.h>

static void test_seal_and_unseal(void **state)
{
    (void)state;
    struct store *s = open_at(":memory:"), *other = open_at(":memory:");
    struct arena *a = arena_new();
    struct err e;
    str plain = STR("pass\0word"), back;
    str one = store_seal(s, a, plain), two = store_seal(s, a, plain);
    assert_false(str_eq(one, two));
    assert_int_equal(str_find(one, STR("word"), 0), SIZE_MAX);
    assert_true(store_unseal(s, a, one, &back, &e));
    assert_true(str_eq(back, plain));
    assert_true(store_unseal(s, a, store_seal(s, a, STR("")), &back, &e));
    assert_int_equal(back.n, 0);
    assert_false(store_unseal(other, a, one, &back, &e));
    for (size_t i = 0; i < one.n; i++) {
        char *bad = arena_strdup(a, one);
        bad[i] ^= 1;
        assert_false(store_unseal(s, a, (str){bad, one.n}, &back, &e));
        assert_false(store_unseal(s, a, (str){one.p, i}, &back, &e));
    }
    arena_free(a);
    store_close(s);
    store_close(other);
}

static void test_key_file(void **state)
{
    (void)state;
    char dir[64], path[128];
    struct arena *a = arena_new();
    struct err e;
    struct store *s = open_at(make_dir(dir));
    str sealed = store_seal(s, a, STR("secret")), back;
    store_close(s);
    s = open_at(dir);
    assert_true(store_unseal(s, a, sealed, &back, &e));
    assert_str(back, "secret");
    store_close(s);
    snprintf(path, sizeof path, "%s/secret.key", dir);
    struct store_config c = {.dir = str_of(dir)};
    chmod(path, 0640);
    assert_false(store_open(&c, &s, &e));
    assert_int_equal(e.code, ERR_FORBIDDEN);
    chmod(path, 0600);
    assert_int_equal(truncate(path, 20), 0);
    assert_false(store_open(&c, &s, &e));
    assert_non_null(strstr(e.msg, "64 hex digits"));
    unlink(path);
    assert_false(store_open(&c, &s, &e));
    assert_non_null(strstr(e.msg, "missing"));
    remove_dir(dir);
    arena_free(a);
}

static void test_passwords(void **state)
{
    (void)state;
    char hash[SECRET_HASH], again[SECRET_HASH];
    static char lengthy[SECRET_PASSWORD + 1];
    struct err e;
    assert_true(secret_hash_password(STR("correct"), hash, &e));
    assert_true(secret_hash_password(STR("correct"), again, &e));
    assert_string_not_equal(hash, again);
    assert_memory_equal(hash, "$argon2id$", 10);
    assert_true(secret_check_password(STR("correct"), hash));
    assert_false(secret_check_password(STR("Correct"), hash));
    assert_false(secret_check_password(STR(""), hash));
    assert_false(secret_check_password(STR("correct"), "nonsense"));
    assert_false(secret_hash_password((str){lengthy, sizeof lengthy}, hash, &e));
}

static void test_digest_and_comparison(void **state)
{
    (void)state;
    static const unsigned char abc[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea};
    unsigned char d[SECRET_SHA256];
    secret_sha256(STR("abc"), d); /* FIPS 180-4 example */
    assert_memory_equal(d, abc, sizeof abc);
    assert_true(secret_equal(STR("abc"), STR("abc")));
    assert_false(secret_equal(STR("abc"), STR("abd")));
    assert_false(secret_equal(STR("abc"), STR("abcd")));
    assert_true(secret_equal(STR_NONE, STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seal_and_unseal),
        cmocka_unit_test(test_key_file),
        cmocka_unit_test(test_passwords),
        cmocka_unit_test(test_digest_and_comparison),
    };
    return RUN(tests);
}
