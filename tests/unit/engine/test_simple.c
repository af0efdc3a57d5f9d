/* Simple: texts, conditions, errors; XPath of flows (semantics.md 10, 11). */
#include "kit.h"

#include "engine/date_format.h"

/* An exchange without an engine: enough for expressions. */
static struct exchange *make(struct arena *a)
{
    struct exchange *x = arena_new_of(a, struct exchange);
    x->arena = a;
    fields_init(&x->headers, a, true);
    fields_init(&x->properties, a, false);
    fields_set_text(&x->headers, STR("Name"), STR("Value"));
    fields_set(&x->headers, STR("Code"), datum_int(404));
    fields_set(&x->headers, STR("nothing"), NULL);
    fields_set_text(&x->headers, STR("CamelFileName"), STR("in/a.b.txt"));
    fields_set_text(&x->properties, STR("a.b"), STR("dotted"));
    fields_set_text(&x->properties, STR("my list"), STR("x,y, z"));
    fields_set_text(&x->properties, STR("key"), STR("a.b"));
    fields_set_text(&x->properties, STR("num"), STR("10"));
    fields_set(&x->properties, STR("yes"), datum_bool(true));
    fields_set(&x->properties, STR("ms"), datum_int(0));
    struct fault f = {.class_name = "a.b.Oops", .message = STR("went wrong"), .http_status = 500};
    fields_set(&x->properties, STR("CamelExceptionCaught"), datum_fault(&f));
    exchange_set_body(x, body_of_text(STR("<a><b>5</b></a>")));
    return x;
}

static void drop(struct exchange *x)
{
    fields_free(&x->headers);
    fields_free(&x->properties);
    body_unref(x->body);
    arena_free(x->arena);
}

static const struct {
    const char *text, *want;
} TEXTS[] = {
    {"plain",                                                                           "plain"                   },
    {"a\\nb\\tc\\}",                                                                    "a\nb\tc}"                },
    {"C:\\\\x",                                                                         "C:\\\\x"                 },
    {"${header.name}-${HEADER}",                                                        NULL                      },
    {"${header.name}",                                                                  "Value"                   },
    {"[${header.absent}${header.nothing}]",                                             "[]"                      },
    {"${in.header.Name} ${headers.NAME} ${header[name]} ${header:name}",                "Value Value Value Value" },
    {"${property.a.b}",                                                                 "dotted"                  },
    {"${exchangeProperty.a.b}",                                                         "dotted"                  },
    {"${property.${property.key}}",                                                     "dotted"                  },
    {"${property.my list}",                                                             "x,y, z"                  },
    {"${property.yes}/${header.Code}",                                                  "true/404"                },
    {"${body}",                                                                         "<a><b>5</b></a>"         },
    {"${in.body}\\n",                                                                   "<a><b>5</b></a>\n"       },
    {"${bodyAs(String)}",                                                               "<a><b>5</b></a>"         },
    {"${body.length}/${in.body.length}/${body.length()}",                               "15/15/15"                },
    {"${null}",                                                                         ""                        },
    {"${camelId}",                                                                      ""                        },
    {"${property.a.b.toUpperCase()}",                                                   "DOTTED"                  },
    {"${header.Name.toLowerCase().trim().length()}",                                    "5"                       },
    {"${header.Name.substring(1,3)}",                                                   "al"                      },
    {"${header.Name.substring(2)}",                                                     "lue"                     },
    {"${body.replaceAll('<[^>]*>','')}",                                                "5"                       },
    {"${header.Name.replaceAll(\"[aeiou]\", \"-\")}",                                   "V-l--"                   },
    {"${header.Name.replace('a','o')}",                                                 "Volue"                   },
    {"${header.Name.contains('al')}",                                                   "true"                    },
    {"${header.Name.indexOf('l')}",                                                     "2"                       },
    {"${property.my list.split(',')[1]}",                                               "y"                       },
    {"${header.Name.concat(${property.num})}",                                          "Value10"                 },
    {"${header.absent.toUpperCase()}",                                                  ""                        },
    {"${file:name} ${file:onlyname} ${file:onlyname.noext} ${file:ext} ${file:parent}",
     "in/a.b.txt a.b.txt a b.txt in"                                                                              },
    {"${exception.message}",                                                            "went wrong"              },
    {"${exception.getMessage()}",                                                       "went wrong"              },
    {"${property.CamelExceptionCaught}",                                                "a.b.Oops: went wrong"    },
    {"${property.CamelExceptionCaught.getClass().getSimpleName()}",                     "Oops"                    },
    {"${exception.getStatusCode()}",                                                    "500"                     },
    {"${exception.stacktrace}",                                                         "a.b.Oops: went wrong\n"  },
    {"${xpath./a/b}",                                                                   "5"                       },
    {"${date:property.ms:yyyy-MM-dd'T'HH:mm:ss.SSSX}",                                  "1970-01-01T00:00:00.000Z"},
    {"${date:property.ms+25h:yyyy-MM-dd HH}",                                           "1970-01-02 01"           },
    {"${date-with-timezone:property.ms:Europe/Berlin:yyyy-MM-dd HH:mm Z XXX}",
     "1970-01-01 01:00 +0100 +01:00"                                                                              },
    {"${foo}",                                                                          NULL                      },
    {"${header.x",                                                                      NULL                      },
    {"${header.x.frobnicate()}",                                                        NULL                      },
    {"${date:now:yyyy-bb}",                                                             NULL                      },
    {"${date-with-timezone:now:Mars/Base:HH}",                                          NULL                      },
    {"${header}",                                                                       NULL                      },
    {"${header.x.substring()}",                                                         NULL                      },
};

static void texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        struct arena *a = arena_new();
        struct exchange *x = make(a);
        struct simple *s = NULL;
        struct err e = {0};
        str got = STR_NONE;
        bool ok = simple_compile(a, str_of(TEXTS[i].text), SIMPLE_TEXT, &s, &e) &&
                  simple_text(s, x, a, &got, &e);
        if (ok != (TEXTS[i].want != NULL) || (ok && !str_eqz(got, TEXTS[i].want)))
            fail_msg("%s: got '%.*s' %s", TEXTS[i].text, (int)got.n, got.p ? got.p : "", e.msg);
        drop(x);
    }
}

static const struct {
    const char *text;
    int want; /* -1: error */
} CONDITIONS[] = {
    {"${header.name} = 'Value'",                                                  1 },
    {"${header.name}='Value'",                                                    1 },
    {"${header.name} == 'Value'",                                                 1 },
    {"'Value' = ${header.name}",                                                  1 },
    {"${header.name} = \"Value\"",                                                1 },
    {"${header.name} = \xE2\x80\x98Value\xE2\x80\x99",                            1 },
    {"${header.name} = 'value'",                                                  0 },
    {"${header.name} != 'x'",                                                     1 },
    {"${header.absent} = ''",                                                     0 },
    {"${header.absent} = null",                                                   1 },
    {"${header.nothing} = null",                                                  1 },
    {"${header.absent} != null",                                                  0 },
    {"${header.name} != null",                                                    1 },
    {"${header.Code} = '404'",                                                    1 },
    {"${header.Code} = '404.0'",                                                  1 },
    {"${header.Code} = 404",                                                      1 },
    {"${property.num} > '9'",                                                     1 },
    {"${property.num} > 9",                                                       1 },
    {"${property.num}>=10",                                                       1 },
    {"${property.num} < '9'",                                                     0 },
    {"${header.name} > 'Aaa'",                                                    1 },
    {"${header.absent} > 1",                                                      0 },
    {"${property.num} = ${property.num}",                                         1 },
    {"${property.yes} = 'true'",                                                  1 },
    {"${property.yes}",                                                           1 },
    {"${header.name}",                                                            0 },
    {"${header.name} contains 'alu'",                                             1 },
    {"${header.name} not contains 'alu'",                                         0 },
    {"${header.absent} contains 'a'",                                             0 },
    {"${header.name} in 'a,Value,c'",                                             1 },
    {"${header.name} not in 'a,Value,c'",                                         0 },
    {"'y' in ${property.my list}",                                                1 },
    {"'z' in ${property.my list}",                                                1 },
    {"${header.name} regex 'V.*'",                                                1 },
    {"${header.name} regex 'V.'",                                                 0 },
    {"${header.name} not regex 'V.'",                                             1 },
    {"${header.name} = 'x' or ${header.name} = 'Value'",                          1 },
    {"${header.name} = 'x' and ${header.name} = 'Value'",                         0 },
    {"${header.name} = 'Value' or ${header.name} = 'x' and ${header.name} = 'y'",
     0                                                                              }, /* from left to right */
    {"${header.name} = 'x' && ${header.name} = 'y' || ${property.num} = 10",      1 },
    {"${header.name} starts with 'Va'",                                           1 },
    {"${header.name} =",                                                          -1},
    {"${header.name} = 'x",                                                       -1},
    {"${header.name} = 'x' nor ${header.name} = 'y'",                             -1},
    {"${header.name} regex '['",                                                  -1},
    {"",                                                                          -1},
    {"${header.name} = 'a' and",                                                  -1},
};

static void conditions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(CONDITIONS); i++) {
        struct arena *a = arena_new();
        struct exchange *x = make(a);
        struct simple *s = NULL;
        struct err e = {0};
        bool truth = false;
        bool ok = simple_compile(a, str_of(CONDITIONS[i].text), SIMPLE_CONDITION, &s, &e) &&
                  simple_truth(s, x, &truth, &e);
        if ((ok ? truth : -1) != CONDITIONS[i].want)
            fail_msg("%s: %d %s", CONDITIONS[i].text, ok ? truth : -1, e.msg);
        drop(x);
    }
}

static struct datum *datum_of(struct exchange *x, const char *text)
{
    struct simple *s = NULL;
    struct err e = {0};
    struct datum *d = NULL;
    assert_true(simple_compile(x->arena, str_of(text), SIMPLE_TEXT, &s, &e));
    assert_true(simple_datum(s, x, &d, &e));
    return d;
}

static void lone_expressions_keep_objects(void **state)
{
    (void)state;
    struct exchange *x = make(arena_new());
    struct datum *d = datum_of(x, "${header.Code}");
    assert_int_equal(datum_kind(d), DATUM_INT);
    datum_unref(d);
    d = datum_of(x, "${header.Code} ");
    assert_int_equal(datum_kind(d), DATUM_TEXT);
    datum_unref(d);
    d = datum_of(x, "${body}");
    assert_ptr_equal(datum_as_body(d), x->body);
    datum_unref(d);
    assert_null(datum_of(x, "${header.absent}"));
    assert_null(datum_of(x, "${null}"));
    drop(x);
}

static void unsupported_is_named(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct simple *s = NULL;
    struct err e = {0};
    assert_false(simple_compile(a, STR("x ${bean:foo}"), SIMPLE_TEXT, &s, &e));
    assert_int_equal(e.code, ERR_NOT_IMPLEMENTED);
    assert_non_null(strstr(e.msg, "bean:foo"));
    arena_free(a);
}

static str xpath(struct exchange *x, const char *expr)
{
    struct flow_xpath *p = NULL;
    struct map namespaces;
    struct err e = {0};
    struct xpath_result r = {0};
    map_init(&namespaces, x->arena, false);
    if (!flow_xpath_compile(x->arena, str_of(expr), &namespaces, &p, &e) ||
        !flow_xpath_eval(p, x, x->arena, &r, &e))
        return STR("error");
    return xpath_text(x->arena, &r);
}

static void xpath_of_flows(void **state)
{
    (void)state;
    struct exchange *x = make(arena_new());
    assert_str(xpath(x, "/a/b"), "5");
    assert_str(xpath(x, "/a/b = ${property.num} div 2"), "true");
    assert_str(xpath(x, "concat(/a/b, $name)"), "5Value");
    assert_str(xpath(x, "concat(/a/b, $num)"), "510");
    assert_str(xpath(x, "concat(/a/b, function:simple('${property.num}'))"), "510");
    exchange_set_body(x, body_of_text(STR("no xml")));
    assert_str(xpath(x, "/a/b"), "error");
    assert_str(xpath(x, "$num='10'"), "true");
    exchange_set_body(x, NULL);
    assert_str(xpath(x, "/a/b"), "error");
    drop(x);
}

static void dates(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *want;
    } DATES[] = {
        {"yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "2026-08-09T07:05:03.042Z"},
        {"yyMMdd hh:mm a",               "260809 07:05 AM"         },
        {"EEE, d MMM yyyy",              "Sun, 9 Aug 2026"         },
        {"EEEE MMMM M D u",              "Sunday August 8 221 7"   },
        {"''yy''",                       "'26'"                    },
        {"z Z X XX XXX",                 "UTC +0000 Z Z Z"         },
        {"HH'%3A'mm",                    "07%3A05"                 },
        {"w YYYY",                       "33 2026"                 },
    };
    for (size_t i = 0; i < COUNT(DATES); i++) {
        AUTO(buf) struct buf out = BUF(1000);
        struct err e = {0};
        struct time_parts p = {
            .year = 2026, .month = 8, .day = 9, .hour = 7, .minute = 5, .second = 3, .ms = 42};
        assert_true(date_format(&out, str_of(DATES[i].pattern), time_join_utc(&p), NULL, &e));
        assert_str(buf_str(&out), DATES[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(conditions),
        cmocka_unit_test(lone_expressions_keep_objects),
        cmocka_unit_test(unsupported_is_named),
        cmocka_unit_test(xpath_of_flows),
        cmocka_unit_test(dates),
    };
    return RUN(tests);
}
