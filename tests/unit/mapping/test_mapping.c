/* Runs the cases of tests/data/mapping: mappings in the notation of notation.h with a document and what comes out, or the
 * error. Also the parts that have no notation: multi-mapping, JSON, packed files. */
#include "base/file.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_examples)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
