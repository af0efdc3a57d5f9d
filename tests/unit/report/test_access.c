#include "../test.h"

#include "report/access.h"

static void test_shapes(void **state)
{
    static const char *const keys[] = {
        "{\"oauth\":{\"clientid\":\"i\",\"clientsecret\":\"s\",\"url\":\"https://t\",\"tokenurl\":\"https://a/oauth/token\",\"createdate\":\"x\"}}",
        "{\"clientid\":\"i\",\"clientsecret\":\"s\",\"url\":\"https://t/\",\"tokenurl\":\"https://a/oauth/token\"}",
        "{\"credentials\":{\"oauth\":{\"clientid\":\"i\",\"clientsecret\":\"s\",\"url\":\"https://t\",\"tokenurl\":\"https://a/oauth/token\"}}}",
        "{\"uaa\":{\"clientid\":\"i\",\"clientsecret\":\"s\",\"url\":\"https://a/\"},\"url\":\"https://t\"}",
    };
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(keys); i++) {
        struct access x;
        struct err e = {0};
        if (!access_of_key(a, str_of(keys[i]), &x, &e))
            fail_msg("key %zu: %s", i, e.msg);
        assert_str(x.url, "https://t");
        assert_str(x.token_url, "https://a/oauth/token");
        assert_str(x.client_id, "i");
        assert_str(x.client_secret, "s");
    }
}

static void test_no_key(void **state)
{
    static const char *const keys[] = {
        "", "[]", "{}", "{\"oauth\":7}",
        "{\"oauth\":{\"clientid\":\"i\",\"clientsecret\":\"hush\",\"url\":\"u\"}}"};
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(keys); i++) {
        struct access x;
        struct err e = {0};
        assert_false(access_of_key(a, str_of(keys[i]), &x, &e));
        assert_int_equal(str_find(str_of(e.msg), STR("hush"), 0), SIZE_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shapes),
                                       cmocka_unit_test(test_no_key)};
    return RUN(tests);
}
