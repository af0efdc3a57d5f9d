#include "../test.h"

#include "net/rules.h"

static bool check(const char *text, bool http11, struct http_framing *f, struct err *e)
{
    static struct http_header list[16];
    struct http_headers h = {
        .list = {list, 0, 16}
    };
    str rest = str_of(text), line, name;
    while (str_split(&rest, '|', &line)) {
        if (!str_split(&line, ':', &name))
            continue;
        list[h.list.n++] = (struct http_header){name, line.p ? line : STR("")};
    }
    return http_check_head(&h, http11, f, e);
}

static void test_framing(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        bool http11, ok;
    } rows[] = {
        {"Host:a",                                                  true,  true },
        {"Accept:x",                                                true,  false},
        {"Accept:x",                                                false, true },
        {"Host:a|host:a",                                           true,  false},
        {"Host:a/b",                                                true,  false},
        {"Host:a|Content-Length:5",                                 true,  true },
        {"Host:a|Content-Length:5|content-length:5",                true,  false},
        {"Host:a|Content-Length:+5",                                true,  false},
        {"Host:a|Content-Length:5, 5",                              true,  false},
        {"Host:a|Content-Length:",                                  true,  false},
        {"Host:a|Content-Length:99999999999999999999",              true,  false},
        {"Host:a|Transfer-Encoding:chunked",                        true,  true },
        {"Host:a|Transfer-Encoding:Chunked",                        true,  true },
        {"Host:a|Transfer-Encoding:chunked",                        false, false},
        {"Host:a|Transfer-Encoding:gzip, chunked",                  true,  false},
        {"Host:a|Transfer-Encoding:chunked|Transfer-Encoding:x",    true,  false},
        {"Host:a|Transfer-Encoding:chunked|Content-Length:5",       true,  false},
        {"Host:a|Content-Length:5|Transfer-Encoding:chunked",       true,  false},
        {"Host:a|Content-Length :5",                                true,  false},
        {"Host:a|X-Y:tab\tand \xc3\xa4 are fine, more than a word", true,  true },
        {"Host:a|X-Y:1234567890\x01",                               true,  false},
        {"Host:a|X-Y:12345678\x7f"
         "90123456789",                                    true,  false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_framing f;
        struct err e = {0};
        if (check(rows[i].head, rows[i].http11, &f, &e) != rows[i].ok)
            fail_msg("%s: %s", rows[i].head, rows[i].ok ? e.msg : "accepted");
    }
}

static void test_target(void **state)
{
    (void)state;
    static const struct {
        const char *target, *path, *query; /* path NULL: refused */
    } rows[] = {
        {"/",                 "/",      NULL   },
        {"/a%20b?x=1?2",      "/a%20b", "x=1?2"},
        {"/a?",               "/a",     ""     },
        {"*",                 "*",      NULL   },
        {"http://h:80/p/q?r", "/p/q",   "r"    },
        {"https://h",         "/",      NULL   },
        {"a",                 NULL,     NULL   },
        {"",                  NULL,     NULL   },
        {"/a\x01",            NULL,     NULL   },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        str path, query;
        assert_int_equal(http_split_target(str_of(rows[i].target), &path, &query), !!rows[i].path);
        if (!rows[i].path)
            continue;
        assert_str(path, rows[i].path);
        assert_int_equal(!!query.p, !!rows[i].query);
        if (rows[i].query)
            assert_str(query, rows[i].query);
    }
}

static bool packs(const char *accept, const char *type, size_t n)
{
    AUTO(arena) struct arena *a = arena_new();
    struct http_request r = {.arena = a, .response.out = BUF(1 << 20)};
    vec_add(a, &r.headers.list, (struct http_header){STR("accept-encoding"), str_of(accept)});
    http_set(&r, "Content-Type", str_of(type));
    while (n--)
        buf_add_char(&r.response.out, 'a');
    http_pack(&r);
    bool packed = http_header(&r.response.headers, "Content-Encoding").p;
    assert_int_equal(packed, r.response.out.n && r.response.out.p[0] == 0x1f);
    buf_free(&r.response.out);
    return packed;
}

static void test_packing(void **state)
{
    (void)state;
    assert_true(packs("gzip", "application/json", 5000));
    assert_true(packs("br;q=1.0, GZIP;q=0.5", "text/html; charset=utf-8", 5000));
    assert_true(packs("*", "application/atom+xml", 5000));
    assert_false(packs("gzip", "application/json", 1024));
    assert_false(packs("gzip;q=0", "application/json", 5000));
    assert_false(packs("gzip; q=0.000, *", "application/json", 5000));
    assert_false(packs("deflate, br", "application/json", 5000));
    assert_false(packs("gzip", "application/zip", 5000));
    assert_false(packs("gzip", "application/octet-stream", 5000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_framing),
        cmocka_unit_test(test_target),
        cmocka_unit_test(test_packing),
    };
    return RUN(tests);
}
