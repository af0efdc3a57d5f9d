#include "../test.h"

#include "format/zip.h"

static void pack(struct buf *b, const struct zip_entry *entries, size_t n)
{
    struct err e = {0};
    if (!zip_write(b, entries, n, &e))
        fail_msg("%s", e.msg);
}

static void test_round_trip(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf b = BUF(1 << 20);
    const struct zip_entry in[] = {
        {STR("META-INF/MANIFEST.MF"), STR("x: y"),                    1700000000},
        {STR("src/\xc3\xa4 b.txt"),   STR("hello hello hello hello"), 1700000002},
        {STR("empty"),                STR(""),                        0         }
    };
    pack(&b, in, COUNT(in));
    zip_entries out = {0};
    struct err e = {0};
    if (!zip_read(a, buf_str(&b), &zip_bundle_limits, &out, &e))
        fail_msg("%s", e.msg);
    assert_int_equal(out.n, 3);
    for (size_t i = 0; i < COUNT(in); i++) {
        assert_str(out.at[i].name, in[i].name.p);
        assert_str(out.at[i].bytes, in[i].bytes.p);
    }
    assert_int_equal(out.at[1].mtime, 1700000002);
}

static void refuse(str archive, const struct zip_limits *l, enum err_code code, const char *words)
{
    AUTO(arena) struct arena *a = arena_new();
    zip_entries out = {0};
    struct err e = {0};
    if (zip_read(a, archive, l, &out, &e))
        fail_msg("accepted; wanted: %s", words);
    assert_int_equal(e.code, code);
    if (!strstr(e.msg, words))
        fail_msg("'%s', wanted: %s", e.msg, words);
}

static void test_limits(void **state)
{
    (void)state;
    AUTO(buf) struct buf b = BUF(1 << 20), zeroes = BUF(20 << 20);
    memset(buf_reserve(&zeroes, 10 << 20), 0, 10 << 20);
    zeroes.n = 10 << 20;
    const struct zip_entry in[] = {
        {STR("a"), buf_str(&zeroes), 0},
        {STR("b"), STR("123456"),    0}
    };
    pack(&b, in, 2);
    struct zip_limits l = zip_bundle_limits;
    refuse(buf_str(&b), &l, ERR_TOO_LARGE, "200 times");
    l.ratio = 0;
    l.entry_bytes = 1 << 20;
    refuse(buf_str(&b), &l, ERR_TOO_LARGE, "'a' has more");
    l.entry_bytes = 1 << 30;
    l.total_bytes = (10 << 20) + 5;
    refuse(buf_str(&b), &l, ERR_TOO_LARGE, "in all");
    l.total_bytes = 1 << 30;
    l.entries = 1;
    refuse(buf_str(&b), &l, ERR_TOO_LARGE, "1 entries");
}

/* The same length, so that offsets stay right. */
static void rename_in(struct buf *b, str from, const char *to)
{
    for (size_t at = 0; (at = str_find(buf_str(b), from, at)) != SIZE_MAX;)
        memcpy(b->p + at, to, from.n);
}

static void test_bad_names(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"../wxyz",      "'..'"    },
        {"/abcdef",      "absolute"},
        {"c:/defg",      "absolute"},
        {"a/../bc",      "'..'"    },
        {"a//bcde",      "path"    },
        {"./abcde",      "'.'"     },
        {"abc\x01"
         "efg", "control" },
        {"second_",      "twice"   },
        {"a\\..\\bc",    ""        }
    };
    struct err e = {0};
    AUTO(arena) struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(buf) struct buf b = BUF(1 << 20);
        const struct zip_entry in[] = {
            {STR("first__"), STR("x"), 0},
            {STR("second_"), STR("y"), 0}
        };
        pack(&b, in, 2);
        rename_in(&b, STR("first__"), rows[i][0]);
        refuse(buf_str(&b), &zip_bundle_limits, ERR_BAD_REQUEST, rows[i][1]);
    }
    AUTO(buf) struct buf b = BUF(1 << 20);
    assert_false(zip_write(&b, &(struct zip_entry){STR("../x"), STR(""), 0}, 1, &e));
}

static void test_damage(void **state)
{
    (void)state;
    AUTO(buf) struct buf b = BUF(1 << 20);
    const struct zip_entry in[] = {
        {STR("a"), STR("some text some text some text"), 0}
    };
    pack(&b, in, 1);
    refuse(STR(""), &zip_bundle_limits, ERR_BAD_REQUEST, "ZIP");
    refuse(STR("PK\x03\x04 no archive"), &zip_bundle_limits, ERR_BAD_REQUEST, "ZIP");
    for (size_t n = 0; n < b.n; n++)
        refuse(str_sub(buf_str(&b), 0, n), &zip_bundle_limits, ERR_BAD_REQUEST, "ZIP");
    size_t flags = str_find(buf_str(&b), STR("PK\x01\x02"), 0) + 8;
    b.p[flags] |= 1; /* encrypted */
    b.p[6] |= 1;
    refuse(buf_str(&b), &zip_bundle_limits, ERR_BAD_REQUEST, "encrypted");
}

static void test_links(void **state)
{
    (void)state;
    AUTO(buf) struct buf b = BUF(1 << 20);
    const struct zip_entry in[] = {
        {STR("a"), STR("/etc/passwd"), 0}
    };
    pack(&b, in, 1);
    size_t attributes = str_find(buf_str(&b), STR("PK\x01\x02"), 0) + 38;
    memcpy(b.p + attributes, "\0\0\xff\xa1", 4); /* S_IFLNK */
    refuse(buf_str(&b), &zip_bundle_limits, ERR_BAD_REQUEST, "link");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_bad_names),  cmocka_unit_test(test_damage),
        cmocka_unit_test(test_links),
    };
    return RUN(tests);
}
