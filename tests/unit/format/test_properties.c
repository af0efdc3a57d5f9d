#include "../test.h"

#include "format/properties.h"

static void value_is(const struct map *m, const char *key, const char *want)
{
    const str *got = map_get(m, str_of(key));
    if (!got)
        fail_msg("no key '%s'", key);
    assert_str(*got, want);
}

static void test_reads(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    struct map m;
    properties_read(
        a,
        STR("#c\n!d\r\n  a = 1 \nb:2\rc 3\nd\\ e\\==x\\ty\\\\\nlong=one,\\\n   two,\\\r\n\tthree\n"
            "u=\\u00e9\\ud83d\\ude00\\ud800!\nempty=\nalone\na=4\nk\\:=\\:v\ne=\xc3\xa9\nend=x\\"),
        &m);
    value_is(&m, "a", "4");
    value_is(&m, "b", "2");
    value_is(&m, "c", "3");
    value_is(&m, "d e=", "x\ty\\");
    value_is(&m, "long", "one,two,three");
    value_is(&m, "u", "\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd!");
    value_is(&m, "empty", "");
    value_is(&m, "alone", "");
    value_is(&m, "k:", ":v");
    value_is(&m, "e", "\xc3\xa9");
    value_is(&m, "end", "x");
    properties_read(a, STR("a=\xe9"), &m);
    value_is(&m, "a", "\xc3\xa9");
}

static void test_round_trip(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf b = BUF(1000);
    struct map m, back;
    str v1 = STR("  two \\ = # \xc3\xa9\xf0\x9f\x98\x80\n"), v2 = STR("");
    map_init(&m, a, false);
    map_put(&m, STR("a b:c"), &v1);
    map_put(&m, STR("#x"), &v2);
    properties_write(&b, &m);
    assert_str(buf_str(&b), "a\\ b\\:c=\\  two \\\\ \\= \\# \\u00E9\\uD83D\\uDE00\\n\n\\#x=\n");
    properties_read(a, buf_str(&b), &back);
    value_is(&back, "a b:c", v1.p);
    value_is(&back, "#x", "");
}

static void test_manifest(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf b = BUF(1000);
    struct map m, back;
    manifest_read(
        a,
        STR("Manifest-Version: 1.0\r\nImport-Package: a,b\r\n ,c\r\n  d\r\nBundle-Name: X: y\r\n\r\nName: no\r\n"),
        &m);
    value_is(&m, "manifest-version", "1.0");
    value_is(&m, "Import-Package", "a,b,c d");
    value_is(&m, "Bundle-Name", "X: y");
    assert_null(map_get(&m, STR("Name")));
    str longest = STR(
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890");
    map_put(&m, STR("Long"), &longest);
    manifest_write(&b, &m);
    str rest = buf_str(&b), line;
    while (str_split(&rest, '\n', &line))
        assert_true(line.n <= 73);
    assert_true(str_ends(buf_str(&b), STR("\r\n\r\n")));
    manifest_read(a, buf_str(&b), &back);
    value_is(&back, "Long", longest.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_manifest),
    };
    return RUN(tests);
}
