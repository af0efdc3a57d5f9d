/* Every flow of tests/data/iflw against its saved listing (or its problems); UPDATE=1 rewrites after review. */
#include "flow_case.h"

#include <stdio.h>
#include <stdlib.h>

static void list_case(const char *name, const char *parameters, struct buf *out)
{
    struct bundle *b = case_bundle(name, parameters);
    struct problems ps = {.arena = arena_new()};
    struct program *p = flow_compile(b, &fake_registry, &ps);
    bundle_free(b); /* the program must not need it */
    assert_true((p != NULL) == (ps.list.n == 0));
    if (p)
        case_list(p, out);
    else
        case_problems(&ps, out);
    program_free(p);
    arena_free(ps.arena);
}

static void check_case(const char *name, const char *parameters)
{
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf out = BUF(1 << 20);
    char file[200], path[4096];
    list_case(name, parameters, &out);
    snprintf(file, sizeof file, "%s.expected", name);
    str want = case_file(a, file);
    if (want.p && str_eq(want, buf_str(&out)))
        return;
    if (!getenv("UPDATE"))
        fail_msg("%s: got\n%.*s\nwant\n%.*s", name, STR_ARG(buf_str(&out)), STR_ARG(want));
    snprintf(path, sizeof path, "%s/iflw/%s", getenv("TEST_DATA"), file);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fwrite(out.p, 1, out.n, f);
    fclose(f);
}

#define CASE(name, parameters)            \
    static void test_##name(void **state) \
    {                                     \
        (void)state;                      \
        check_case(#name, parameters);    \
    }
CASE(linear, NULL)
CASE(router, "known=yes\nkind=&apos;a & b&apos;")
CASE(multicast, NULL)
CASE(local, "most=12")
CASE(exception, NULL)
CASE(timer,
     "when=<row><cell>schedule1</cell><cell>0+0+6+?+*+*+*&trigger.timeZone\\=Etc/GMT</cell></row>")
CASE(parameters,
     "raw\\ &\\ <name>=1 < 2 & 3\nescaped=&lt;b&gt;\nquery=a=1&b=2\narea=north\nversion=2\n"
     "table=<row><cell>x</cell></row>")
CASE(unsupported, NULL)
CASE(wrong, NULL)
CASE(old, NULL)
CASE(recursion, NULL)
CASE(misplaced, NULL)
CASE(astray, NULL)

static void test_template_is_a_flow(void **state)
{
    (void)state;
    struct bundle *b;
    struct err e;
    struct problems ps = {.arena = arena_new()};
    assert_true(bundle_template(STR("New"), STR("New one"), &b, &e));
    struct program *p = flow_compile(b, &fake_registry, &ps);
    assert_non_null(p);
    assert_int_equal(p->routes.n, 0);
    assert_str(p->artifact_id, "New");
    program_free(p);
    bundle_remove(b, b->iflw_path);
    assert_null(flow_compile(b, &fake_registry, &ps));
    assert_int_equal(ps.list.n, 1);
    bundle_free(b);
    arena_free(ps.arena);
}

static void test_broken_files(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "<a",
        "<a/>",
        "<definitions/>",
        "<definitions><process id='p'><startEvent/></process></definitions>",
        "<definitions><process id='p'><task id='x'/><task id='x'/></process></definitions>"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct bundle *b = case_bundle("linear", NULL);
        struct problems ps = {.arena = arena_new()};
        bundle_put(b, b->iflw_path, str_of(texts[i]));
        assert_null(flow_compile(b, &fake_registry, &ps));
        assert_true(ps.list.n > 0);
        bundle_free(b);
        arena_free(ps.arena);
    }
}

/* A long flow must not need a deep stack. */
static void test_long_flow(void **state)
{
    (void)state;
    enum { STEPS = 15000 };
    AUTO(buf) struct buf xml = BUF(16 << 20);
    buf_addz(&xml, "<definitions><process id='p' name='Long'><startEvent id='s0'/>");
    for (int i = 1; i <= STEPS; i++)
        buf_addf(
            &xml,
            "<callActivity id='s%d'><extensionElements><property><key>activityType</key><value>Filter</value></property>"
            "</extensionElements></callActivity><sequenceFlow id='f%d' sourceRef='s%d' targetRef='s%d'/>",
            i, i, i - 1, i);
    buf_addz(&xml, "</process></definitions>");
    struct bundle *b = case_bundle("linear", NULL);
    struct problems ps = {.arena = arena_new()};
    bundle_put(b, b->iflw_path, buf_str(&xml));
    struct program *p = flow_compile(b, &fake_registry, &ps);
    assert_non_null(p);
    assert_int_equal(p->operations.n, STEPS + 1);
    program_free(p);
    bundle_free(b);
    arena_free(ps.arena);
}

static void test_wide(void **state)
{
    (void)state;
    AUTO(buf) struct buf xml = BUF(1 << 20);
    buf_addz(&xml, "<definitions><process id='p'><startEvent id='s'/><endEvent id='e'/>");
    for (int i = 0; i < 501; i++)
        buf_addf(&xml, "<sequenceFlow id='f%d' sourceRef='s' targetRef='e'/>", i);
    buf_addz(&xml, "</process></definitions>");
    struct bundle *b = case_bundle("linear", NULL);
    struct problems ps = {.arena = arena_new()};
    bundle_put(b, b->iflw_path, buf_str(&xml));
    assert_null(flow_compile(b, &fake_registry, &ps));
    assert_int_equal(ps.list.at[0].code, ERR_TOO_LARGE);
    bundle_free(b);
    arena_free(ps.arena);
}

static void test_value_bomb(void **state)
{
    (void)state;
    AUTO(buf) struct buf prop = BUF(4 << 20), xml = BUF(16 << 20);
    struct bundle *b = case_bundle("linear", NULL);
    struct problems ps = {.arena = arena_new()};
    buf_addz(&prop, "big=");
    for (int i = 0; i < 1 << 20; i++)
        buf_add_char(&prop, 'x');
    bundle_put(b, STR("src/main/resources/parameters.prop"), buf_str(&prop));
    buf_addz(&xml, "<definitions><collaboration><extensionElements><property><key>a</key><value>");
    for (int i = 0; i < 100; i++)
        buf_addz(&xml, "{{big}}");
    buf_addz(&xml, "</value></property></extensionElements></collaboration></definitions>");
    bundle_put(b, b->iflw_path, buf_str(&xml));
    assert_null(flow_compile(b, &fake_registry, &ps));
    assert_int_equal(ps.list.at[0].code, ERR_TOO_LARGE);
    bundle_free(b);
    arena_free(ps.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_router),
        cmocka_unit_test(test_multicast),
        cmocka_unit_test(test_local),
        cmocka_unit_test(test_exception),
        cmocka_unit_test(test_timer),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_unsupported),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_old),
        cmocka_unit_test(test_recursion),
        cmocka_unit_test(test_misplaced),
        cmocka_unit_test(test_astray),
        cmocka_unit_test(test_wide),
        cmocka_unit_test(test_template_is_a_flow),
        cmocka_unit_test(test_broken_files),
        cmocka_unit_test(test_long_flow),
        cmocka_unit_test(test_value_bomb),
    };
    return RUN(tests);
}
