#include "../test.h"

#include "format/mime.h"

static void test_address_lists(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    str *list;
    size_t n;
    mime_addresses(a, STR("Ann <a@x.org>; b@y.org, \"Doe, John\" <j@z.org>,,"), &list, &n);
    assert_int_equal(n, 3);
    assert_str(list[0], "a@x.org");
    assert_str(list[1], "b@y.org");
    assert_str(list[2], "j@z.org");
    mime_addresses(a, STR(""), &list, &n);
    assert_int_equal(n, 0);
}

static void test_plain_mail(void **state)
{
    (void)state;
    AUTO(buf) struct buf b = BUF(1 << 16);
    struct mime_mail m = {.from = STR("a@x"),
                          .to = STR("\"Doe, John\" <j@z>, k@z"),
                          .subject = STR("Hi\r\nBcc: evil@x"),
                          .body = STR("text"),
                          .date_ms = 0,
                          .message_id = STR("1@x")};
    mime_write(&b, &m);
    assert_str(
        buf_str(&b),
        "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\nFrom: a@x\r\nTo: \"Doe, John\" <j@z>,\r\n k@z\r\n"
        "Subject: =?UTF-8?B?SGkNCkJjYzogZXZpbEB4?=\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\ndGV4dA==\r\n");
}

static void test_attachments_and_encoded_words(void **state)
{
    (void)state;
    AUTO(buf) struct buf b = BUF(1 << 16);
    struct mime_part part = {STR("\xC3\xBC.txt"), STR("text/csv"), STR("a;b")};
    struct mime_mail m = {
        .from = STR("J\xC3\xBCrgen <j@x>"),
        .to = STR("k@z"),
        .subject = STR("Gr\xC3\xBC\xC3\x9F"
                       "e an alle, die diese sehr lange Betreffzeile lesen m\xC3\xB6gen"),
        .body = STR("<b>x</b>"),
        .content_type = STR("text/html"),
        .attachments = &part,
        .nattachments = 1};
    mime_write(&b, &m);
    str s = buf_str(&b);
    assert_true(str_find(s, STR("From: =?UTF-8?B?SsO8cmdlbg==?= <j@x>"), 0) != SIZE_MAX);
    assert_true(str_find(s, STR("?=\r\n =?UTF-8?B?"), 0) != SIZE_MAX);
    assert_true(str_find(s, STR("Content-Type: text/html; charset=UTF-8"), 0) != SIZE_MAX);
    assert_true(str_find(s, STR("filename*=UTF-8''%C3%BC.txt"), 0) != SIZE_MAX);
    assert_true(str_ends(s, STR("--\r\n")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address_lists),
        cmocka_unit_test(test_plain_mail),
        cmocka_unit_test(test_attachments_and_encoded_words),
    };
    return RUN(tests);
}
