/* Splitters and Gather: exact outputs of the specification, semantics 17 and 18. */
#include "harness.h"

#include "base/time.h"

extern const struct step_type step_general_splitter, step_iterating_splitter, step_gather,
    step_content_modifier, step_json_to_xml;

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
#define COMBINED(inner)                                                                                                     \
    "<?xml version='1.0' encoding='UTF-8'?><multimap:Messages xmlns:multimap=\"http://sap.com/xi/XI/SplitAndMerge\">" inner \
    "</multimap:Messages>"
#define PLAIN "aggregationAlgorithm", "concatenate-strategy", NULL

/* Marks the end of each part, so that concatenation shows where they are. */
static void add_mark(struct harness *h)
{
    harness_step(h, &step_content_modifier, "wrapContent", "${in.body}|", "bodyType", "expression",
                 NULL);
}

static void test_general(void **state)
{
    static const struct {
        const char *xpath, *grouping, *in, *out;
    } cases[] = {
        {"/a/x",                     "",  "<a><h>1</h><x>1</x><x>2</x><t/></a>",
         XML "<a><h>1</h><x>1</x></a>|" XML "<a><h>1</h><x>2</x></a>|"        },
        {"/a/x/",                    "2", "<a k=\"v\"><x>1</x><x>2</x><x>3</x></a>",
         XML "<a k=\"v\"><x>1</x><x>2</x></a>|" XML "<a k=\"v\"><x>3</x></a>|"},
        {"//id",                     "",  "<c><p><id>1</id></p><r><id>2</id></r></c>",
         XML "<c><p><id>1</id></p></c>|" XML "<c><p><id>2</id></p></c>|"      },
        {"/p:a/x xmlns:p=\"urn:p\"", "",  "<q:a xmlns:q=\"urn:p\"> <x/></q:a>",
         XML "<q:a xmlns:q=\"urn:p\"> <x/></q:a>|"                            },
    };
    struct harness h;
    (void)state;
    harness_open(&h);
    for (size_t i = 0; i < COUNT(cases); i++) {
        harness_flow(&h);
        harness_step(&h, &step_general_splitter, "exprType", "XPath", "splitExprValue",
                     cases[i].xpath, "grouping", cases[i].grouping, "Streaming",
                     i % 2 ? "true" : "false", NULL);
        add_mark(&h);
        harness_step(&h, &step_gather, PLAIN);
        assert_sends(&h, cases[i].in, cases[i].out);
    }
    harness_close(&h);
}

static void test_text(void **state)
{
    static const struct {
        const struct step_type *step;
        const char *type, *value, *grouping, *in, *out;
    } cases[] = {
        {&step_general_splitter,   "Line Break", "",       "",  "h\n1\r\n2\r3\\n4\n",
         "h\n1|h\n2|h\n3|h\n4|"                                                                                                               },
        {&step_general_splitter,   "Line Break", "",       "2", "h\n1\n2\n3",         "h\n1\n2|h\n3|"                                         },
        {&step_iterating_splitter, "Line Break", "",       "",  "h\n1\n2",            "h|1|2|"                                                },
        {&step_iterating_splitter, "Line Break", "",       "2", "h\n1\n2",            "h\n1|2|"                                               },
        {&step_iterating_splitter, "Token",      "<S>",    "",
         "<a><S k='>'>1<S/><!--</S>--></S> x <S/><St>2</St></a>",                     "<S k='>'>1<S/><!--</S>--></S>|<S/>|"                   },
        {&step_iterating_splitter, "XPath",      "/n:a/b", "",
         "<n:a xmlns:n=\"urn:n\"><b>1</b>,<b>2</b></n:a>",                            "<b xmlns:n=\"urn:n\">1</b>|<b xmlns:n=\"urn:n\">2</b>|"},
    };
    struct harness h;
    (void)state;
    harness_open(&h);
    for (size_t i = 0; i < COUNT(cases); i++) {
        harness_flow(&h);
        static str uri = {"urn:n", 5};
        map_init(&h.program->namespaces, h.program->arena, false);
        map_put(&h.program->namespaces, STR("n"), &uri);
        harness_step(&h, cases[i].step, "exprType", cases[i].type, "splitExprValue", cases[i].value,
                     "grouping", cases[i].grouping, NULL);
        add_mark(&h);
        harness_step(&h, &step_gather, PLAIN);
        assert_sends(&h, cases[i].in, cases[i].out);
    }
    harness_close(&h);
}

static void test_split_properties(void **state)
{
    struct harness h;
    (void)state;
    harness_open(&h);
    harness_step(&h, &step_iterating_splitter, "exprType", "Line Break", NULL);
    harness_step(
        &h, &step_content_modifier, "wrapContent",
        "${property.CamelSplitIndex}${property.CamelSplitSize}${property.CamelSplitComplete} ",
        NULL);
    harness_step(&h, &step_gather, PLAIN);
    assert_sends(&h, "a\nb", "02false 12true ");
    harness_close(&h);
}

/* Parts run beside each other, Gather keeps their order; the parsed body and the prefix are shared. */
static void test_parallel(void **state)
{
    struct harness h;
    AUTO(buf) struct buf in = BUF(1 << 20);
    AUTO(buf) struct buf want = BUF(1 << 20);
    (void)state;
    buf_addz(&in, "<a>");
    for (int i = 0; i < 200; i++) {
        buf_addf(&in, "<x>%d</x>", i);
        buf_addf(&want, XML "<a><x>%d</x></a>|", i);
    }
    buf_addz(&in, "</a>");
    harness_open(&h);
    harness_step(&h, &step_general_splitter, "splitExprValue", "/a/x", "ParallelProcessing", "true",
                 "SplitterThreads", "10", "timeOut", "60", NULL);
    add_mark(&h);
    harness_step(&h, &step_gather, PLAIN);
    harness_send_bytes(&h, buf_str(&in));
    assert_true(h.ok);
    assert_true(str_eq(h.body, buf_str(&want)));
    harness_close(&h);
}

static void test_no_match_and_no_gather(void **state)
{
    struct harness h;
    (void)state;
    harness_open(&h);
    harness_step(&h, &step_general_splitter, "splitExprValue", "/a/none", NULL);
    harness_step(&h, &step_content_modifier, "wrapContent", "part", NULL);
    harness_step(&h, &step_gather, PLAIN);
    harness_step(&h, &step_content_modifier, "wrapContent", "after", NULL);
    assert_sends(&h, "<a/>", "<a/>");
    assert_int_equal(h.status, MESSAGE_COMPLETED);
    harness_flow(&h);
    harness_step(&h, &step_general_splitter, "splitExprValue", "/a/b", NULL);
    harness_step(&h, &step_content_modifier, "wrapContent", "part", NULL);
    assert_sends(&h, "<a><b/></a>", "<a><b/></a>");
    harness_close(&h);
}

static void test_errors(void **state)
{
    struct harness h;
    (void)state;
    harness_open(&h);
    harness_step(&h, &step_iterating_splitter, "exprType", "Line Break", "StopOnExecution", "true",
                 NULL);
    harness_step(&h, &step_json_to_xml, NULL);
    harness_step(&h, &step_gather, PLAIN);
    assert_false(harness_sends(&h, "{}\nbad\n{}"));
    assert_false(harness_sends(&h, "bad"));
    harness_flow(&h);
    harness_step(&h, &step_general_splitter, "exprType", "Regex", NULL);
    assert_non_null(strstr(harness_problem(&h).p, "Regex"));
    harness_close(&h);
}

static void test_gather(void **state)
{
    static const struct {
        const char *algorithm, *source, *target, *in, *out; /* out NULL: refused */
    } cases[] = {
        {"sap-identical-multi-mapping", "",     "",   "<a>1</a>\n<?xml version='1.0'?><a>2</a>",
         COMBINED("<multimap:Message1><a>1</a><a>2</a></multimap:Message1>")                              },
        {"sap-pi-multi-mapping",        "",     "",   "<a>1</a>\n<b/>",
         COMBINED(
             "<multimap:Message1><a>1</a></multimap:Message1><multimap:Message2><b/></multimap:Message2>")},
        {"sap-identical-multi-mapping", "",     "",   "<a/>\n<a/><b/>",                           NULL    },
        {"sap-identical-multi-mapping", "",     "",   "<a/>\ntext",                               NULL    },
        {"xpath-merge-strategy",        "/P/i", "/P", "<P><i>1</i></P>\n<P><i>2</i><i>3</i></P>",
         "<?xml version='1.0' encoding='UTF-8'?><P><i>1</i><i>2</i><i>3</i></P>"                          },
        {"xpath-merge-strategy",        "/P/i", "",   "<P><i>1</i><t/></P>\n<P><i>2</i></P>",
         "<?xml version='1.0' encoding='UTF-8'?><P><i>1</i><i>2</i><t/></P>"                              },
        {"xpath-merge-strategy",        "/P/i", "",   "<P><i>1</i></P>\n<P/>",                    NULL    },
    };
    struct harness h;
    (void)state;
    harness_open(&h);
    for (size_t i = 0; i < COUNT(cases); i++) {
        harness_flow(&h);
        harness_step(&h, &step_iterating_splitter, "exprType", "Line Break", NULL);
        harness_step(&h, &step_gather, "aggregationAlgorithm", cases[i].algorithm, "sourceXPath",
                     cases[i].source, "targetXPath", cases[i].target, NULL);
        if (cases[i].out)
            assert_sends(&h, cases[i].in, cases[i].out);
        else
            assert_false(harness_sends(&h, cases[i].in));
    }
    harness_close(&h);
}

#define HEADER                                                                                                \
    "<row><cell id='Action'>Create</cell><cell id='Type'>expression</cell><cell id='Value'>${in.body}</cell>" \
    "<cell id='Name'>last</cell></row>"

static void test_gather_fields(void **state)
{
    struct harness h;
    (void)state;
    harness_open(&h);
    harness_step(&h, &step_iterating_splitter, "exprType", "Line Break", NULL);
    harness_step(&h, &step_content_modifier, "headerTable", HEADER, "propertyTable", HEADER, NULL);
    harness_step(&h, &step_gather, PLAIN);
    assert_sends(&h, "a\nb", "ab");
    assert_null(harness_out(&h, "last").p);
    assert_str(harness_out_property(&h, "last"), "b");
    harness_close(&h);
}

/* 1000 parts of a 69 KB document: the time is printed, not judged (sanitizers, shared machines). */
static void test_many_parts(void **state)
{
    struct harness h;
    AUTO(buf) struct buf doc = BUF(1 << 20);
    (void)state;
    buf_addz(&doc, "<Orders>");
    for (int i = 0; i < 1000; i++)
        buf_addf(&doc, "<Order><Id>%d</Id><Name>Somebody in particular</Name></Order>", i);
    buf_addz(&doc, "</Orders>");
    harness_open(&h);
    harness_step(&h, &step_general_splitter, "splitExprValue", "/Orders/Order", NULL);
    harness_step(&h, &step_gather, "aggregationAlgorithm", "sap-identical-multi-mapping", NULL);
    harness_send_bytes(&h, buf_str(&doc));
    int64_t from = time_monotonic_us();
    harness_send_bytes(&h, buf_str(&doc));
    print_message("1000 parts: %lld us\n", (long long)(time_monotonic_us() - from));
    assert_true(h.ok);
    assert_int_not_equal(str_find(h.body, STR("<Orders><Order><Id>999</Id>"), 0), SIZE_MAX);
    harness_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_general),          cmocka_unit_test(test_text),
        cmocka_unit_test(test_split_properties), cmocka_unit_test(test_no_match_and_no_gather),
        cmocka_unit_test(test_errors),           cmocka_unit_test(test_parallel),
        cmocka_unit_test(test_gather),           cmocka_unit_test(test_gather_fields),
        cmocka_unit_test(test_many_parts),
    };
    return RUN(tests);
}
