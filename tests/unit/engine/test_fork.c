/* Splits, multicast, join and gather (semantics.md 17, 18). */
#include "base/time.h"
#include "kit.h"

#include <stdio.h>
#include <unistd.h>

#define T(text) (void *)(uintptr_t)(text)

static struct kit_split one_by_one = {.parallel = 1}, stopping = {.parallel = 1, .stop = true},
                        streaming = {.parallel = 1, .streaming = true}, parallel = {.parallel = 4},
                        timed = {.parallel = 4, .timeout_ms = 50};

static void gathers_in_order(void **state)
{
    (void)state;
    struct kit_split *ways[] = {&one_by_one, &streaming, &parallel};
    for (size_t i = 0; i < COUNT(ways); i++) {
        struct program *p = kit_program();
        uint32_t entry = kit_steps(p, 0, &kit_split, ways[i], &kit_wait, NULL, &kit_append, T("!"),
                                   &kit_gather, NULL, &kit_append, T(" end"), NULL);
        assert_string_equal(kit_once(p, entry, "a,b,c,d,e,f").body, "a!|b!|c!|d!|e!|f! end");
    }
}

static struct simple *text(struct program *p, const char *s)
{
    struct simple *ret = NULL;
    struct err e = {0};
    assert_true(simple_compile(p->arena, str_of(s), SIMPLE_TEXT, &ret, &e));
    return ret;
}

static struct step_result set_body(const void *cfg, struct exchange *x, struct err *e)
{
    str s;
    if (!simple_text(cfg, x, x->arena, &s, e))
        return FAIL;
    exchange_set_body(x, body_of_text(s));
    return CONTINUE;
}
static const struct step_type set_body_type = {.name = "set", .run = set_body};

static void split_properties(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint32_t entry = kit_steps(
        p, 0, &kit_split, &one_by_one, &set_body_type,
        text(p,
             "${property.CamelSplitIndex}/${header.CamelSplitSize}/${property.CamelSplitComplete}"),
        &kit_gather, NULL, NULL);
    assert_string_equal(kit_once(p, entry, "a,b").body, "0/2/false|1/2/true");
    p = kit_program();
    entry = kit_steps(
        p, 0, &kit_split, &streaming, &set_body_type,
        text(
            p,
            "${property.CamelSplitIndex}/${property.CamelSplitSize}/${property.CamelSplitComplete}"),
        &kit_gather, NULL, NULL);
    assert_string_equal(kit_once(p, entry, "a,b").body, "0//false|1/2/true");
}

static void without_gather_the_message_comes_back(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint32_t entry =
        kit_steps(p, 0, &kit_append, T(",z"), &kit_split, &one_by_one, &kit_append, T("!"), NULL);
    assert_string_equal(kit_once(p, entry, "a,b").body, "a,b,z");
}

static void no_part_ends_the_message(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint32_t entry =
        kit_steps(p, 0, &kit_split, &one_by_one, &kit_gather, NULL, &kit_append, T("never"), NULL);
    struct kit_result r = kit_once(p, entry, NULL);
    assert_string_equal(r.body, "");
    assert_int_equal(r.status, MESSAGE_COMPLETED);
}

static void nested_splits(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint32_t entry = kit_steps(p, 0, &kit_split, &one_by_one, &kit_append, T(",x"), &kit_split,
                               &parallel, &kit_append, T("."), &kit_gather, NULL, &kit_append,
                               T("#"), &kit_gather, NULL, NULL);
    assert_string_equal(kit_once(p, entry, "a,b").body, "a.|x.#|b.|x.#");
}

static void errors_without_stop(void **state)
{
    (void)state;
    struct program *p = kit_program(); /* with Gather: the failed part contributes its body */
    uint32_t entry = kit_steps(p, 0, &kit_split, &one_by_one, &kit_fail_if, T("b"), &kit_append,
                               T("!"), &kit_gather, NULL, NULL);
    assert_string_equal(kit_once(p, entry, "a,b,c").body, "a!|b|c!");
    p = kit_program(); /* without: all run, then the message fails */
    entry =
        kit_steps(p, 0, &kit_split, &one_by_one, &kit_fail_if, T("b"), &kit_append, T("!"), NULL);
    struct kit_result r = kit_once(p, entry, "a,b,c");
    assert_int_equal(r.status, MESSAGE_FAILED);
    assert_string_equal(r.error, "bad part");
}

static void errors_with_stop(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint32_t entry = kit_steps(p, 0, &kit_split, &stopping, &kit_fail_if, T("b"), &kit_append,
                               T("!"), &kit_gather, NULL, NULL);
    struct kit_result r = kit_once(p, entry, "a,b,c");
    assert_int_equal(r.status, MESSAGE_FAILED);
}

/* The part's own handler catches; the part counts as fine. */
static void handled_parts_are_gathered(void **state)
{
    (void)state;
    struct program *p = kit_program();
    kit_handler(p, 0, kit_steps(p, 0, &kit_append, T("(handled)"), NULL));
    uint32_t entry = kit_steps(p, 0, &kit_split, &stopping, &kit_fail_if, T("b"), &kit_append,
                               T("!"), &kit_gather, NULL, &kit_append, T(" end"), NULL);
    struct kit_result r = kit_once(p, entry, "a,b,c");
    assert_string_equal(r.body, "a!|b(handled)|c! end");
    assert_int_equal(r.status, MESSAGE_COMPLETED);

    p = kit_program(); /* all of them: the Gather is found without any arrival */
    kit_handler(p, 0, kit_steps(p, 0, &kit_append, T("(handled)"), NULL));
    entry = kit_steps(p, 0, &kit_split, &one_by_one, &kit_fail, T("x"), &kit_gather, NULL, NULL);
    assert_string_equal(kit_once(p, entry, "a,b").body, "a(handled)|b(handled)");
}

/* Error End in the part's handler: failed; the parent does not run the same handler again. */
static void failing_handler_fails_the_message_once(void **state)
{
    (void)state;
    struct program *p = kit_program();
    kit_handler(p, 0, kit_steps(p, 0, &kit_append, T("(h)"), &control_error_end, NULL, NULL));
    uint32_t entry = kit_steps(p, 0, &kit_split, &stopping, &kit_fail, T("boom"), NULL);
    struct kit_result r = kit_once(p, entry, "a");
    assert_int_equal(r.status, MESSAGE_FAILED);
    assert_string_equal(r.error, "boom");
    assert_string_equal(r.body, "a");
}

static void caller_handles_a_failed_part(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint16_t local = kit_local(p);
    p->processes.at[local].entry =
        kit_steps(p, local, &kit_split, &stopping, &kit_fail, T("boom"), NULL);
    struct control_call *c = arena_new_of(p->arena, struct control_call);
    c->process = local;
    kit_handler(p, 0, kit_steps(p, 0, &kit_append, T(" caught"), NULL));
    assert_string_equal(kit_once(p, kit_steps(p, 0, &control_call, c, NULL), "a").body, "a caught");
}

static void failing_split_is_an_own_error(void **state)
{
    (void)state;
    struct program *p = kit_program();
    kit_handler(p, 0, kit_steps(p, 0, &kit_append, T(" caught"), NULL));
    uint32_t entry = kit_steps(p, 0, &kit_split, &one_by_one, &kit_append, T("!"), NULL);
    assert_string_equal(kit_once(p, entry, "a,unsplittable").body, "a,unsplittable caught");
}

/* ---- multicast ---- */

static uint32_t add_multicast(struct program *p, bool is_parallel, uint32_t a, uint32_t b)
{
    struct control_multicast *m = arena_new_of(p->arena, struct control_multicast);
    m->parallel = is_parallel;
    vec_add(p->arena, &m->targets, a);
    vec_add(p->arena, &m->targets, b);
    return kit_steps(p, 0, &control_multicast, m, NULL);
}

static void multicast_with_join_and_gather(void **state)
{
    (void)state;
    for (int is_parallel = 0; is_parallel < 2; is_parallel++) {
        struct program *p = kit_program();
        uint32_t a = kit_steps(p, 0, &kit_append, T("1"), NULL),
                 b = kit_steps(p, 0, &kit_wait, NULL, &kit_append, T("2"), NULL);
        uint32_t b_end = kit_last(p);
        uint32_t join =
            kit_steps(p, 0, &control_join, NULL, &kit_gather, NULL, &kit_append, T(" end"), NULL);
        p->operations.at[a].next = p->operations.at[b_end].next = join;
        uint32_t entry = add_multicast(p, is_parallel, a, b);
        assert_string_equal(kit_once(p, entry, "m").body, "m1|m2 end");
    }
}

static void multicast_without_join_gives_the_last_branch(void **state)
{
    (void)state;
    for (int is_parallel = 0; is_parallel < 2; is_parallel++) {
        struct program *p = kit_program();
        uint32_t a = kit_steps(p, 0, &kit_append, T("1"), NULL),
                 b = kit_steps(p, 0, &kit_append, T("2"), NULL);
        assert_string_equal(kit_once(p, add_multicast(p, is_parallel, a, b), "m").body, "m2");
    }
}

static void multicast_error_fails_the_message(void **state)
{
    (void)state;
    for (int is_parallel = 0; is_parallel < 2; is_parallel++) {
        struct program *p = kit_program();
        uint32_t a = kit_steps(p, 0, &kit_fail, T("one"), NULL),
                 b = kit_steps(p, 0, &kit_append, T("2"), NULL);
        struct kit_result r = kit_once(p, add_multicast(p, is_parallel, a, b), "m");
        assert_int_equal(r.status, MESSAGE_FAILED);
        assert_string_equal(r.error, "one");
    }
}

/* ---- timeouts and cost ---- */

/* Parts that are not back in time are left out and may end later. */
static void late_parts_are_left_out(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint32_t park = kit_steps(p, 0, &kit_park, NULL, NULL),
             fine = kit_steps(p, 0, &kit_append, T("!"), NULL);
    struct control_router *r = arena_new_of(p->arena, struct control_router);
    vec_add(
        p->arena, &r->branches,
        (struct control_branch){.target = park, .condition = kit_condition(p, "${body} = 'late'")});
    r->otherwise = fine;
    uint32_t gather = kit_steps(p, 0, &kit_gather, NULL, NULL);
    p->operations.at[park].next = p->operations.at[fine].next = gather;
    uint32_t entry = kit_steps(p, 0, &kit_split, &timed, &control_router, r, NULL);
    struct engine *g = kit_engine(NULL);
    kit_deploy(g, p, entry, "flow");
    assert_string_equal(kit_run(g, "flow", "a,late,b", true).body, "a!|b!");
    kit_release();
    engine_close(g, 1000);
}

static char many[2 * 1000 + 1];

static void thousand_parts_are_cheap(void **state)
{
    (void)state;
    for (size_t i = 0; i < 1000; i++)
        memcpy(many + 2 * i, "x,", 2);
    many[1999] = 0;
    struct program *p = kit_program();
    uint32_t entry =
        kit_steps(p, 0, &kit_split, &one_by_one, &kit_append, T("!"), &kit_gather, NULL, NULL);
    struct engine *g = kit_engine(NULL);
    kit_deploy(g, p, entry, "flow");
    int64_t before = time_monotonic_us();
    struct kit_result r = kit_run(g, "flow", many, true);
    print_message("1000 parts: %lld us\n", (long long)(time_monotonic_us() - before));
    assert_int_equal(strlen(r.body), 2999);
    engine_close(g, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gathers_in_order),
        cmocka_unit_test(split_properties),
        cmocka_unit_test(without_gather_the_message_comes_back),
        cmocka_unit_test(no_part_ends_the_message),
        cmocka_unit_test(nested_splits),
        cmocka_unit_test(errors_without_stop),
        cmocka_unit_test(errors_with_stop),
        cmocka_unit_test(handled_parts_are_gathered),
        cmocka_unit_test(failing_handler_fails_the_message_once),
        cmocka_unit_test(caller_handles_a_failed_part),
        cmocka_unit_test(failing_split_is_an_own_error),
        cmocka_unit_test(multicast_with_join_and_gather),
        cmocka_unit_test(multicast_without_join_gives_the_last_branch),
        cmocka_unit_test(multicast_error_fails_the_message),
        cmocka_unit_test(late_parts_are_left_out),
        cmocka_unit_test(thousand_parts_are_cheap),
    };
    return RUN(tests);
}
