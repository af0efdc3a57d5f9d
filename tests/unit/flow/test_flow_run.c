/* Compiled flows on the real engine: every step appends its id to the body, so that the body tells the way. */
#include "flow_case.h"

#include "../engine/kit.h"

#include <stdio.h>

static struct step_type append, gather;
static const struct step_type *const steps[] = {&append, &gather};
static const struct sender_type sender = {.component = "ProcessDirect"};
static const struct sender_type *const senders[] = {&sender};
static const struct registry registry = {
    .steps = steps, .nsteps = COUNT(steps), .senders = senders, .nsenders = 1};

static void write_id(void *cfg, struct prepare *p)
{
    snprintf(cfg, append.cfg_size, STR_FMT, STR_ARG(p->id));
}

static struct kit_result run(const char *flow, const char *parameters, const char *body)
{
    struct bundle *b = case_bundle(flow, parameters);
    struct problems ps = {.arena = arena_new()};
    struct program *p = flow_compile(b, &registry, &ps);
    bundle_free(b);
    arena_free(ps.arena);
    assert_non_null(p);
    uint32_t entry = p->routes.at[0].entry;
    p->routes.n = 0; /* the kit starts it by a route of its own */
    return kit_once(p, entry, body);
}

static void test_router(void **state)
{
    (void)state;
    static const char parameters[] = "known=yes\nkind=&apos;a&apos;";
    static const struct {
        const char *body, *way;
    } rows[] = {
        {"<o:order xmlns:o='urn:orders' total='200' kind='a'/>", "AM"},
        {"<o:order xmlns:o='urn:orders' total='7' kind='a'/>",   ""  },
        {"<o:order xmlns:o='urn:orders' total='7'/>",            "CM"},
        {"<order total='200' kind='a'/>",                        "CM"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char want[200];
        snprintf(want, sizeof want, "%s%s", rows[i].body, rows[i].way);
        struct kit_result r = run("router", parameters, rows[i].body);
        assert_int_equal(r.status, MESSAGE_COMPLETED);
        assert_string_equal(r.body, want);
    }
    assert_int_equal(run("router", parameters, "no XML").status, MESSAGE_FAILED);
}

static void test_multicast(void **state)
{
    (void)state;
    struct kit_result r = run("multicast", NULL, "x");
    assert_int_equal(r.status, MESSAGE_COMPLETED);
    assert_string_equal(r.body, "xB|xA|xC");
}

static void test_local(void **state)
{
    (void)state;
    struct kit_result r = run("local", "most=3", "x");
    assert_int_equal(r.status, MESSAGE_COMPLETED);
    assert_string_equal(r.body, "xWorkWork");
}

static void test_recursion(void **state)
{
    (void)state;
    struct kit_result r = run("recursion", NULL, "x");
    assert_int_equal(r.status, MESSAGE_COMPLETED);
    assert_string_equal(r.body, "xWork");
}

static void test_exception(void **state)
{
    (void)state;
    struct kit_result r = run("exception", NULL, "x");
    assert_int_equal(r.status,
                     MESSAGE_COMPLETED); /* by the Terminate in its exception subprocess */
    assert_string_equal(r.body, "xWork");
}

int main(void)
{
    append = kit_append;
    append.activity = "Enricher";
    append.cfg_size = 64;
    append.prepare = write_id;
    gather = kit_gather;
    gather.activity = "Gather";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_router),    cmocka_unit_test(test_multicast),
        cmocka_unit_test(test_local),     cmocka_unit_test(test_recursion),
        cmocka_unit_test(test_exception),
    };
    return RUN(tests);
}
