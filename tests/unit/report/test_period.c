#include "../test.h"

#include "base/time.h"
#include "report/period.h"

static int64_t at(const char *iso)
{
    int64_t ms = 0;
    assert_true(time_parse_iso(str_of(iso), &ms));
    return ms;
}

static const struct {
    const char *month, *from, *to, *zone, *now;
    const char *label, *begin, *end, *before;
    size_t days;
} good[] = {
  /* the month before now; January is where the script crashes */
    {NULL,      NULL,                   NULL,                   NULL,               "2026-01-15T10:00:00Z", "2025-12",                  "2025-12-01T00:00:00Z",
     "2026-01-01T00:00:00Z",                                                                                                                                                            "2025-11-01T00:00:00Z", 31},
    {NULL,      NULL,                   NULL,                   NULL,               "2026-03-31T23:59:59Z", "2026-02",                  "2026-02-01T00:00:00Z",
     "2026-03-01T00:00:00Z",                                                                                                                                                            "2026-01-01T00:00:00Z", 28},
    {NULL,      NULL,                   NULL,                   NULL,               "2028-03-01T00:00:00Z", "2028-02",                  "2028-02-01T00:00:00Z",
     "2028-03-01T00:00:00Z",                                                                                                                                                            "2028-01-01T00:00:00Z", 29},
 /* which month it is depends on where one is */
    {NULL,      NULL,                   NULL,                   "Europe/Berlin",    "2025-12-31T23:30:00Z", "2025-12",                  "2025-11-30T23:00:00Z",
     "2025-12-31T23:00:00Z",                                                                                                                                                            "2025-10-31T23:00:00Z", 31},
 /* daylight saving ends within it: still 31 days, one of 25 hours */
    {"2026-10", NULL,                   NULL,                   "Europe/Berlin",    "2026-11-25T00:00:00Z", "2026-10",
     "2026-09-30T22:00:00Z",                                                                                                                                    "2026-10-31T23:00:00Z", "2026-08-31T22:00:00Z", 31},
    {"2026-10", NULL,                   NULL,                   "America/New_York", "2026-11-25T00:00:00Z", "2026-10",
     "2026-10-01T04:00:00Z",                                                                                                                                    "2026-11-01T04:00:00Z", "2026-09-01T04:00:00Z", 31},
    {NULL,      "2028-02-28",           "2028-03-01",           NULL,               "2028-04-01T00:00:00Z", "2028-02-28 to 2028-03-01",
     "2028-02-28T00:00:00Z",                                                                                                                                    "2028-03-02T00:00:00Z", "2028-02-25T00:00:00Z", 3 },
    {NULL,      "2026-10-31T12:00:00Z", "2026-11-01T06:00:00Z", NULL,               "2026-11-25T00:00:00Z",
     "2026-10-31T12:00:00Z to 2026-11-01T06:00:00Z",                                                                                    "2026-10-31T12:00:00Z", "2026-11-01T06:00:00Z",
     "2026-10-30T18:00:00Z",                                                                                                                                                                                    2 },
};

static void test_good(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(good); i++) {
        struct period p;
        struct err e = {0};
        if (!period_make(a, str_of(good[i].month), str_of(good[i].from), str_of(good[i].to),
                         str_of(good[i].zone), at(good[i].now), &p, &e))
            fail_msg("row %zu: %s", i, e.msg);
        assert_str(p.label, good[i].label);
        assert_str(time_iso(a, period_from(&p), false), good[i].begin);
        assert_str(time_iso(a, period_to(&p), false), good[i].end);
        assert_str(time_iso(a, p.before_from, false), good[i].before);
        assert_int_equal(p.before_to, period_from(&p));
        assert_int_equal(period_days(&p), good[i].days);
    }
}

static void test_bad(void **state)
{
    static const char *const rows[][4] = {
        {"2026-13", NULL,         NULL,         NULL       },
        {"2026-1",  NULL,         NULL,         NULL       },
        {"october", NULL,         NULL,         NULL       },
        {"2026-00", NULL,         NULL,         NULL       },
        {NULL,      "2026-02-30", "2026-03-01", NULL       },
        {NULL,      "2026-03-01", NULL,         NULL       },
        {NULL,      NULL,         "2026-03-01", NULL       },
        {NULL,      "2026-03-02", "2026-03-01", NULL       },
        {NULL,      "2020-01-01", "2026-03-01", NULL       },
        {"2026-01", "2026-01-01", "2026-01-02", NULL       },
        {"2026-01", NULL,         NULL,         "Mars/Base"},
        {NULL,      "2026-1-001", "2026-03-01", NULL       },
    };
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct period p;
        struct err e = {0};
        if (period_make(a, str_of(rows[i][0]), str_of(rows[i][1]), str_of(rows[i][2]),
                        str_of(rows[i][3]), 0, &p, &e))
            fail_msg("row %zu was accepted", i);
        assert_int_equal(e.code, ERR_BAD_REQUEST);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad)};
    return RUN(tests);
}
