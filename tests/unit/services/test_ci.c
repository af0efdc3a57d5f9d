/* What other rooms use of ci directly: opening, and the credentials of flows. The rest is tested from outside,
 * in tests/api. */
#include "../test.h"

#include "format/xml.h"
#include "services/ci/ci.h"

static struct store *store;
static struct ci *ci;

static int open_all(void **state)
{
    struct err e = {0};
    (void)state;
    xml_setup();
    if (!store_open(&(struct store_config){.dir = STR(":memory:")}, &store, &e) ||
        !ci_open(&(struct ci_config){.store = store}, &ci, &e)) {
        print_error("%s: %s\n", e.ctx, e.msg);
        return 1;
    }
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    ci_close(ci);
    store_close(store);
    return 0;
}

static bool run(const char *sql, const struct value *binds, size_t n)
{
    struct err e = {0};
    struct store_batch *b = store_batch_new();
    store_batch_add(b, sql, binds, n);
    return store_commit_wait(store, b, &e);
}

static void missing_credentials_are_named(void **state)
{
    static const char *const kinds[] = {"UserCredential", "OAuth2ClientCredential",
                                        "SecureParameter", "Nonsense"};
    struct arena *a = arena_new();
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct credential c;
        struct err e = {0};
        assert_false(ci_credential(ci, kinds[i], STR("nobody"), a, &c, &e));
        assert_int_equal(e.code, ERR_NOT_FOUND);
        assert_non_null(strstr(e.msg, "nobody"));
    }
    arena_free(a);
}

static void secrets_are_unsealed(void **state)
{
    struct arena *a = arena_new();
    struct credential c;
    struct err e = {0};
    (void)state;
    str sealed = store_seal(store, a, STR("top secret"));
    struct value parameter[] = {VALUE_TEXT(STR("p")), VALUE_BYTES(sealed)};
    struct value client[] = {VALUE_TEXT(STR("c")), VALUE_TEXT(STR("id")),
                             VALUE_TEXT(STR("https://idp")), VALUE_TEXT(STR("header")),
                             VALUE_BYTES(sealed)};
    assert_true(run("INSERT INTO secure_parameter (name, sealed) VALUES (?, ?)", parameter, 2));
    assert_true(run(
        "INSERT INTO oauth2_client_credential (name, client_id, token_service_url, client_authentication,"
        " sealed) VALUES (?, ?, ?, ?, ?)",
        client, 5));
    assert_true(ci_credential(ci, "SecureParameter", STR("p"), a, &c, &e));
    assert_str(c.password, "top secret");
    assert_true(ci_credential(ci, "OAuth2ClientCredential", STR("c"), a, &c, &e));
    assert_str(c.user, "id");
    assert_str(c.password, "top secret");
    assert_str(c.token_url, "https://idp");
    assert_false(c.client_in_body);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_credentials_are_named),
        cmocka_unit_test(secrets_are_unsealed),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
