/* Content Modifier, Filter, encoders, XSLT. */
#include "harness.h"

extern const struct step_type step_content_modifier, step_filter, step_xslt_mapping;
extern const struct step_type step_base64_encode, step_base64_decode, step_gzip_encode,
    step_gzip_decode, step_zip_encode, step_zip_decode;

#define ROW(action, type, value, name, datatype)                                              \
    "<row><cell id='Action'>" action "</cell><cell id='Type'>" type                           \
    "</cell><cell id='Value'>" value "</cell><cell id='Default'></cell><cell id='Name'>" name \
    "</cell><cell id='Datatype'>" datatype "</cell></row>"

static void test_sources(void **state)
{
    struct harness h;
    (void)state;
    harness_open(&h);
    harness_step(&h, &step_content_modifier, "headerTable",
                 ROW("Create", "constant", "500 ${no}", "c", "")
                     ROW("Create", "xpath", "/a/b", "x", "java.lang.String")
                         ROW("Create", "xpath", "count(/a/*)", "n", "java.lang.Integer")
                             ROW("Create", "xpath", "/a/none", "none", "java.lang.String"),
                 "propertyTable",
                 ROW("Create", "header", "x", "p", "")
                     ROW("Create", "expression", "${header.x}-${header.nope}", "e", "")
                         ROW("Create", "property", "missing", "m", "")
                             ROW("Create", "expression", "${in.body}", "old", ""),
                 "wrapContent", "B:${property.p}\\n${header.n}", "bodyType", "expression", NULL);
    assert_sends(&h, "<a><b>1</b><b>2</b></a>", "B:1\n2");
    assert_str(harness_out(&h, "c"), "500 ${no}");
    assert_str(harness_out(&h, "none"), "");
    assert_str(harness_out_property(&h, "e"), "1-");
    assert_str(harness_out_property(&h, "old"), "<a><b>1</b><b>2</b></a>");
    assert_non_null(fields_find(&h.out_properties, STR("m")));
    assert_null(harness_out_property(&h, "m").p);
    harness_close(&h);
}

static void test_body(void **state)
{
    struct harness h;
    (void)state;
    harness_open(&h);
    harness_step(&h, &step_content_modifier, "wrapContent", "a\\n${in.body}", "bodyType",
                 "constant", NULL);
    assert_sends(&h, "x", "a\\n${in.body}");
    harness_flow(&h);
    harness_step(&h, &step_content_modifier, "wrapContent", "${null}", NULL);
    assert_true(harness_sends(&h, "x"));
    assert_null(h.body.p);
    harness_flow(&h);
    harness_step(&h, &step_content_modifier, "wrapContent", "", "bodyType", "expression", NULL);
    assert_sends(&h, "kept", "kept");
    harness_close(&h);
}

static void test_delete(void **state)
{
    struct harness h;
    (void)state;
    harness_open(&h);
    harness_step(&h, &step_content_modifier, "headerTable",
                 ROW("Delete", "constant", "", "$include=*,$exclude=keep*", "")
                     ROW("Create", "constant", "v", "new", ""),
                 "propertyTable", ROW("Delete", "constant", "", "gone", ""), NULL);
    harness_header(&h, "A", "1");
    harness_header(&h, "KeepMe", "2");
    harness_property(&h, "gone", "3");
    harness_property(&h, "Gone", "4");
    assert_true(harness_sends(&h, ""));
    assert_null(harness_out(&h, "a").p);
    assert_str(harness_out(&h, "keepme"), "2");
    assert_str(harness_out(&h, "NEW"), "v");
    assert_null(harness_out_property(&h, "gone").p);
    assert_str(harness_out_property(&h, "Gone"), "4");
    harness_close(&h);
}

static void test_legacy(void **state)
{
    struct harness h;
    (void)state;
    harness_open(&h);
    harness_step(
        &h, &step_content_modifier, "HEADER_0",
        "Name:=:h:;Type:=:constant:;Datatype:=::;Value:=:*:;Default:=:", "property_0",
        "Name:=:p:;Type:=:expression:;Datatype:=:java.lang.String:;Value:=:${in.body}:;Default:=:",
        "property_1", "Name:=:q:;Type:=:external parameter:;Datatype:=::;Value:=:v:;Default:=:x",
        NULL);
    assert_sends(&h, "in", "in");
    assert_str(harness_out(&h, "h"), "*");
    assert_str(harness_out_property(&h, "p"), "in");
    assert_str(harness_out_property(&h, "q"), "v");
    harness_close(&h);
}

static void test_refused(void **state)
{
    struct harness h;
    (void)state;
    harness_open(&h);
    harness_step(&h, &step_content_modifier, "headerTable",
                 ROW("Create", "numberRange", "NR1", "h", ""), NULL);
    assert_non_null(strstr(harness_problem(&h).p, "NR1"));
    harness_close(&h);
}

static void test_filter(void **state)
{
    static const struct {
        const char *xpath, *type, *in, *out;
    } cases[] = {
        {"/s/a",           "Nodelist", "<s><a>1</a>\n<a>2</a></s>",  "<a>1</a><a>2</a>"},
        {"/s/a",           "Node",     "<s><a>1</a><a>2</a></s>",    "<a>1</a>"        },
        {"/s/a",           "String",   "<s><a>1</a><a>2</a></s>",    "1"               },
        {"/s/a/text()",    "Nodelist", "<s><a>100</a><a>10</a></s>", "10010"           },
        {"count(/s/a)",    "Integer",  "<s><a>1</a><a>2</a></s>",    "2"               },
        {"/s/a = 2",       "Boolean",  "<s><a>1</a><a>2</a></s>",    "true"            },
        {"/s/b",           "Boolean",  "<s><a>1</a></s>",            "false"           },
        {"/s/b",           "Nodelist", "<s><a>1</a></s>",            ""                },
        {"/s/a[. > $min]", "Nodelist", "<s><a>1</a><a>5</a></s>",    "<a>5</a>"        },
    };
    struct harness h;
    (void)state;
    harness_open(&h);
    for (size_t i = 0; i < COUNT(cases); i++) {
        harness_flow(&h);
        harness_step(&h, &step_filter, "wrapContent", cases[i].xpath, "xpathType", cases[i].type,
                     NULL);
        harness_property(&h, "min", "3");
        assert_sends(&h, cases[i].in, cases[i].out);
    }
    assert_false(harness_sends(&h, "no xml"));
    harness_flow(&h); /* what a Filter leaves behind may have no root */
    harness_step(&h, &step_filter, "wrapContent", "/s/a", "xpathType", "Nodelist", NULL);
    harness_step(&h, &step_filter, "wrapContent", "/s/a", "xpathType", "Nodelist", NULL);
    assert_sends(&h, "<s><a>1</a><a>2</a></s>", "");
    harness_close(&h);
}

static void test_encoders(void **state)
{
    static const struct {
        const struct step_type *to, *from;
    } pairs[] = {
        {&step_base64_encode, &step_base64_decode},
        {&step_gzip_encode,   &step_gzip_decode  },
        {&step_zip_encode,    &step_zip_decode   },
    };
    struct harness h;
    (void)state;
    harness_open(&h);
    harness_step(&h, &step_base64_encode, NULL);
    assert_sends(&h, "hello", "aGVsbG8=");
    for (size_t i = 0; i < COUNT(pairs); i++) {
        harness_flow(&h);
        harness_step(&h, pairs[i].to, NULL);
        harness_step(&h, pairs[i].from, NULL);
        assert_sends(&h, "some text \xc3\xbc", "some text \xc3\xbc");
        harness_flow(&h);
        harness_step(&h, pairs[i].from, NULL);
        assert_false(harness_sends(&h, "!!"));
    }
    harness_close(&h);
}

#define XSL(inner)                                                                                                 \
    "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform' xmlns:it='http://sap.com/it/'" \
    " exclude-result-prefixes='it'><xsl:output omit-xml-declaration='yes'/><xsl:param name='exchange'/>"           \
    "<xsl:param name='P' select=\"'none'\"/>" inner "</xsl:stylesheet>"

static void test_xslt(void **state)
{
    struct harness h;
    (void)state;
    harness_open(&h);
    harness_file(
        &h, "src/main/resources/mapping/a.xsl",
        XSL("<xsl:template match='/'><r><xsl:value-of select=\"it:setHeader($exchange, 'P', 'new')\"/>"
            "<xsl:value-of select='$P'/><xsl:value-of select='/i'/></r></xsl:template>"));
    harness_step(&h, &step_xslt_mapping, "mappinguri",
                 "dir://mapping/xslt/src/main/resources/mapping/a.xsl", NULL);
    harness_header(&h, "P", "old");
    assert_sends(&h, "<i>1</i>", "<r>old1</r>");
    assert_str(harness_out(&h, "P"), "new");
    harness_flow(&h);
    harness_step(&h, &step_xslt_mapping, "mappinguri",
                 "dir://mapping/xslt/src/main/resources/mapping/b.xsl", NULL);
    assert_non_null(strstr(harness_problem(&h).p, "b.xsl"));
    harness_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources),  cmocka_unit_test(test_body),
        cmocka_unit_test(test_delete),   cmocka_unit_test(test_legacy),
        cmocka_unit_test(test_refused),  cmocka_unit_test(test_filter),
        cmocka_unit_test(test_encoders), cmocka_unit_test(test_xslt),
    };
    return RUN(tests);
}
