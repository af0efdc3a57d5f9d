#include "../test.h"

#include "base/codec.h"

static void test_base64(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf b = BUF(1000);
    static const char *const rows[][2] = {
        {"",             ""        },
        {"f",            "Zg=="    },
        {"fo",           "Zm8="    },
        {"foo",          "Zm9v"    },
        {"foob",         "Zm9vYg=="},
        {"\xff\xfe\xfd", "//79"    }
    };
    str back;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_str(base64_encode(a, str_of(rows[i][0])), rows[i][1]);
        assert_true(base64_decode(a, str_of(rows[i][1]), &back));
        assert_str(back, rows[i][0]);
    }
    assert_true(base64_decode(a, STR(" Zm9v\r\nYg "), &back));
    assert_str(back, "foob");
    assert_true(base64_decode(a, STR("__79"), &back));
    assert_str(back, "\xff\xfe\xfd");
    static const char *const bad[] = {"Z", "Zg=", "Zg=a", "Z*==", "Zg===", "=", "Zm9v="};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(base64_decode(a, str_of(bad[i]), &back));
    base64_write(&b, STR("123456789012345678901234567890123456789012345678901234567890"), true);
    assert_str(buf_str(&b),
               "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3"
               "\r\nODkw\r\n");
}

static void test_hex_and_percent(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    str s;
    assert_str(hex_encode(a, STR("\x0f\xa0"), true), "0FA0");
    assert_true(hex_decode(a, STR("0fA0"), &s));
    assert_str(s, "\x0f\xa0");
    assert_false(hex_decode(a, STR("0fA"), &s));
    assert_false(hex_decode(a, STR("0g"), &s));
    assert_str(percent_encode(a, STR("a b/\xc3\xa9~'"), "/"), "a%20b/%C3%A9~%27");
    assert_true(percent_decode(a, STR("a%20b+%c3%a9"), true, &s));
    assert_str(s, "a b \xc3\xa9");
    assert_true(percent_decode(a, STR("a+b"), false, &s));
    assert_str(s, "a+b");
    assert_false(percent_decode(a, STR("%4"), false, &s));
    assert_false(percent_decode(a, STR("%00"), false, &s));
    assert_str(query_value(a, STR("x=1&y=a%26b+c&z"), "y"), "a&b c");
    assert_str(query_value(a, STR("x=1&z"), "z"), "");
    assert_null(query_value(a, STR("xx=1"), "x").p);
}

static void test_ids(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    char last[ID_MESSAGE + 1] = "", id[ID_MESSAGE + 1];
    for (int i = 0; i < 10000; i++) {
        id_message(id);
        assert_int_equal(strlen(id), ID_MESSAGE);
        assert_true(strcmp(last, id) < 0);
        strcpy(last, id);
    }
    str u = id_uuid(a);
    assert_int_equal(u.n, 36);
    assert_true(u.p[14] == '4' && u.p[8] == '-' && strchr("89ab", u.p[19]));
}

static void test_utf8(void **state)
{
    (void)state;
    assert_true(utf8_valid(STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")));
    assert_int_equal(utf8_count(STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")), 4);
    static const char *const bad[] = {
        "\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe0\x80\x80"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(utf8_valid(str_of(bad[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_hex_and_percent),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_utf8),
    };
    return RUN(tests);
}
