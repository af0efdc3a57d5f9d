/* Bodies, values and fields. */
#include "engine/fields.h"

#include "../test.h"

static void bodies_have_faces(void **state)
{
    (void)state;
    struct err e = {0};
    const struct xml_doc *doc = NULL, *again = NULL;
    struct body *b = body_of_text(STR("<a>x</a>"));
    assert_true(body_xml(b, &doc, &e));
    assert_true(body_xml(b, &again, &e));
    assert_ptr_equal(doc, again);
    assert_str(blob_bytes(body_blob(b)), "<a>x</a>");
    assert_int_equal(body_size(b), 8);
    body_unref(b);
    struct xml_doc *parsed = NULL;
    assert_true(xml_parse(STR("<r/>"), &parsed, &e));
    b = body_of_xml(parsed);
    assert_int_not_equal(str_find(body_bytes(b), STR("<r/>"), 0), SIZE_MAX);
    body_unref(b);
    b = body_of_text(STR(""));
    assert_false(body_xml(b, &doc, &e));
    assert_int_equal(e.code, ERR_BAD_REQUEST);
    body_unref(b);
    assert_str(body_bytes(NULL), "");
    assert_false(body_xml(NULL, &doc, &e));
}

static void values_as_text(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct fault f = {.class_name = "a.B", .message = STR("m")};
    struct {
        struct datum *d;
        const char *want;
    } cases[] = {
        {NULL,                 ""      },
        {datum_text(STR("t")), "t"     },
        {datum_bool(true),     "true"  },
        {datum_int(-5),        "-5"    },
        {datum_real(2),        "2.0"   },
        {datum_real(0.1),      "0.1"   },
        {datum_fault(&f),      "a.B: m"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_str(datum_str(a, cases[i].d), cases[i].want);
        datum_unref(cases[i].d);
    }
    arena_free(a);
}

static void headers_ignore_case_and_keep_the_first_spelling(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct fields f;
    fields_init(&f, a, true);
    fields_set_text(&f, STR("Content-Type"), STR("a"));
    fields_set_text(&f, STR("content-type"), STR("b"));
    assert_int_equal(f.n, 1);
    assert_str(f.at[0].name, "Content-Type");
    assert_str(datum_str(a, fields_get(&f, STR("CONTENT-TYPE"))), "b");
    fields_remove(&f, STR("Content-type"));
    assert_null(fields_find(&f, STR("Content-Type")));
    fields_set(&f, STR("x"), NULL);
    assert_non_null(fields_find(&f, STR("X")));
    fields_free(&f);
    fields_init(&f, a, false);
    fields_set_text(&f, STR("a"), STR("1"));
    fields_set_text(&f, STR("A"), STR("2"));
    assert_int_equal(f.n, 2);
    fields_free(&f);
    arena_free(a);
}

static void patterns_remove(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *left;
    } CASES[] = {
        {"abc",                         "SAP_A sap_b x "  },
        {"ABC",                         "SAP_A sap_b x "  },
        {"*",                           ""                },
        {"$include=sap_*",              "abc x "          },
        {"$name=x",                     "SAP_A sap_b abc "},
        {"$include=*,$exclude=sap_*",   "SAP_A sap_b "    },
        {"$include=*,$exclude=sap_*,x", "SAP_A sap_b x "  },
        {"$include=a*c,x",              "SAP_A sap_b "    },
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct arena *a = arena_new();
        struct fields f;
        static const char *const NAMES[] = {"SAP_A", "sap_b", "abc", "x"};
        fields_init(&f, a, true);
        for (size_t n = 0; n < COUNT(NAMES); n++)
            fields_set_text(&f, str_of(NAMES[n]), STR("v"));
        fields_remove_pattern(&f, str_of(CASES[i].pattern));
        str left = STR("");
        for (size_t n = 0; n < COUNT(NAMES); n++)
            if (fields_find(&f, str_of(NAMES[n])))
                left = arena_fmt(a, STR_FMT "%s ", STR_ARG(left), NAMES[n]);
        if (!str_eqz(left, CASES[i].left))
            fail_msg("%s leaves '%.*s'", CASES[i].pattern, (int)left.n, left.p);
        fields_free(&f);
        arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_have_faces), cmocka_unit_test(values_as_text),
        cmocka_unit_test(headers_ignore_case_and_keep_the_first_spelling),
        cmocka_unit_test(patterns_remove)};
    return RUN(tests);
}
