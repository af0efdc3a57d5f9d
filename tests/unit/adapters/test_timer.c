/* Timer start events. */
#include "../steps/harness.h"

#include <stdatomic.h>
#include <time.h>

#include "engine/program.h"

extern const struct sender_type sender_timer;

static atomic_int fired, running, overlapped;
static int hold_ms;

static void nap(int ms)
{
    nanosleep(&(struct timespec){ms / 1000, (ms % 1000) * 1000000L}, NULL);
}

static struct step_result count(const void *cfg, struct exchange *x, struct err *e)
{
    (void)cfg;
    (void)e;
    if (x->body || x->has_reply || ++running > 1)
        overlapped++;
    fired++;
    nap(hold_ms);
    running--;
    return CONTINUE;
}
static const struct step_type step_count = {.name = "count", .run = count};

#define SCHEDULE(text)                                                                        \
    "<row><cell>triggerType</cell><cell>x</cell></row><row><cell>schedule1</cell><cell>" text \
    "</cell></row>"

static int run(const char *key, bool first, int ms)
{
    struct harness h;
    struct err e = {0};
    harness_open(&h);
    harness_step(&h, &step_count, NULL);
    harness_sender(&h, &sender_timer, "scheduleKey", key, NULL);
    if (h.problems.list.n)
        fail_msg("%.*s", STR_ARG(harness_problem(&h)));
    const struct artifact_info info = {.id = STR("t"),
                                       .name = STR("t"),
                                       .version = STR("1"),
                                       .package_id = STR(""),
                                       .package_name = STR(""),
                                       .type = STR("INTEGRATION_FLOW")};
    fired = running = overlapped = 0;
    struct program *p = h.program;
    h.program = NULL;
    engine_set_log_level(h.engine, STR("t"), MPL_NONE);
    assert_true(engine_deploy(h.engine, &info, p, first, &e));
    engine_set_log_level(h.engine, STR("t"), MPL_NONE);
    nap(ms);
    engine_undeploy(h.engine, STR("t"));
    int n = fired;
    harness_close(&h);
    assert_int_equal(fired, n);
    assert_int_equal(overlapped, 0);
    return n;
}

static void test_fire_now(void **state)
{
    (void)state;
    hold_ms = 0;
    assert_int_equal(run(SCHEDULE("fireNow=true"), true, 200), 1);
    assert_int_equal(run(SCHEDULE("fireNow=true"), false, 100), 0);
    assert_int_equal(
        run(SCHEDULE("simple.repeat=NONE&amp;amp;trigger.timeZone=Etc/GMT"), true, 100), 0);
    assert_int_equal(run("", true, 50), 0);
}

static void test_cron(void **state)
{
    (void)state;
    hold_ms = 0;
    int n = run(SCHEDULE("0/1+*+*+?+*+*+*&amp;amp;trigger.timeZone=Etc/GMT"), true, 2300);
    assert_in_range(n, 2, 3);
    hold_ms = 1400; /* longer than the interval: every second time is skipped */
    n = run(SCHEDULE("0/1+*+*+?+*+*+*&amp;amp;trigger.timeZone=Etc/GMT"), true, 2300);
    assert_in_range(n, 1, 2);
}

static void test_wrong(void **state)
{
    struct harness h;
    (void)state;
    harness_open(&h);
    harness_sender(&h, &sender_timer, "scheduleKey", SCHEDULE("0+99+*+?+*+*+*"), NULL);
    assert_int_equal(h.problems.list.n, 1);
    harness_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fire_now),
        cmocka_unit_test(test_cron),
        cmocka_unit_test(test_wrong),
    };
    return RUN(tests);
}
