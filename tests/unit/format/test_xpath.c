#include "../test.h"

#include "base/pool.h"
#include "format/xml.h"

#include <stdlib.h>

static const char document[] =
    "<o:order xmlns:o='urn:o' id='7'><item n='1'>Apple</item><item n='2'>pear</item>"
    "<o:sum>12</o:sum><item n='3'/></o:order>";

static bool variable(void *arg, str name, str *ret)
{
    (void)arg;
    *ret = STR("pear");
    return str_eqz(name, "want");
}

struct fixture {
    struct arena *a;
    struct xml_doc *doc;
    struct map namespaces;
};

static int set_up(void **state)
{
    static str uri = {"urn:o", 5};
    struct fixture *f = calloc(1, sizeof *f);
    struct err e = {0};
    f->a = arena_new();
    map_init(&f->namespaces, f->a, false);
    map_put(&f->namespaces, STR("p"), &uri);
    *state = f;
    return xml_parse(str_of(document), &f->doc, &e) ? 0 : 1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    xml_free(f->doc);
    arena_free(f->a);
    free(f);
    return 0;
}

static struct xpath_result eval(struct fixture *f, const char *text)
{
    struct xpath *x;
    struct xpath_result r = {0};
    struct err e = {0};
    if (!xpath_compile(f->a, str_of(text), &f->namespaces, &x, &e) ||
        !xpath_eval(x, f->doc, NULL, variable, NULL, f->a, &r, &e))
        fail_msg("%s: %s", text, e.msg);
    return r;
}

static void test_values(void **state)
{
    struct fixture *f = *state;
    static const char *const rows[][2] = {
        {"/p:order/@id",                          "7"          },
        {"//item",                                "Apple"      },
        {"count(//item)",                         "3"          },
        {"//p:sum * 2 + 1",                       "25"         },
        {"//item[. = $want]/@n",                  "2"          },
        {"1 div 2",                               "0.5"        },
        {"/*:order/*:sum",                        "12"         },
        {"//*:item[2]",                           "pear"       },
        {"upper-case(//item[1])",                 "APPLE"      },
        {"fn:lower-case('\xc3\x84')",             "\xc3\xa4"   },
        {"//item/upper-case(.)",                  ""           },
        {"ends-with(//item[1], 'le')",            "true"       },
        {"matches(//item[1], '^a', 'i')",         "true"       },
        {"replace('a-b', '(.)-(.)', '$2+$1')",    "b+a"        },
        {"string-join(//item, ',')",              "Apple,pear,"},
        {"exists(//nope)",                        "false"      },
        {"empty(//nope)",                         "true"       },
        {"abs(-5)",                               "5"          },
        {"//p:sum eq '12' and 1 lt 2",            "true"       },
        {"//item[@n ne '1'](: second :)",         "pear"       },
        {"starts-with(current-dateTime(), '20')", "true"       },
        {"xs:integer(//p:sum) mod 5",             "2"          },
        {"boolean(/node()/*:item[1][1=last()])",  "true"       },
        {"'a * b and'",                           "a * b and"  },
        {"concat(\"it's\", ' ', //item[2])",      "it's pear"  },
        {"* * 2",                                 "NaN"        },
        {"/",                                     "Applepear12"}
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (!*rows[i][1])
            continue;
        struct xpath_result r = eval(f, rows[i][0]);
        str got = xpath_text(f->a, &r);
        if (!str_eqz(got, rows[i][1]))
            fail_msg("%s: '" STR_FMT "', want '%s'", rows[i][0], STR_ARG(got), rows[i][1]);
    }
}

static void test_nodes_in_document_order(void **state)
{
    struct fixture *f = *state;
    struct xpath_result r = eval(f, "//item[3] | //item[1] | //p:sum | /p:order/@id");
    static const char *const want[] = {"id", "item", "sum", "item"};
    assert_int_equal(r.n, 4);
    for (size_t i = 0; i < 4; i++)
        assert_str(xml_local(r.nodes[i]), want[i]);
    r = eval(f, "//item[3]/preceding-sibling::item");
    assert_str(xml_text(f->a, r.nodes[0]), "Apple");
}

static void test_default_namespace(void **state)
{
    struct fixture *f = *state;
    struct xml_doc *d;
    struct err e = {0};
    str uri = STR("urn:d");
    map_put(&f->namespaces, STR(""), &uri);
    assert_true(xml_parse(STR("<a xmlns='urn:d'><b or='1'>x</b><or/></a>"), &d, &e));
    xml_free(f->doc);
    f->doc = d;
    struct xpath_result r = eval(f, "/a/b[@or = '1' or or]/text()");
    assert_str(xpath_text(f->a, &r), "x");
    r = eval(f, "count(/child::a/descendant-or-self::node()/attribute::or)");
    assert_str(xpath_text(f->a, &r), "1");
}

static void test_truth(void **state)
{
    struct fixture *f = *state;
    static const char *const yes[] = {"//item", "'0'", "1", "true()"}, *const no[] = {
                                                                           "//nope", "''", "0",
                                                                           "0 div 0", "false()"};
    for (size_t i = 0; i < COUNT(yes); i++) {
        struct xpath_result r = eval(f, yes[i]);
        assert_true(xpath_truth(&r));
    }
    for (size_t i = 0; i < COUNT(no); i++) {
        struct xpath_result r = eval(f, no[i]);
        assert_false(xpath_truth(&r));
    }
}

static void test_refuses(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text;
        enum err_code code;
        const char *words;
    } rows[] = {
        {"",                                 ERR_BAD_REQUEST,     "empty"      },
        {"/a[",                              ERR_BAD_REQUEST,     "/a["        },
        {"'a",                               ERR_BAD_REQUEST,     "closed"     },
        {"q:a",                              ERR_BAD_REQUEST,     "'q'"        },
        {"format-date(current-date(), 'x')", ERR_NOT_IMPLEMENTED, "format-date"},
        {"if (a) then b else c",             ERR_NOT_IMPLEMENTED, "'if'"       },
        {"for $x in //a return $x",          ERR_NOT_IMPLEMENTED, "'for'"      },
        {"1 to 5",                           ERR_NOT_IMPLEMENTED, "'to'"       },
        {"'a' || 'b'",                       ERR_NOT_IMPLEMENTED, "||"         },
        {"a ! b",                            ERR_NOT_IMPLEMENTED, "'!'"        }
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct xpath *x;
        struct err e = {0};
        if (xpath_compile(f->a, str_of(rows[i].text), &f->namespaces, &x, &e))
            fail_msg("accepted %s", rows[i].text);
        assert_int_equal(e.code, rows[i].code);
        if (!strstr(e.msg, rows[i].words))
            fail_msg("%s", e.msg);
    }
}

static void test_errors_while_running(void **state)
{
    struct fixture *f = *state;
    static const char *const rows[][2] = {
        {"$nope = 1",         "$nope"    },
        {"matches('a', '(')", "'('"      },
        {"concat('a')",       "arguments"},
        {"sum(5)",            "type"     }
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct xpath *x;
        struct xpath_result r;
        struct err e = {0};
        assert_true(xpath_compile(f->a, str_of(rows[i][0]), NULL, &x, &e));
        for (int again = 0; again < 2; again++) {
            assert_false(xpath_eval(x, f->doc, NULL, variable, NULL, f->a, &r, &e));
            if (!strstr(e.msg, rows[i][1]))
                fail_msg("%s", e.msg);
        }
    }
}

static void test_without_document(void **state)
{
    struct fixture *f = *state;
    xml_free(f->doc);
    f->doc = NULL;
    struct xpath_result r = eval(f, "concat('x', //a, string(.), name())");
    assert_str(xpath_text(f->a, &r), "x");
}

struct shared {
    const struct xpath *x;
    const struct xml_doc *doc;
};

static void evaluate(void *arg)
{
    struct shared *s = arg;
    AUTO(arena) struct arena *a = arena_new();
    struct xpath_result r;
    struct err e = {0};
    assert_true(xpath_eval(s->x, s->doc, NULL, variable, NULL, a, &r, &e));
    assert_str(xpath_text(a, &r), "2");
}

static void test_threads_share_one(void **state)
{
    struct fixture *f = *state;
    struct xpath *x;
    struct err e = {0};
    assert_true(xpath_compile(f->a, STR("//item[matches(., $want)]/@n"), NULL, &x, &e));
    struct shared s = {x, f->doc};
    struct pool *p = pool_new("test", 4, 1);
    for (int i = 0; i < 2000; i++)
        pool_add(p, evaluate, &s);
    pool_free(p);
}

#define WITH_FIXTURE(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(test_values),
        WITH_FIXTURE(test_nodes_in_document_order),
        WITH_FIXTURE(test_default_namespace),
        WITH_FIXTURE(test_truth),
        WITH_FIXTURE(test_refuses),
        WITH_FIXTURE(test_errors_while_running),
        WITH_FIXTURE(test_without_document),
        WITH_FIXTURE(test_threads_share_one),
    };
    return RUN(tests);
}
