#include "../test.h"

#include "format/edm.h"

/* literal, type, written again as a URI, as text */
static void test_literals(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf b = BUF(1000);
    static const struct {
        const char *literal;
        enum edm type;
        const char *uri, *text;
    } rows[] = {
        {"'it''s'",                                    EDM_STRING,         "'it''s'",                           "it's"                                },
        {"''",                                         EDM_STRING,         "''",                                ""                                    },
        {"true",                                       EDM_BOOLEAN,        "true",                              "true"                                },
        {"255",                                        EDM_BYTE,           "255",                               "255"                                 },
        {"-5",                                         EDM_SBYTE,          "-5",                                "-5"                                  },
        {"300",                                        EDM_INT16,          "300",                               "300"                                 },
        {"2147483647",                                 EDM_INT32,          "2147483647",                        "2147483647"                          },
        {"9223372036854775807L",                       EDM_INT64,          "9223372036854775807L",              "9223372036854775807"                 },
        {"5l",                                         EDM_INT64,          "5L",                                "5"                                   },
        {"-001.50M",                                   EDM_DECIMAL,        "-1.50M",                            "-1.50"                               },
        {"-0.0m",                                      EDM_DECIMAL,        "0.0M",                              "0.0"                                 },
        {"1.5E5d",                                     EDM_DOUBLE,         "150000D",                           "150000"                              },
        {"0.1D",                                       EDM_DOUBLE,         "0.1D",                              "0.1"                                 },
        {"0.1f",                                       EDM_SINGLE,         "0.1F",                              "0.1"                                 },
        {"-INF",                                       EDM_SINGLE,         "-INF",                              "-INF"                                },
        {"NaN",                                        EDM_SINGLE,         "NaN",                               "NaN"                                 },
        {"datetime'2024-01-02T03:04'",                 EDM_DATETIME,       "datetime'2024-01-02T03:04:00'",
         "2024-01-02T03:04:00"                                                                                                                        },
        {"datetime'2024-01-02T03:04:05.1239999'",      EDM_DATETIME,       "datetime'2024-01-02T03:04:05.123'",
         "2024-01-02T03:04:05.123"                                                                                                                    },
        {"datetimeoffset'2024-01-02T03:04:05+02:00'",  EDM_DATETIMEOFFSET,
         "datetimeoffset'2024-01-02T01:04:05Z'",                                                                "2024-01-02T01:04:05Z"                },
        {"datetimeoffset'2024-01-02T03:04:05'",        EDM_DATETIMEOFFSET,
         "datetimeoffset'2024-01-02T03:04:05Z'",                                                                "2024-01-02T03:04:05Z"                },
        {"time'PT6H30M5.5S'",                          EDM_TIME,           "time'PT6H30M5.5S'",                 "PT6H30M5.5S"                         },
        {"time'PT120S'",                               EDM_TIME,           "time'PT0H2M0S'",                    "PT0H2M0S"                            },
        {"guid'0123ABCD-0000-0000-0000-00000000000F'", EDM_GUID,
         "guid'0123abcd-0000-0000-0000-00000000000f'",                                                          "0123abcd-0000-0000-0000-00000000000f"},
        {"X'00FF'",                                    EDM_BINARY,         "binary'00FF'",                      "AP8="                                },
        {"binary'aa'",                                 EDM_BINARY,         "binary'AA'",                        "qg=="                                },
        {"null",                                       EDM_COUNT,          "null",                              ""                                    },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum edm t;
        struct value v;
        struct err e = {0};
        if (!edm_parse_uri(a, str_of(rows[i].literal), &t, &v, &e))
            fail_msg("%s: %s", rows[i].literal, e.msg);
        if (t != rows[i].type)
            fail_msg("%s is %s", rows[i].literal, edm_name(t));
        buf_reset(&b);
        edm_write_uri(&b, t, v);
        assert_str(buf_str(&b), rows[i].uri);
        buf_reset(&b);
        edm_write_text(&b, t, v);
        assert_str(buf_str(&b), rows[i].text);
    }
}

static void test_bad_literals(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       "'",
                                       "'a",
                                       "'a'b'",
                                       "a",
                                       "1.5",
                                       "2147483648",
                                       "9223372036854775808L",
                                       ".5M",
                                       "5.M",
                                       "+1",
                                       "--1",
                                       "1e400D",
                                       "datetime'2020-1-1T00:00:00'",
                                       "datetime'2020-02-30T00:00:00'",
                                       "datetime'2020-01-01'",
                                       "datetime'2020-01-01T00:00:00Z'",
                                       "DateTime'2020-01-01T00:00:00'",
                                       "datetimeoffset'x'",
                                       "time'6H'",
                                       "time'PT'",
                                       "time'PT5'",
                                       "time'-PT5S'",
                                       "guid'123'",
                                       "X'F'",
                                       "X'GG'",
                                       "TRUE",
                                       "datetime'",
                                       "1e40f",
                                       "'\xff'",
                                       "time'P149555D'",
                                       "time'PT5.S'"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(arena) struct arena *a = arena_new();
        enum edm t;
        struct value v;
        struct err e = {0};
        if (edm_parse_uri(a, str_of(rows[i]), &t, &v, &e))
            fail_msg("accepted %s as %s", rows[i], edm_name(t));
        assert_int_equal(e.code, ERR_BAD_REQUEST);
    }
}

static bool converts(const char *literal, enum edm to, struct value *v)
{
    static struct arena *a;
    arena_free(a);
    a = arena_new();
    enum edm t;
    struct err e = {0};
    bool ok = edm_parse_uri(a, str_of(literal), &t, v, &e) && edm_convert(a, t, to, v, &e);
    if (v->kind == V_INT || !ok) {
        arena_free(a);
        a = NULL;
    }
    return ok;
}

static void test_conversion(void **state)
{
    (void)state;
    struct value v;
    assert_true(converts("5", EDM_INT64, &v) && v.i == 5);
    assert_true(converts("5", EDM_SBYTE, &v));
    assert_false(converts("200", EDM_SBYTE, &v));
    assert_false(converts("300", EDM_BYTE, &v));
    assert_false(converts("5L", EDM_INT32, &v));
    assert_false(converts("'5'", EDM_INT32, &v));
    assert_false(converts("5", EDM_STRING, &v));
    assert_false(converts("1.5M", EDM_INT32, &v));
    assert_true(converts("1", EDM_DOUBLE, &v) && v.kind == V_REAL);
    assert_true(converts("1", EDM_BOOLEAN, &v) && v.kind == V_BOOL);
    assert_true(converts("5L", EDM_DECIMAL, &v));
    assert_str(v.s, "5");
    assert_true(converts("INF", EDM_DOUBLE, &v));
    converts("1", EDM_BYTE, &v); /* frees the arena */
}

static void test_texts(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    struct value v;
    struct err e = {0};
    assert_true(edm_parse_text(a, EDM_DATETIME, STR("/Date(-1)/"), &v, &e) && v.i == -1);
    assert_true(edm_parse_text(a, EDM_DATETIMEOFFSET, STR("/Date(5+0060)/"), &v, &e) && v.i == 5);
    assert_true(edm_parse_text(a, EDM_BINARY, STR("AP8="), &v, &e) && v.s.n == 2);
    assert_true(edm_parse_text(a, EDM_STRING, STR(""), &v, &e) && v.s.p && !v.s.n);
    assert_false(edm_parse_text(a, EDM_BYTE, STR("256"), &v, &e));
    assert_false(edm_parse_text(a, EDM_DATETIME, STR("/Date(x)/"), &v, &e));
    assert_false(edm_parse_text(a, EDM_COMPLEX, STR("x"), &v, &e));
    enum edm t;
    assert_true(edm_named(STR("Edm.Int64"), &t) && t == EDM_INT64);
    assert_false(edm_named(STR("Edm.Foo"), &t));
    assert_string_equal(edm_name(EDM_GUID), "Edm.Guid");
    assert_int_equal(edm_value_kind(EDM_DECIMAL), V_TEXT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_literals),
        cmocka_unit_test(test_bad_literals),
        cmocka_unit_test(test_conversion),
        cmocka_unit_test(test_texts),
    };
    return RUN(tests);
}
