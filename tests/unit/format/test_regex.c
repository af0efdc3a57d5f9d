#include "../test.h"

#include "format/regex.h"

static struct regex *compile(struct arena *a, const char *pattern, unsigned flags)
{
    struct regex *r = NULL;
    struct err e = {0};
    if (!regex_compile(a, str_of(pattern), flags, &r, &e))
        fail_msg("%s", e.msg);
    return r;
}

static void test_find(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    struct err e = {0};
    bool hit;
    str g[3];
    struct regex *r = compile(a, "(\\d+)(x)?", 0);
    assert_true(regex_find(r, STR("ab 12 34x"), 0, &hit, g, 3, &e) && hit);
    assert_str(g[0], "12");
    assert_null(g[2].p);
    assert_true(regex_find(r, STR("ab 12 34x"), 5, &hit, g, 3, &e) && hit);
    assert_str(g[2], "x");
    assert_true(regex_find(compile(a, "a|ab", REGEX_WHOLE), STR("ab"), 0, &hit, NULL, 0, &e) &&
                hit);
    assert_true(regex_find(compile(a, "B", REGEX_NOCASE), STR("abc"), 0, &hit, NULL, 0, &e) && hit);
    assert_true(regex_find(compile(a, "^$", 0), STR_NONE, 0, &hit, NULL, 0, &e) && hit);
    assert_false(regex_find(r, STR("\xff"), 0, &hit, NULL, 0, &e));
    assert_false(regex_compile(a, STR("(a"), 0, &r, &e));
    assert_int_equal(e.code, ERR_BAD_REQUEST);
}

static void replaced(const char *pattern, const char *text, const char *with, const char *want)
{
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf b = BUF(1000);
    struct err e = {0};
    assert_true(regex_replace(compile(a, pattern, 0), str_of(text), str_of(with), true, &b, &e));
    assert_str(buf_str(&b), want);
}

static void test_replace(void **state)
{
    (void)state;
    replaced("a(b)?", "abxaya", "[$1]", "[b]x[]y[]");
    replaced("x*", "a\xc3\xa9", "-", "-a-\xc3\xa9-");
    replaced("(.)", "ab", "$12\\$${1}", "a2$ab2$b");
    replaced("q", "", "-", "");
}

static void test_is_bounded(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    struct err e = {0};
    bool hit;
    char text[64];
    memset(text, 'a', sizeof text);
    text[62] = 'b',
    text[63] = 'd'; /* all the letters of the pattern, so that nothing ends it early */
    struct regex *r = compile(a, "(a+)+[bc]\\1d", 0);
    assert_false(regex_find(r, (str){text, sizeof text}, 0, &hit, NULL, 0, &e));
    assert_non_null(strstr(e.msg, "limit"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_is_bounded),
    };
    return RUN(tests);
}
