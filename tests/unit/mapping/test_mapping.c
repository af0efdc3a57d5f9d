/* Runs the cases of tests/data/mapping: mappings in the notation of notation.h with a document and what comes out, or the
 * error. Also the parts that have no notation: multi-mapping, JSON, packed files. */
#include "base/codec.h"
#include "base/file.h"
#include "format/zip.h"
#include "mapping/mapping.h"
#include "notation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define LIBRARY                                                                   \
    "/* def String nowhere(String a) {} */\n"                                     \
    "def String twice(String a, String b, MappingContext context) { return a }\n" \
    "def void all(String[] is, Output o) { o.addValue(is.join(',')) }\n"
#define VALUES                                                                                                \
    "<vm version=\"2.0\"><group id=\"1\"><entry><agency>A</agency><schema>s</schema><value>x</value></entry>" \
    "<entry><agency>B</agency><schema>t</schema><value>X</value></entry></group></vm>"

struct host {
    struct value_mapping *values;
};

static bool field(void *arg, bool property, str name, str *ret)
{
    (void)arg;
    if (property || !str_eqz(name, "H"))
        return false;
    *ret = STR("header");
    return true;
}

static bool lookup(void *arg, const struct value_query *q, str *ret)
{
    return value_mapping_find(((struct host *)arg)->values, q, ret);
}

/* Stands for the script host: "[a|b]" of single values, "[a,b]" of a context. */
static void answer(struct arena *a, struct mapping_call *c)
{
    for (size_t i = 0; i < c->n; i++) {
        AUTO(buf) struct buf b = BUF(4096);
        struct mapping_item *item = arena_new_of(a, struct mapping_item);
        buf_add_char(&b, '[');
        for (size_t k = 0; k < c->script->narguments; k++)
            for (size_t j = 0; j < c->arguments[i * c->script->narguments + k].n; j++) {
                if (j || k)
                    buf_add_char(&b, c->script->whole_context ? ',' : '|');
                buf_add(&b, c->arguments[i * c->script->narguments + k].at[j]);
            }
        buf_add_char(&b, ']');
        *item = (struct mapping_item){MAPPING_VALUE, arena_str(a, buf_str(&b))};
        c->results[i] = (struct mapping_items){item, 1};
    }
}

static bool run(struct arena *a, const struct mapping *m, str input, struct buf *out, struct err *e)
{
    struct xml_doc *doc = NULL;
    struct jr *json = NULL;
    struct host h = {0};
    const struct mapping_host host = {&h, field, lookup};
    enum mapping_next next;
    assert_true(value_mapping_read(a, STR(VALUES), &h.values, e));
    if (mapping_from_json(m))
        assert_true(jr_parse(a, input, &json, e));
    else
        assert_true(xml_parse(input, &doc, e));
    struct mapping_run *r = mapping_start(m, a, doc, json, &host);
    while ((next = mapping_go(r, out, e)) == MAPPING_CALL) {
        size_t n;
        struct mapping_call *c = mapping_calls(r, &n);
        for (size_t i = 0; i < n; i++)
            answer(a, &c[i]);
    }
    xml_free(doc);
    return next == MAPPING_DONE;
}

static str result(struct arena *a, const struct map *files, str input)
{
    struct mapping *m;
    struct mapping_problems problems = {0};
    struct err e = {0};
    AUTO(buf) struct buf out = BUF(1 << 20), text = BUF(1 << 20);
    const str *bytes = map_get(files, STR("src/main/resources/mapping/a.mmap"));
    if (!mapping_compile(a, STR("a"), *bytes, files, &m, &problems))
        return problems.list.at[0].text;
    mapping_explain(m, &text);
    if (!run(a, m, input, &out, &e))
        return arena_str(a, str_of(e.msg));
    return arena_str(a, buf_str(&out));
}

#define DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"

static bool run_case(str text)
{
    AUTO(arena) struct arena *a = arena_new();
    struct map files;
    size_t head = str_find_char(text, '\n', 0), in = str_find(text, STR("\n--- "), 0);
    size_t good = str_find(text, STR("\n+++ "), 0), bad = str_find(text, STR("\n!!! "), 0),
           want = good != SIZE_MAX ? good : bad;
    str title = str_sub(text, 0, head);
    assert_true(in != SIZE_MAX && want != SIZE_MAX);
    notation_read(a, str_sub(text, head + 1, in), &files);
    notation_file(a, &files, "src/main/resources/script/lib.gsh", STR(LIBRARY));
    str got = result(a, &files, str_sub(text, in + 5, want)),
        expected = str_trim(str_from(text, want + 5));
    if (good != SIZE_MAX)
        expected = arena_fmt(a, DECLARATION STR_FMT, STR_ARG(expected));
    if (str_eq(got, expected))
        return true;
    print_error(STR_FMT "\n got      " STR_FMT "\n expected " STR_FMT "\n", STR_ARG(title),
                STR_ARG(got), STR_ARG(expected));
    return false;
}

static void test_examples(void **state)
{
    AUTO(arena) struct arena *a = arena_new();
    struct err e = {0};
    str all;
    size_t at = 0, n = 0, failed = 0;
    (void)state;
    str path = arena_fmt(a, "%s/mapping/examples.case", getenv("TEST_DATA"));
    assert_true(file_read(a, path.p, 1 << 20, &all, &e));
    while ((at = str_find(all, STR("=== "), at)) != SIZE_MAX) {
        size_t end = str_find(all, STR("\n=== "), at);
        failed += !run_case(str_sub(all, at + 4, end));
        at = end == SIZE_MAX ? all.n : end;
        n++;
    }
    assert_true(n > 30);
    assert_int_equal(failed, 0);
}

/* ---- what has no notation ---- */
#define FIELD(path, value) "<brick type=\"Dst\" path=\"" path "\"><arg>" value "</arg></brick>"
#define SOURCE(path) "<brick type=\"Src\" path=\"" path "\"/>"
#define CONST(text)                                                                                  \
    "<brick type=\"Func\" fname=\"const\" fns=\"dflt\"><bindings><param name=\"value\"><value>" text \
    "</value></param></bindings></brick>"
#define MESSAGE(role, type, file, root, ns)                                \
    "<lnkRole role=\"" role "\"><lnk><key typeID=\"" type "\"><elem>" file \
    "</elem><elem>x</elem><elem>" root "</elem><elem>" ns "</elem></key></lnk></lnkRole>"
#define METADATA(project) \
    "<mappingtool><project><transformation>" project "</transformation></project></mappingtool>"
#define XIOBJ(roles, metadata, after)                                                                          \
    "<xiObj xmlns=\"urn:sap-com:xi\"><generic><lnks>" roles                                                    \
    "</lnks></generic><content><tr:XiTrafo xmlns:tr=\"urn:sap-com:xi:mapping:xitrafo\"><tr:MetaData>" metadata \
    "</tr:MetaData>" after "</tr:XiTrafo></content></xiObj>"
#define XIOBJ_HEAD \
    "<xiObj xmlns=\"urn:sap-com:xi\"><content><tr:XiTrafo xmlns:tr=\"urn:sap-com:xi:mapping:xitrafo\"><tr:MetaData><tr:blob>"
#define XIOBJ_TAIL "</tr:blob></tr:MetaData></tr:XiTrafo></content></xiObj>"
#define NAMESPACE(uri, prefix)                                   \
    "<namespaces><properties><property name=\"" uri "\">" prefix \
    "</property></properties></namespaces>"

static void check(const char *mmap, const char *file, const char *schema, const char *input,
                  const char *expected)
{
    AUTO(arena) struct arena *a = arena_new();
    struct map files;
    map_init(&files, a, false);
    notation_file(a, &files, "src/main/resources/mapping/a.mmap", str_of(mmap));
    if (file)
        notation_file(a, &files, arena_fmt(a, "src/main/resources/x/%s", file).p, str_of(schema));
    assert_string_equal(arena_strdup(a, result(a, &files, str_of(input))), expected);
}

static const char ORDER[] =
    "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"><xs:element name=\"PO\"><xs:complexType><xs:sequence>"
    "<xs:element name=\"no\" type=\"xs:string\"/><xs:element name=\"item\" type=\"xs:string\" maxOccurs=\"unbounded\"/>"
    "</xs:sequence></xs:complexType></xs:element></xs:schema>";

/* Example 12. */
static void test_several_messages(void **state)
{
    (void)state;
    check(
        XIOBJ(
            MESSAGE("TARGET_IFR_MESS", "xsd", "po.xsd", "PO", ""),
            METADATA(NAMESPACE("http://sap.com/xi/XI/SplitAndMerge",
                               "ns0") FIELD("/ns0:Messages/ns0:Message1/PO", SOURCE("/M/I"))
                         FIELD("/ns0:Messages/ns0:Message1/PO/no", CONST("7")) FIELD(
                             "/ns0:Messages/ns0:Message1/PO/item",
                             "<brick type=\"Func\" fname=\"SplitByValue\" fns=\"dflt\"><arg>"
                             "<brick type=\"Src\" path=\"/M/I/n\" context=\"/M\"/></arg></brick>")),
            "<tr:TargetParameters><tr:Parameter><tr:Position>1</tr:Position><tr:Minoccurs>0</tr:Minoccurs>"
            "<tr:Maxoccurs>unbounded</tr:Maxoccurs></tr:Parameter></tr:TargetParameters>"),
        "po.xsd", ORDER, "<M><I><n>a</n></I><I><n>b</n></I></M>",
        DECLARATION
        "<ns0:Messages xmlns:ns0=\"http://sap.com/xi/XI/SplitAndMerge\"><ns0:Message1><PO><no>7</no><item>a</item></PO>"
        "<PO><no>7</no><item>b</item></PO></ns0:Message1></ns0:Messages>");
}

/* Copies of a subtree stand where the schema has the original; what the schema does not have is left out. */
static void test_copies_and_order(void **state)
{
    (void)state;
    check(XIOBJ(MESSAGE("TARGET_IFR_MESS", "xsd", "po.xsd", "PO", ""),
                METADATA(FIELD("/PO/item[1]", CONST("second")) FIELD("/PO/item", CONST("first"))
                             FIELD("/PO/gone", CONST("x")) FIELD("/PO/no", CONST("1"))),
                ""),
          "po.xsd", ORDER, "<S/>",
          DECLARATION "<PO><no>1</no><item>first</item><item>second</item></PO>");
}

static void test_namespaces(void **state)
{
    (void)state;
    check(
        XIOBJ(MESSAGE("TARGET_IFR_MESS", "wsdl", "svc", "Request", "urn:t"),
              METADATA(NAMESPACE("urn:t", "p") FIELD("/p:Request", SOURCE("/p:S")) FIELD(
                  "/p:Request/@id", SOURCE("/p:S/x")) FIELD("/p:Request/in", SOURCE("/p:S/p:x"))),
              ""),
        "svc.WSDL",
        "<w:definitions xmlns:w=\"http://schemas.xmlsoap.org/wsdl/\" xmlns:t=\"urn:t\"><w:types><xs:schema "
        "xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" targetNamespace=\"urn:t\"><xs:element name=\"Deep\"><xs:complexType><xs:sequence>"
        "<xs:element name=\"in\" minOccurs=\"0\"/></xs:sequence><xs:attribute name=\"id\"/></xs:complexType></xs:element>"
        "<xs:element name=\"Request\" type=\"t:R\"/><xs:complexType name=\"R\"><xs:sequence><xs:element name=\"in\" minOccurs=\"0\"/>"
        "</xs:sequence><xs:attribute name=\"id\"/></xs:complexType></xs:schema></w:types></w:definitions>",
        "<q:S xmlns:q='urn:t'><x>no namespace</x><q:x>theirs</q:x></q:S>",
        DECLARATION "<p:Request xmlns:p=\"urn:t\" id=\"no namespace\"><in>theirs</in></p:Request>");
}

static void test_json(void **state)
{
    (void)state;
    check(
        XIOBJ(MESSAGE("SOURCE_IFR_MESS", "json", "s.json", "x", "") MESSAGE(
                  "TARGET_IFR_MESS", "json", "t.json", "/up__$delim$__POST__$delim$__Request", ""),
              METADATA(
                  FIELD("/__$$RoOt_ArRaY$$__", SOURCE("/__$$DuMmY_RoOt$$__/rates")) FIELD(
                      "/__$$RoOt_ArRaY$$__/key", SOURCE("/__$$DuMmY_RoOt$$__/rates/currency"))
                      FIELD("/__$$RoOt_ArRaY$$__/tags", SOURCE("/__$$DuMmY_RoOt$$__/rates/tags"))
                          FIELD("/__$$RoOt_ArRaY$$__/ok", SOURCE("/__$$DuMmY_RoOt$$__/rates/ok"))),
              ""),
        "t.json",
        "{\"paths\":{\"/up\":{\"post\":{\"parameters\":[{\"in\":\"body\",\"schema\":{\"$ref\":\"#/definitions/L\"}}]}}},\"definitions\":"
        "{\"L\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/definitions/E\"}},\"E\":{\"type\":\"object\",\"properties\":"
        "{\"key\":{\"type\":\"string\"},\"ok\":{\"type\":\"boolean\"},\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}}}",
        "{\"rates\":[{\"currency\":\"EUR\",\"tags\":[\"a\"],\"ok\":true},{\"currency\":5,\"ok\":null}]}",
        "[{\"key\":\"EUR\",\"ok\":\"true\",\"tags\":[\"a\"]},{\"key\":\"5\"}]");
}

/* The packed form: the same file, its metadata in a ZIP in a ZIP. */
static void test_packed(void **state)
{
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf inner = BUF(1 << 20), outer = BUF(1 << 20);
    struct err e = {0};
    (void)state;
    const struct zip_entry metadata = {.name = STR("metadata"),
                                       .bytes = STR(METADATA(FIELD("/PO/no", CONST("packed"))))};
    assert_true(zip_write(&inner, &metadata, 1, &e));
    const struct zip_entry value = {.name = STR("value"), .bytes = buf_str(&inner)};
    assert_true(zip_write(&outer, &value, 1, &e));
    str text = arena_fmt(a, "%s!zip!" STR_FMT "%s", XIOBJ_HEAD,
                         STR_ARG(base64_encode(a, buf_str(&outer))), XIOBJ_TAIL);
    check(text.p, NULL, NULL, "<S/>", DECLARATION "<PO><no>packed</no></PO>");
}

static void test_broken_files(void **state)
{
    (void)state;
    check("<xiObj/>", NULL, NULL, "<S/>", "this is no message mapping");
    check("no xml", NULL, NULL, "<S/>", "XML, line 1: Start tag expected, '<' not found");
    check(XIOBJ("", "<blob>!zip!QUJD</blob>", ""), NULL, NULL, "<S/>",
          "ZIP: Unrecognized archive format");
    check(XIOBJ("", METADATA(FIELD("/T", "<brick object_uid=\"none\"/>")), ""), NULL, NULL, "<S/>",
          "no brick has the object_uid 'none'");
    check(
        XIOBJ(
            "",
            METADATA(
                "<brick type=\"Dst\" path=\"/T\"><arg><brick type=\"Func\" fname=\"not\" fns=\"dflt\" object_uid=\"a\"><arg>"
                "<brick object_uid=\"a\"/></arg></brick></arg></brick>"),
            ""),
        NULL, NULL, "<S/>", "target field /T: a value depends on itself");
}

static void test_value_mapping(void **state)
{
    AUTO(arena) struct arena *a = arena_new();
    struct value_mapping *v;
    struct err e = {0};
    str found;
    (void)state;
    assert_true(value_mapping_read(a, STR(VALUES), &v, &e));
    assert_true(value_mapping_find(
        v, &(struct value_query){STR("A"), STR("s"), STR("x"), STR("B"), STR("t")}, &found));
    assert_true(str_eqz(found, "X"));
    assert_true(value_mapping_find(
        v, &(struct value_query){STR("B"), STR("t"), STR("X"), STR("A"), STR("s")}, &found));
    assert_true(str_eqz(found, "x"));
    assert_false(value_mapping_find(
        v, &(struct value_query){STR("B"), STR("t"), STR("x"), STR("A"), STR("s")}, &found));
    assert_false(value_mapping_find(
        v, &(struct value_query){STR("A"), STR("s"), STR("x"), STR("A"), STR("s")}, &found));
    assert_false(value_mapping_read(a, STR("<x/>"), &v, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_examples),
                                       cmocka_unit_test(test_several_messages),
                                       cmocka_unit_test(test_copies_and_order),
                                       cmocka_unit_test(test_namespaces),
                                       cmocka_unit_test(test_json),
                                       cmocka_unit_test(test_packed),
                                       cmocka_unit_test(test_broken_files),
                                       cmocka_unit_test(test_value_mapping)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
