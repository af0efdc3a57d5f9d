#include "../test.h"

#include "base/codec.h"
#include "format/keypair.h"

static struct key_request request(void)
{
    return (struct key_request){
        .key_type = "EC",
        .curve = "secp256r1",
        .digest = "SHA256",
        .not_before_ms = 1700000000000,
        .not_after_ms = 1800000000000,
        .subject = {.common_name = STR("one"), .organization = STR("Tests"), .country = STR("DE")},
    };
}

static struct key_pair generate(struct arena *a)
{
    struct key_request q = request();
    struct key_pair k;
    struct err e = {0};
    if (!key_pair_generate(a, &q, &k, &e))
        fail_msg("%s", e.msg);
    return k;
}

static void test_generated(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    struct key_pair k = generate(a);
    assert_int_equal(k.chain.n, 1);
    const struct certificate *c = &k.chain.at[0];
    assert_str(c->subject, "CN=one,O=Tests,C=DE");
    assert_str(c->issuer, "CN=one,O=Tests,C=DE");
    assert_str(c->key_type, "EC");
    assert_str(c->curve, "secp256r1");
    assert_str(c->signature_algorithm, "SHA256withECDSA");
    assert_int_equal(c->key_size, 256);
    assert_int_equal(c->version, 3);
    assert_true(c->not_before_ms == 1700000000000 && c->not_after_ms == 1800000000000);
    assert_int_equal(c->sha1.n, 20 * 3 - 1);
    assert_true(key_pair_fits(k.key, c));
    assert_true(str_starts(k.key, STR("-----BEGIN PRIVATE KEY-----")));
    struct key_pair other = generate(a);
    assert_false(key_pair_fits(other.key, c));
}

static void refuse(struct arena *a, const struct key_request *q)
{
    struct key_pair k;
    struct err e = {0};
    assert_false(key_pair_generate(a, q, &k, &e));
    assert_int_equal(e.code, ERR_BAD_REQUEST);
}

static void test_refused(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    struct key_request q = request();
    q.curve = "secp0";
    refuse(a, &q);
    q.key_type = "ROT13";
    refuse(a, &q);
    q = request();
    q.key_type = "RSA";
    q.key_size = 1024;
    refuse(a, &q);
    q = request();
    q.subject.country = STR("Germany");
    refuse(a, &q);
}

/* The same certificate, however it is written. */
static void test_forms(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    struct certificate c = generate(a).chain.at[0], got;
    const str forms[] = {c.der, c.pem, base64_encode(a, c.der)};
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct err e = {0};
        if (!certificate_read(a, forms[i], &got, &e))
            fail_msg("form %zu: %s", i, e.msg);
        assert_true(str_eq(got.der, c.der) && str_eq(got.pem, c.pem));
    }
}

static void test_several(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    certificates two = {0}, got;
    struct certificate one;
    struct err e = {0};
    vec_add(a, &two, generate(a).chain.at[0]);
    vec_add(a, &two, generate(a).chain.at[0]);
    str text = certificate_pem(a, &two);
    assert_true(certificate_read_all(a, text, &got, &e));
    assert_int_equal(got.n, 2);
    assert_false(certificate_read(a, text, &one, &e));
    while (two.n <= CERTIFICATE_CHAIN_MAX)
        vec_add(a, &two, two.at[0]);
    assert_false(certificate_read_all(a, certificate_pem(a, &two), &got, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
}

static void test_rubbish(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    struct certificate c, whole = generate(a).chain.at[0];
    struct key_pair k;
    certificates all;
    const str texts[] = {STR(""), STR("text"), STR("0\x82\xff\xff"),
                         STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
                         str_sub(whole.der, 0, whole.der.n - 1)};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct err e = {0};
        assert_false(certificate_read(a, texts[i], &c, &e));
        assert_int_equal(e.code, ERR_BAD_REQUEST);
        assert_false(certificate_read_all(a, texts[i], &all, &e));
        assert_false(pkcs12_read(a, texts[i], STR("x"), &k, &e));
        assert_int_equal(e.code, ERR_BAD_REQUEST);
    }
    struct err e = {0};
    char *big = arena_alloc(a, KEYPAIR_MAX + 1);
    assert_false(certificate_read(a, (str){big, CERTIFICATE_MAX + 1}, &c, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    assert_false(pkcs12_read(a, (str){big, KEYPAIR_MAX + 1}, STR(""), &k, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
}

static void test_signing_request(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    struct key_pair k = generate(a);
    struct err e = {0};
    str text;
    assert_true(key_pair_signing_request(a, k.key, &k.chain.at[0], &text, &e));
    assert_true(str_starts(text, STR("-----BEGIN CERTIFICATE REQUEST-----")));
    assert_false(key_pair_signing_request(a, STR("no key"), &k.chain.at[0], &text, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generated), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_forms),     cmocka_unit_test(test_several),
        cmocka_unit_test(test_rubbish),   cmocka_unit_test(test_signing_request),
    };
    return RUN(tests);
}
