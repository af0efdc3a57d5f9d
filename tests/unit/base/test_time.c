#include "../test.h"

#include "base/time.h"

static int64_t iso(const char *text)
{
    int64_t ms = 0;
    if (!time_parse_iso(str_of(text), &ms))
        fail_msg("refused %s", text);
    return ms;
}

static void test_iso(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    static const char *const same[] = {"1970-01-01T00:00:00Z", "2024-02-29T23:59:59.001Z",
                                       "1582-10-15T00:00:00Z", "0001-01-01T00:00:00Z",
                                       "9999-12-31T23:59:59.999Z"};
    for (size_t i = 0; i < COUNT(same); i++)
        assert_str(time_iso(a, iso(same[i]), false), same[i]);
    assert_int_equal(iso("1970-01-01"), 0);
    assert_int_equal(iso("1970-01-01T01:00+01:00"), 0);
    assert_int_equal(iso("1969-12-31T19:00:00.0009-0500"), 0);
    assert_str(time_iso(a, 5, true), "1970-01-01T00:00:00.005Z");
    static const char *const bad[] = {"",
                                      "2024",
                                      "2023-02-29",
                                      "2024-13-01",
                                      "2024-1-1",
                                      "2024-01-01T",
                                      "2024-01-01T25:00",
                                      "2024-01-01T00:00:",
                                      "2024-01-01T00:00:00.",
                                      "2024-01-01T00:00:00+",
                                      "2024-01-01x"};
    int64_t ms;
    for (size_t i = 0; i < COUNT(bad); i++)
        if (time_parse_iso(str_of(bad[i]), &ms))
            fail_msg("accepted %s", bad[i]);
}

static void test_calendar(void **state)
{
    (void)state;
    struct time_parts t;
    time_split_utc(iso("2024-12-31T00:00:00Z"), &t);
    assert_int_equal(t.weekday, 2);
    assert_int_equal(t.yearday, 366);
    t = (struct time_parts){.year = 2024, .month = 14, .day = 0, .hour = 25};
    assert_int_equal(time_join_utc(&t), iso("2025-02-01T01:00:00Z"));
}

static void check(const char *zone, const char *utc, int hour, int minute, const char *name)
{
    struct time_parts t;
    const struct time_zone *z = time_zone_named(str_of(zone));
    if (!z)
        fail_msg("no zone %s", zone);
    time_split(iso(utc), z, &t);
    if (t.hour != hour || t.minute != minute)
        fail_msg("%s at %s: %02d:%02d", zone, utc, t.hour, t.minute);
    assert_string_equal(t.zone, name);
    assert_int_equal(time_join(&t, z), iso(utc));
}

static void test_zones(void **state)
{
    (void)state;
    check("Europe/Berlin", "2024-01-15T12:00:00Z", 13, 0, "CET");
    check("Europe/Berlin", "2024-07-15T12:00:00Z", 14, 0, "CEST");
    check("Europe/Berlin", "2100-07-15T12:00:00Z", 14, 0, "CEST"); /* the footer's rule */
    check("Europe/Berlin", "2100-12-15T12:00:00Z", 13, 0, "CET");
    check("Australia/Sydney", "2101-01-15T12:00:00Z", 23, 0, "AEDT");
    check("Asia/Kolkata", "2101-01-15T12:00:00Z", 17, 30, "IST");
    check("IST", "2024-01-15T12:00:00Z", 17, 30, "IST");
    check("CST", "2024-07-15T12:00:00Z", 7, 0, "CDT");
    check("PST", "2024-01-15T12:00:00Z", 4, 0, "PST");
    check("EST", "2024-07-15T12:00:00Z", 7, 0, "EST");
    check("MST", "2024-07-15T12:00:00Z", 5, 0, "MST");
    check("CET", "2024-07-15T12:00:00Z", 14, 0, "CEST");
    check("GMT+2", "2024-07-15T12:00:00Z", 14, 0, "GMT+02:00");
    check("GMT-03:30", "2024-07-15T12:00:00Z", 8, 30, "GMT-03:30");
    check("Etc/GMT", "2024-07-15T12:00:00Z", 12, 0, "GMT");
    static const char *const bad[] = {"",       "Nowhere/Town", "../../etc/passwd",
                                      "GMT+99", "/etc/passwd",  "GMT+"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_null(time_zone_named(str_of(bad[i])));
}

static void test_gap_and_overlap(void **state)
{
    (void)state;
    const struct time_zone *z = time_zone_named(STR("Europe/Berlin"));
    struct time_parts t = {.year = 2024, .month = 3, .day = 31, .hour = 2, .minute = 30};
    assert_int_equal(time_join(&t, z), iso("2024-03-31T01:30:00Z"));
    t = (struct time_parts){.year = 2024, .month = 10, .day = 27, .hour = 2, .minute = 30};
    assert_int_equal(time_join(&t, z), iso("2024-10-27T01:30:00Z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_iso),
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_gap_and_overlap),
    };
    return RUN(tests);
}
