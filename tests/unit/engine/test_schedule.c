/* Schedules: Quartz fields, zones, daylight saving. */
#include "base/time.h"
#include "engine/schedule.h"

#include "../test.h"

/* From the first time, the next fire times, as ISO texts. */
static const struct {
    const char *schedule, *after, *next[4];
} CASES[] = {
    {"0+0/5+0-23+?+*+*+*&trigger.timeZone=Etc/GMT",
     "2026-01-01T00:00:00Z",                                                               {"2026-01-01T00:05:00Z", "2026-01-01T00:10:00Z"}                        },
    {"0+0/20+8-9+?+*+MON-FRI+*&amp;trigger.timeZone=UTC",
     "2026-01-02T09:30:00Z",                                                               {"2026-01-02T09:40:00Z", "2026-01-05T08:00:00Z"}                        },
    {"0 30 10 5 6 ? 2030",                                         "2026-01-01T00:00:00Z", {"2030-06-05T10:30:00Z", NULL}                                          },
    {"0+30+10+5+6+?+2023",                                         "2026-01-01T00:00:00Z", {NULL}                                                                  },
    {"15+0+0+?+*+*",                                               "2026-01-01T00:00:15Z", {"2026-01-02T00:00:15Z"}                                                },
    {"0+0+12+?+*+1,7+*",
     "2026-01-01T00:00:00Z",                                                               {"2026-01-03T12:00:00Z", "2026-01-04T12:00:00Z", "2026-01-10T12:00:00Z"}},
    {"0+0+0+L+*+?+*",                                              "2028-02-01T00:00:00Z", {"2028-02-29T00:00:00Z", "2028-03-31T00:00:00Z"}                        },
    {"0+0+0+L-1+*+?+*",                                            "2028-02-01T00:00:00Z", {"2028-02-28T00:00:00Z"}                                                },
    {"0+0+0+LW+*+?+*",                                             "2026-01-01T00:00:00Z", {"2026-01-30T00:00:00Z", "2026-02-27T00:00:00Z"}                        },
    {"0+0+0+1W+*+?+*",                                             "2026-02-02T00:00:00Z", {"2026-03-02T00:00:00Z"}                                                },
    {"0+0+0+?+*+6L+*",                                             "2026-01-01T00:00:00Z", {"2026-01-30T00:00:00Z", "2026-02-27T00:00:00Z"}                        },
    {"0+0+0+?+*+2#1+*",                                            "2026-01-01T00:00:00Z", {"2026-01-05T00:00:00Z", "2026-02-02T00:00:00Z"}                        },
    {"0+0+0+29+FEB+?+*",                                           "2026-01-01T00:00:00Z", {"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}                        },
    {"0+0+22-1+?+*+*+*",
     "2026-01-01T21:00:00Z",                                                               {"2026-01-01T22:00:00Z", "2026-01-01T23:00:00Z", "2026-01-02T00:00:00Z"}},
 /* summer and winter in Berlin */
    {"0+0+6+?+*+*+*&trigger.timeZone=Europe/Berlin",
     "2026-03-28T00:00:00Z",                                                               {"2026-03-28T05:00:00Z", "2026-03-29T04:00:00Z"}                        },
    {"0+30+2+?+*+*+*&trigger.timeZone=Europe/Berlin",
     "2026-03-28T12:00:00Z",                                                               {"2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"}                        }, /* the gap moves it */
    {"0+30+2+?+*+*+*&trigger.timeZone=Europe/Berlin",
     "2026-10-24T12:00:00Z",                                                               {"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}                        }, /* once, the first time */
    {"0+0/30+*+?+*+*+*&trigger.timeZone=Europe/Berlin",
     "2026-10-25T00:29:59Z",                                                               {"2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z",
      "2026-10-25T02:00:00Z"}                                                                                                          },
    {"0+0/30+*+?+*+*+*&trigger.timeZone=Europe/Berlin",
     "2026-03-29T00:30:00Z",                                                               {"2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"}                        },
    {"0+0+9+?+*+*+*&trigger.timeZone=IST",                         "2026-01-01T00:00:00Z", {"2026-01-01T03:30:00Z"}                                                },
    {"0+0+9+?+*+*+*&trigger.timeZone=America/New_York",
     "2026-07-01T00:00:00Z",                                                               {"2026-07-01T13:00:00Z"}                                                },
    {"simple.repeat=MINUTES&simple.every=15&trigger.timeZone=UTC",
     "2026-01-01T00:00:00Z",                                                               {"2026-01-01T00:15:00Z", "2026-01-01T00:30:00Z"}                        },
    {"simple.repeat=NONE",                                         "2026-01-01T00:00:00Z", {NULL}                                                                  },
    {"fireNow=true",                                               "2026-01-01T00:00:00Z", {NULL}                                                                  },
};

static void fires_when_it_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct arena *a = arena_new();
        struct schedule *s = NULL;
        struct err e = {0};
        int64_t at = 0;
        if (!schedule_parse(a, str_of(CASES[i].schedule), &s, &e))
            fail_msg("%s: %s", CASES[i].schedule, e.msg);
        assert_true(time_parse_iso(str_of(CASES[i].after), &at));
        for (size_t n = 0; n < 4 && (n == 0 || CASES[i].next[n]); n++) {
            at = schedule_next(s, at);
            str got = at == SCHEDULE_NEVER_AGAIN ? STR("never") : time_iso(a, at, false);
            const char *want = CASES[i].next[n] ? CASES[i].next[n] : "never";
            if (!str_eqz(got, want))
                fail_msg("%s: fire %zu is %.*s, not %s", CASES[i].schedule, n, (int)got.n, got.p,
                         want);
        }
        arena_free(a);
    }
}

static void wrong_ones_are_refused(void **state)
{
    (void)state;
    static const char *const WRONG[] = {"",
                                        "0+0",
                                        "60+0+0+?+*+*",
                                        "0+0+24+?+*+*",
                                        "0+0+0+32+*+?",
                                        "0+0+0+?+XXX+*",
                                        "a+0+0+?+*+*",
                                        "0+0+0+?+*+*&trigger.timeZone=Mars/Base",
                                        "0+0/0+0+?+*+*",
                                        "simple.repeat=YEARS",
                                        "simple.repeat=HOURS&simple.every=x",
                                        "0+0+0+?+*+*+*+*",
                                        "?+0+0+?+*+*"};
    for (size_t i = 0; i < COUNT(WRONG); i++) {
        struct arena *a = arena_new();
        struct schedule *s = NULL;
        struct err e = {0};
        if (schedule_parse(a, str_of(WRONG[i]), &s, &e))
            fail_msg("%s is accepted", WRONG[i]);
        assert_int_equal(e.code, ERR_BAD_REQUEST);
        arena_free(a);
    }
}

static void kinds(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct schedule *s = NULL;
    struct err e = {0};
    assert_true(schedule_parse(a, STR("fireNow=true"), &s, &e));
    assert_int_equal(schedule_kind(s), SCHEDULE_NOW);
    assert_true(schedule_parse(a, STR("simple.repeat=HOURS&simple.every=2"), &s, &e));
    assert_int_equal(schedule_kind(s), SCHEDULE_EVERY);
    assert_true(schedule_parse(a, STR("0+0+0+?+*+*"), &s, &e));
    assert_int_equal(schedule_kind(s), SCHEDULE_CRON);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fires_when_it_should),
                                       cmocka_unit_test(wrong_ones_are_refused),
                                       cmocka_unit_test(kinds)};
    return RUN(tests);
}
