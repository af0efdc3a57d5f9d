/* The loop: order, routers, calls, exceptions, waiting. */
#include <stdio.h>
#include <unistd.h>

#include "base/time.h"
#include "kit.h"

#define T(text) (void *)(uintptr_t)(text)

static void runs_steps_in_order(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint32_t entry = kit_steps(p, 0, &kit_append, T("b"), &kit_append, T("c"), NULL);
    struct kit_result r = kit_once(p, entry, "a");
    assert_string_equal(r.body, "abc");
    assert_int_equal(r.code, ERR_NONE);
    assert_int_equal(r.status, MESSAGE_COMPLETED);
}

static void null_body_stays_null(void **state)
{
    (void)state;
    struct program *p = kit_program();
    assert_true(kit_once(p, 0, NULL).null_body);
}

static uint32_t add_router(struct program *p, uint32_t yes, uint32_t no, bool throws)
{
    struct control_router *r = arena_new_of(p->arena, struct control_router);
    vec_add(p->arena, &r->branches,
            (struct control_branch){.target = yes,
                                    .condition = kit_condition(p, "${body} = 'a'"),
                                    .label = STR("is a")});
    r->otherwise = no;
    r->throw_exception = throws;
    return kit_steps(p, 0, &control_router, r, NULL);
}

static void router_takes_first_match_or_default(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint32_t yes = kit_steps(p, 0, &kit_append, T("-yes"), NULL),
             no = kit_steps(p, 0, &kit_append, T("-no"), NULL);
    uint32_t router = add_router(p, yes, no, false);
    struct engine *g = kit_engine(NULL);
    kit_deploy(g, p, router, "flow");
    assert_string_equal(kit_run(g, "flow", "a", true).body, "a-yes");
    assert_string_equal(kit_run(g, "flow", "b", true).body, "b-no");
    engine_close(g, 1000);
}

static void router_without_match(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint32_t yes = kit_steps(p, 0, &kit_append, T("-yes"), NULL);
    uint32_t router = add_router(p, yes, 0, true);
    struct kit_result r = kit_once(p, router, "b");
    assert_int_equal(r.status, MESSAGE_FAILED);
    p = kit_program();
    yes = kit_steps(p, 0, &kit_append, T("-yes"), NULL);
    router = add_router(p, yes, 0, false);
    r = kit_once(p, router, "b");
    assert_int_equal(r.status, MESSAGE_COMPLETED);
    assert_string_equal(r.body, "b");
}

static struct control_call *add_call(struct program *p, uint16_t process)
{
    struct control_call *c = arena_new_of(p->arena, struct control_call);
    c->process = process;
    return c;
}

static void calls_a_local_process(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint16_t local = kit_local(p);
    p->processes.at[local].entry =
        kit_steps(p, local, &kit_append, T("(in)"), &control_end, NULL, NULL);
    uint32_t entry = kit_steps(p, 0, &kit_append, T("1"), &control_call, add_call(p, local),
                               &kit_append, T("2"), NULL);
    assert_string_equal(kit_once(p, entry, "").body, "1(in)2");
}

static void loops_until_condition_or_maximum(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint16_t local = kit_local(p);
    p->processes.at[local].entry = kit_steps(p, local, &kit_count, NULL, NULL);
    struct control_call *c = add_call(p, local);
    c->loop = true;
    c->most = 10;
    c->condition = kit_condition(p, "${property.n} < 3");
    uint32_t entry = kit_steps(p, 0, &control_call, c, NULL);
    assert_string_equal(kit_once(p, entry, "").body, "012");

    p = kit_program();
    local = kit_local(p);
    p->processes.at[local].entry = kit_steps(p, local, &kit_count, NULL, NULL);
    c = add_call(p, local);
    c->loop = true;
    c->most = 2;
    c->throw_at_most = true;
    c->condition = kit_condition(p, "${property.n} < 3");
    entry = kit_steps(p, 0, &control_call, c, NULL);
    assert_int_equal(kit_once(p, entry, "").status, MESSAGE_FAILED);
}

static void endless_recursion_and_loops_fail(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint16_t local = kit_local(p);
    p->processes.at[local].entry = kit_steps(p, local, &control_call, add_call(p, local), NULL);
    uint32_t entry = kit_steps(p, 0, &control_call, add_call(p, local), NULL);
    assert_int_equal(kit_once(p, entry, "").status, MESSAGE_FAILED);

    p = kit_program();
    entry = kit_steps(p, 0, &kit_append, T("x"), NULL);
    p->operations.at[entry].next = entry;
    struct kit_result r = kit_once(p, entry, "");
    assert_int_equal(r.status, MESSAGE_FAILED);
    assert_non_null(strstr(r.error, "endless"));
}

static void exception_subprocess_answers(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint32_t handler = kit_steps(p, 0, &kit_append, T("+handled"), NULL);
    kit_handler(p, 0, handler);
    uint32_t entry =
        kit_steps(p, 0, &kit_append, T("1"), &kit_fail, T("boom"), &kit_append, T("never"), NULL);
    struct kit_result r = kit_once(p, entry, "");
    assert_string_equal(r.body, "1+handled");
    assert_int_equal(r.status, MESSAGE_COMPLETED);
}

static void error_in_handler_is_not_caught_again(void **state)
{
    (void)state;
    struct program *p = kit_program();
    kit_handler(p, 0, kit_steps(p, 0, &kit_fail, T("second"), NULL));
    struct kit_result r = kit_once(p, kit_steps(p, 0, &kit_fail, T("first"), NULL), "");
    assert_int_equal(r.status, MESSAGE_FAILED);
    assert_string_equal(r.error, "second");
}

static void error_end_rethrows_the_original(void **state)
{
    (void)state;
    struct program *p = kit_program();
    kit_handler(p, 0, kit_steps(p, 0, &kit_append, T("x"), &control_error_end, NULL, NULL));
    struct kit_result r = kit_once(p, kit_steps(p, 0, &kit_fail, T("first"), NULL), "");
    assert_int_equal(r.status, MESSAGE_FAILED);
    assert_string_equal(r.error, "first");
}

static void error_end_outside_is_caught(void **state)
{
    (void)state;
    struct program *p = kit_program();
    kit_handler(p, 0, kit_steps(p, 0, &kit_append, T("caught"), NULL));
    struct kit_result r = kit_once(p, kit_steps(p, 0, &control_error_end, NULL, NULL), "");
    assert_string_equal(r.body, "caught");
    assert_int_equal(r.status, MESSAGE_COMPLETED);
}

/* The local process's handler ends the whole exchange; without one the caller's catches. */
static void local_process_errors(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint16_t local = kit_local(p);
    p->processes.at[local].entry = kit_steps(p, local, &kit_fail, T("boom"), NULL);
    kit_handler(p, local, kit_steps(p, local, &kit_append, T("local"), NULL));
    uint32_t entry =
        kit_steps(p, 0, &control_call, add_call(p, local), &kit_append, T("never"), NULL);
    assert_string_equal(kit_once(p, entry, "").body, "local");

    p = kit_program();
    local = kit_local(p);
    p->processes.at[local].entry = kit_steps(p, local, &kit_fail, T("boom"), NULL);
    kit_handler(p, 0, kit_steps(p, 0, &kit_append, T("caller"), NULL));
    entry = kit_steps(p, 0, &control_call, add_call(p, local), &kit_append, T("never"), NULL);
    assert_string_equal(kit_once(p, entry, "").body, "caller");
}

/* A call made inside a handler comes back to it. */
static void handler_calls_local_process(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint16_t local = kit_local(p);
    p->processes.at[local].entry = kit_steps(p, local, &kit_append, T("local"), NULL);
    kit_handler(p, 0,
                kit_steps(p, 0, &control_call, add_call(p, local), &kit_append, T("+after"), NULL));
    assert_string_equal(kit_once(p, kit_steps(p, 0, &kit_fail, T("x"), NULL), "").body,
                        "local+after");
}

static void escalation(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint16_t local = kit_local(p);
    p->processes.at[local].entry = kit_steps(p, local, &control_escalation_end, NULL, NULL);
    uint32_t entry = kit_steps(p, 0, &control_call, add_call(p, local), &kit_append, T("on"), NULL);
    struct engine *g = kit_engine(NULL);
    kit_deploy(g, p, entry, "flow");
    struct kit_result r = kit_run(g, "flow", "", false);
    assert_string_equal(r.body, "on");
    assert_int_equal(r.status, MESSAGE_COMPLETED);
    r = kit_run(g, "flow", "", true);
    assert_int_equal(r.status, MESSAGE_ESCALATED);
    assert_int_not_equal(r.code, ERR_NONE);
    engine_close(g, 1000);
}

static void terminate_ends_the_message(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint16_t local = kit_local(p);
    p->processes.at[local].entry =
        kit_steps(p, local, &kit_append, T("t"), &control_terminate, NULL, NULL);
    uint32_t entry =
        kit_steps(p, 0, &control_call, add_call(p, local), &kit_append, T("never"), NULL);
    struct kit_result r = kit_once(p, entry, "");
    assert_string_equal(r.body, "t");
    assert_int_equal(r.status, MESSAGE_COMPLETED);
}

static void caught_exception_is_readable(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint32_t yes = kit_steps(p, 0, &kit_append, T("ok"), NULL);
    struct control_router *r = arena_new_of(p->arena, struct control_router);
    struct simple *s = kit_condition(
        p, "${exception.message} = 'boom' and ${property.CamelExceptionCaught} = 'x.Oops: boom'");
    vec_add(p->arena, &r->branches, (struct control_branch){.target = yes, .condition = s});
    kit_handler(p, 0, kit_steps(p, 0, &control_router, r, NULL));
    assert_string_equal(kit_once(p, kit_steps(p, 0, &kit_fail, T("boom"), NULL), "").body, "ok");
}

static void waits_and_blocks(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint32_t entry = kit_steps(p, 0, &kit_wait, NULL, &kit_append, T("1"), &kit_block, NULL,
                               &kit_append, T("2"), &kit_wait, NULL, NULL);
    struct engine *g = kit_engine(NULL);
    kit_deploy(g, p, entry, "flow");
    kit_blocking_threads = 0;
    for (int i = 0; i < 300; i++)
        assert_string_equal(kit_run(g, "flow", "", true).body, "12");
    assert_int_equal(kit_blocking_threads, 300);
    engine_close(g, 1000);
}

static atomic_int ended;

static void count_end(void *arg, struct exchange *x)
{
    (void)arg, (void)x;
    ended++;
}

static long resident_kb(void)
{
    long pages = 0, total = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &total, &pages) != 2)
        pages = 0;
    if (f)
        fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void start_many(struct engine *g, int n)
{
    struct artifact *a = engine_artifact(g, STR("flow"));
    struct start s = {.route = &artifact_program(a)->routes.at[0]};
    struct err e = {0};
    for (int i = 0; i < n; i++) {
        struct exchange *x = exchange_new(a, &s, &e);
        assert_non_null(x);
        engine_start(x, count_end, NULL);
    }
    artifact_unref(a);
}

static void parks_ten_thousand(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint32_t entry = kit_steps(p, 0, &kit_park, NULL, &kit_append, T("x"), NULL);
    struct engine *g = kit_engine(NULL);
    kit_deploy(g, p, entry, "flow");
    ended = 0;
    long before = resident_kb();
    start_many(g, 10000);
    while (kit_parked() < 10000)
        usleep(1000);
    print_message("parked: %ld bytes each\n", (resident_kb() - before) * 1024 / 10000);
    struct engine_stats s;
    engine_stats(g, &s);
    assert_int_equal(s.in_flight, 10000);
    kit_release();
    engine_close(g, 10000);
    assert_int_equal(ended, 10000);
}

static void too_many_are_refused(void **state)
{
    (void)state;
    struct engine_config c = {.workers = 1, .blocking = 1, .max_exchanges = 2};
    struct engine *g = NULL;
    struct err e = {0};
    assert_true(engine_open(&c, &g, &e));
    struct program *p = kit_program();
    kit_deploy(g, p, kit_steps(p, 0, &kit_park, NULL, NULL), "flow");
    start_many(g, 2);
    struct artifact *a = engine_artifact(g, STR("flow"));
    struct start s = {.route = &artifact_program(a)->routes.at[0]};
    assert_null(exchange_new(a, &s, &e));
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    artifact_unref(a);
    while (kit_parked() < 2)
        usleep(1000);
    kit_release();
    engine_close(g, 1000);
}

static void redeploys_under_load(void **state)
{
    (void)state;
    struct engine *g = kit_engine(NULL);
    struct program *p = kit_program();
    kit_deploy(g, p, kit_steps(p, 0, &kit_park, NULL, &kit_append, T("old"), NULL), "flow");
    ended = 0;
    start_many(g, 50);
    for (int i = 0; i < 20; i++) {
        p = kit_program();
        kit_deploy(g, p, kit_steps(p, 0, &kit_wait, NULL, &kit_append, T("new"), NULL), "flow");
        start_many(g, 20);
        assert_string_equal(kit_run(g, "flow", "", true).body, "new");
    }
    assert_true(engine_undeploy(g, STR("flow")));
    assert_false(engine_undeploy(g, STR("flow")));
    assert_null(engine_artifact(g, STR("flow")));
    kit_release();
    engine_close(g, 5000);
    assert_int_equal(ended, 50 + 20 * 20);
}

static atomic_int fired;

static void fire(void *arg)
{
    fired += *(int *)arg;
}

static void timers_fire_and_are_cancelled(void **state)
{
    (void)state;
    struct engine *g = kit_engine(NULL);
    int one = 1, ten = 10, hundred = 100;
    fired = 0;
    int64_t now = time_monotonic_ms();
    uint64_t late = engine_at(g, now + 100000, fire, &hundred),
             soon = engine_at(g, now + 30, fire, &ten);
    engine_at(g, now, fire, &one);
    engine_at(g, now + 5, fire, &one);
    assert_true(engine_cancel(g, late));
    assert_false(engine_cancel(g, late));
    usleep(20000);
    assert_true(engine_cancel(g, soon) || fired == 12);
    usleep(50000);
    assert_int_equal(fired % 10, 2);
    engine_close(g, 0);
}

static void explain_lists_operations(void **state)
{
    (void)state;
    struct program *p = kit_program();
    uint32_t a = kit_steps(p, 0, &kit_append, T("x"), NULL);
    add_router(p, a, 0, false);
    AUTO(buf) struct buf out = BUF(10000);
    program_explain(p, &out);
    buf_add_char(&out, 0);
    assert_non_null(strstr(out.p, "append"));
    assert_non_null(strstr(out.p, "'is a' -> 1"));
    program_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_steps_in_order),
        cmocka_unit_test(null_body_stays_null),
        cmocka_unit_test(router_takes_first_match_or_default),
        cmocka_unit_test(router_without_match),
        cmocka_unit_test(calls_a_local_process),
        cmocka_unit_test(loops_until_condition_or_maximum),
        cmocka_unit_test(endless_recursion_and_loops_fail),
        cmocka_unit_test(exception_subprocess_answers),
        cmocka_unit_test(error_in_handler_is_not_caught_again),
        cmocka_unit_test(error_end_rethrows_the_original),
        cmocka_unit_test(error_end_outside_is_caught),
        cmocka_unit_test(local_process_errors),
        cmocka_unit_test(handler_calls_local_process),
        cmocka_unit_test(escalation),
        cmocka_unit_test(terminate_ends_the_message),
        cmocka_unit_test(caught_exception_is_readable),
        cmocka_unit_test(waits_and_blocks),
        cmocka_unit_test(parks_ten_thousand),
        cmocka_unit_test(too_many_are_refused),
        cmocka_unit_test(redeploys_under_load),
        cmocka_unit_test(timers_fire_and_are_cancelled),
        cmocka_unit_test(explain_lists_operations),
    };
    return RUN(tests);
}
