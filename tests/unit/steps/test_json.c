/* The worked examples a to h of the specification, semantics 19. */
#include "harness.h"

extern const struct step_type step_json_to_xml, step_xml_to_json;

#define DECLARATION "<?xml version='1.0' encoding='UTF-8'?>"
#define MAP "<row><cell>urn:x</cell><cell>p</cell></row>"

static void test_to_xml(void **state)
{
    static const struct {
        const char *add_root, *namespaces, *in, *out; /* out NULL: refused */
    } cases[] = {
        {"true",  "false",
         "{\"id\":7,\"ok\":true,\"n\":null,\"t\":[\"x\",\"y\"],\"w\":{\"q\":\"\"}}", "<root><id>7</id><ok>true</ok><n/><t>x</t><t>y</t><w><q/></w></root>"},
        {"false", "false", "{\"o\":{\"@no\":\"5\",\"$\":\"txt\"}}",                  "<o no=\"5\">txt</o>"                                                },
        {"false", "false", "{\"a\":1,\"b\":2}",                                      NULL                                                                 },
        {"false", "false", "{}",                                                     NULL                                                                 },
        {"false", "false", "[1]",                                                    NULL                                                                 },
        {"true",  "false", "[1]",                                                    NULL                                                                 },
        {"false", "true",  "{\"p:o\":{\"p:i\":[\"1\",\"2\"],\"j\":{}}}",
         "<p:o xmlns:p=\"urn:x\"><p:i>1</p:i><p:i>2</p:i><j/></p:o>"                                                                                      },
        {"false", "false", "{\"p:o\":{\"p:i\":[\"1\",\"2\"],\"j\":{}}}",
         "<o><i>1</i><i>2</i><j/></o>"                                                                                                                    },
        {"false", "false", "{\"o\":{\"a\":1,\"@b\":2}}",                             NULL                                                                 },
        {"false", "false", "{\"o\":{\"@a\":null}}",                                  NULL                                                                 },
        {"true",  "false", "{\"@a\":1}",                                             NULL                                                                 },
        {"true",  "false", "{\"e\":[],\"t\":\"a<&b\"}",                              "<root><t>a&lt;&amp;b</t></root>"                                    },
        {"true",  "false", "{\"n\":1.50,\"m\":1e3}",                                 "<root><n>1.50</n><m>1e3</m></root>"                                 },
        {"true",  "false", "{\"a b\":1}",                                            NULL                                                                 },
        {"true",  "false", "{",                                                      NULL                                                                 },
    };
    struct harness h;
    char want[500];
    (void)state;
    harness_open(&h);
    for (size_t i = 0; i < COUNT(cases); i++) {
        harness_flow(&h);
        harness_step(&h, &step_json_to_xml, "addXMLRootElement", cases[i].add_root,
                     "additionalRootElementName", "root", "useNamespaces", cases[i].namespaces,
                     "jsonNamespaceMapping", MAP, "jsonNamespaceSeparator", ":", NULL);
        if (!cases[i].out) {
            assert_false(harness_sends(&h, cases[i].in));
            continue;
        }
        snprintf(want, sizeof want, "%s%s", DECLARATION, cases[i].out);
        assert_sends(&h, cases[i].in, want);
    }
    harness_close(&h);
}

static void test_to_json(void **state)
{
    static const struct {
        const char *suppress, *streaming, *all, *paths, *in, *out;
    } cases[] = {
        {"false", "false", "specific", "",     "<o><l>1</l><m/><l>2</l><n k=\"v\">t</n></o>",
         "{\"o\":{\"l\":[\"1\",\"2\"],\"m\":\"\",\"n\":{\"@k\":\"v\",\"$\":\"t\"}}}"                                         },
        {"true",  "false", "specific", "",     "<o><l>1</l></o>",                             "{\"l\":\"1\"}"                },
        {"false", "true",  "specific", "/o/l", "<o><l>1</l><m>2</m></o>",
         "{\"o\":{\"l\":[\"1\"],\"m\":\"2\"}}"                                                                               },
        {"false", "true",  "specific", "o/l",  "<o><l>1</l><l>2</l></o>",
         "{\"o\":{\"l\":[\"1\",\"2\"]}}"                                                                                     },
        {"false", "true",  "specific", "",     "<o><l>1</l><l>2</l></o>",
         "{\"o\":{\"l\":\"1\",\"l\":\"2\"}}"                                                                                 },
        {"false", "true",  "all",      "",     "<o><l>1</l><m>2</m></o>",
         "{\"o\":[{\"l\":[\"1\"],\"m\":[\"2\"]}]}"                                                                           },
        {"true",  "true",  "all",      "",     "<o><l>1</l><m>2</m></o>",                     "{\"l\":[\"1\"],\"m\":[\"2\"]}"},
        {"true",  "false", "specific", "",     "<r>v</r>",                                    "\"v\""                        },
        {"true",  "false", "specific", "",     "<r/>",                                        "\"\""                         },
        {"false", "false", "specific", "",     "<a> <b> </b><c>x<!--n-->y</c></a>",
         "{\"a\":{\"b\":\" \",\"c\":\"xy\"}}"                                                                                },
    };
    struct harness h;
    char table[200];
    (void)state;
    harness_open(&h);
    for (size_t i = 0; i < COUNT(cases); i++) {
        snprintf(table, sizeof table, "<row><cell>%s</cell><cell></cell></row>", cases[i].paths);
        harness_flow(&h);
        harness_step(&h, &step_xml_to_json, "xmlJsonSuppressRootElement", cases[i].suppress,
                     "xmlJsonUseStreaming", cases[i].streaming, "xmlJsonConvertAllElements",
                     cases[i].all, "xmlJsonPathTable", table, NULL);
        assert_sends(&h, cases[i].in, cases[i].out);
    }
    harness_close(&h);
}

static void test_to_json_namespaces(void **state)
{
    static const struct {
        const char *on, *streaming, *mapping, *in, *out; /* out NULL: refused */
    } cases[] = {
        {"true",  "false", "",                                            "<p:o xmlns:p=\"urn:x\">1</p:o>", "{\"p:o\":\"1\"}"},
        {"true",  "false", "<row><cell>urn:x</cell><cell>q</cell></row>",
         "<p:o xmlns:p=\"urn:x\">1</p:o>",                                                                  "{\"q:o\":\"1\"}"},
        {"false", "false", "",                                            "<p:o xmlns:p=\"urn:x\">1</p:o>", "{\"o\":\"1\"}"  },
        {"true",  "false", "",                                            "<o xmlns=\"urn:y\">1</o>",       NULL             },
        {"true",  "true",  "",                                            "<o xmlns=\"urn:y\">1</o>",       "{\"o\":\"1\"}"  },
    };
    struct harness h;
    (void)state;
    harness_open(&h);
    for (size_t i = 0; i < COUNT(cases); i++) {
        harness_flow(&h);
        harness_step(&h, &step_xml_to_json, "useNamespaces", cases[i].on, "xmlJsonUseStreaming",
                     cases[i].streaming, "jsonNamespaceMapping", cases[i].mapping, NULL);
        if (cases[i].out)
            assert_sends(&h, cases[i].in, cases[i].out);
        else
            assert_refuses(&h, cases[i].in, "Invalid JSON namespace: urn:y");
    }
    harness_close(&h);
}

static void test_charset(void **state)
{
    struct harness h;
    (void)state;
    harness_open(&h);
    harness_step(&h, &step_xml_to_json, "xmlJsonSuppressRootElement", "true", NULL);
    harness_property(&h, "CamelCharsetName", "ISO-8859-1");
    assert_sends(&h, "<a>\xc3\xbc</a>", "\"\xfc\"");
    harness_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_to_xml),
        cmocka_unit_test(test_to_json),
        cmocka_unit_test(test_to_json_namespaces),
        cmocka_unit_test(test_charset),
    };
    return RUN(tests);
}
