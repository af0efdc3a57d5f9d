#include "../test.h"

#include "base/json.h"

#include <math.h>

static const struct jr *parse(struct arena *a, const char *text)
{
    struct jr *v = NULL;
    struct err e = {0};
    if (!jr_parse(a, str_of(text), &v, &e))
        fail_msg("%s: %s", text, e.msg);
    return v;
}

static void test_reads_a_tree(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    const struct jr *v =
        parse(a,
              "\xef\xbb\xbf {\"a\":[1,-2.5e+3,true,null,{}],\"b\":\"x\\n\\u00e9\\ud83d\\ude00\","
              "\"c\":{\"d\":[]}} \n");
    assert_int_equal(v->n, 3);
    const struct jr *list = jr_get(v, "a");
    assert_int_equal(list->n, 5);
    assert_str(list->first->s, "1");
    assert_null(list->first->key.p);
    assert_str(list->first->next->s, "-2.5e+3");
    assert_int_equal(list->first->next->next->next->next->kind, JR_OBJECT);
    assert_str(jr_text(v, "b"), "x\n\xc3\xa9\xf0\x9f\x98\x80");
    assert_int_equal(jr_get(jr_get(v, "c"), "d")->kind, JR_ARRAY);
    assert_null(jr_get(v, "z"));
    assert_null(jr_text(v, "a").p);
}

static void test_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      " ",
                                      "{",
                                      "[",
                                      "[1,]",
                                      "[,1]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "01",
                                      "-",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "+1",
                                      "0x1",
                                      "tru",
                                      "nul",
                                      "\"",
                                      "\"\\",
                                      "\"\\x\"",
                                      "\"\\u12g4\"",
                                      "\"\\ud800\"",
                                      "\"\\udc00\"",
                                      "\"\\ud800\\u0041\"",
                                      "\"a\nb\"",
                                      "\"\xff\"",
                                      "\"\xc0\x80\"",
                                      "1 2",
                                      "[1}",
                                      "{\"a\":1]",
                                      "\"\\ud83d\\ude0\"",
                                      "[1 2]",
                                      "NaN",
                                      "'a'",
                                      "{\"a\":1,\"b\":2,\"a\":3}",
                                      "[\"\\\"]",
                                      "\f1",
                                      "\"\\n\x01\""};
    for (size_t i = 0; i < COUNT(bad); i++) {
        AUTO(arena) struct arena *a = arena_new();
        struct jr *v;
        struct err e = {0};
        if (jr_parse(a, str_of(bad[i]), &v, &e))
            fail_msg("accepted %s", bad[i]);
        assert_int_equal(e.code, ERR_BAD_REQUEST);
    }
}

static void test_names_the_place(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    struct jr *v;
    struct err e = {0};
    assert_false(jr_parse(a, STR("{\n  \"a\": x}"), &v, &e));
    assert_non_null(strstr(e.msg, "line 2, column 8"));
}

static void test_depth(void **state)
{
    (void)state;
    enum { DEEP = 100000 };
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf b = BUF(2 * DEEP);
    struct jr *v;
    struct err e = {0};
    for (int i = 0; i < DEEP; i++)
        buf_add_char(&b, '[');
    assert_false(jr_parse(a, buf_str(&b), &v, &e));
    assert_non_null(strstr(e.msg, "deeply"));
    buf_reset(&b);
    for (int i = 0; i < 2 * JR_DEPTH; i++)
        buf_add_char(&b, i < JR_DEPTH ? '[' : ']');
    assert_true(jr_parse(a, buf_str(&b), &v, &e));
}

static void test_many_members(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf b = BUF(1 << 20);
    struct jw w;
    struct jr *v;
    struct err e = {0};
    jw_init(&w, &b);
    jw_object(&w);
    for (int i = 0; i < 1000; i++) {
        jw_key(&w, arena_fmt(a, "k%d", i));
        jw_int(&w, i);
    }
    jw_object_end(&w);
    assert_true(jr_parse(a, buf_str(&b), &v, &e));
    assert_str(jr_get(v, "k999")->s, "999");
    b.n--;
    buf_addz(&b, ",\"k500\":1}");
    assert_false(jr_parse(a, buf_str(&b), &v, &e));
    assert_non_null(strstr(e.msg, "k500"));
}

static void test_writes(void **state)
{
    (void)state;
    AUTO(buf) struct buf b = BUF(1000);
    struct jw w;
    jw_init(&w, &b);
    jw_object(&w);
    jw_keyz(&w, "s");
    jw_str(&w, STR("long enough for a word \"\\\n\x01\x7f\xc3\xa9\xff!"));
    jw_key(&w, STR("k\""));
    jw_array(&w);
    jw_int(&w, INT64_MIN);
    jw_int(&w, 0);
    jw_double(&w, 0.1);
    jw_double(&w, NAN);
    jw_bool(&w, true);
    jw_null(&w);
    jw_str(&w, STR_NONE);
    jw_strf(&w, "%d%%", 5);
    jw_raw(&w, STR("{}"));
    jw_array_end(&w);
    jw_object_end(&w);
    assert_str(buf_str(&b),
               "{\"s\":\"long enough for a word \\\"\\\\\\n\\u0001\x7f\xc3\xa9\xef\xbf\xbd!\","
               "\"k\\\"\":[-9223372036854775808,0,0.1,null,true,null,null,\"5%\",{}]}");
}

/* Texts are copied eight bytes at a time: a special byte is seen wherever it stands. */
static void test_special_bytes_everywhere(void **state)
{
    (void)state;
    static const struct {
        char byte;
        const char *json;
    } specials[] = {
        {'"',    "\\\""        },
        {'\\',   "\\\\"        },
        {'\x1f', "\\u001f"     },
        {'\0',   "\\u0000"     },
        {'\xff', "\xef\xbf\xbd"},
    };
    for (size_t n = 0; n < 27; n++)
        for (size_t at = 0; at <= n; at++)
            for (size_t k = 0; k < COUNT(specials); k++) {
                AUTO(buf) struct buf got = BUF(1000), want = BUF(1000);
                char text[27];
                struct jw w;
                memset(text, 'a', sizeof text);
                if (at < n)
                    text[at] = specials[k].byte;
                jw_init(&w, &got);
                jw_str(&w, (str){text, n});
                buf_add_char(&want, '"');
                for (size_t i = 0; i < n; i++)
                    buf_addz(&want, i == at ? specials[k].json : "a");
                buf_add_char(&want, '"');
                assert_true(str_eq(buf_str(&got), buf_str(&want)));
            }
}

static void test_integers(void **state)
{
    (void)state;
    AUTO(buf) struct buf got = BUF(1000), want = BUF(1000);
    uint64_t v = 1;
    for (int i = 0; i < 64; i++, v = v * 19 / 10 + (uint64_t)i) {
        buf_reset(&got);
        buf_reset(&want);
        buf_add_int(&got, i % 2 ? (int64_t)v : -(int64_t)v);
        buf_addf(&want, "%lld", (long long)(i % 2 ? (int64_t)v : -(int64_t)v));
        assert_true(str_eq(buf_str(&got), buf_str(&want)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_a_tree),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_names_the_place),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_many_members),
        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_special_bytes_everywhere),
        cmocka_unit_test(test_integers),
    };
    return RUN(tests);
}
