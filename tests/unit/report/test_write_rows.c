#include "../test.h"

#include "report/usage.h"

static struct usage_artifact row(const char *package, const char *vendor, const char *id,
                                 const char *name, const char *status, int64_t n)
{
    return (struct usage_artifact){.package_id = str_of(package),
                                   .vendor = str_of(vendor),
                                   .id = str_of(id),
                                   .name = str_of(name),
                                   .status = str_of(status),
                                   .edited = NOT_EDITED,
                                   .now = {.n = n}};
}

static void write(void (*fn)(const struct usage *, struct buf *), const struct usage_artifact *rows,
                  size_t n, struct buf *out)
{
    AUTO(arena) struct arena *a = arena_new();
    struct usage u = {.arena = a};
    for (size_t i = 0; i < n; i++) {
        struct usage_artifact *copy = arena_new_of(a, struct usage_artifact);
        *copy = rows[i];
        vec_add(a, &u.artifacts, copy);
    }
    fn(&u, out);
}

#define HEADING \
    "Integration package ID;Integration package vendor;Iflow ID;IFlow Name;Status;Deployed;Messagecount (last month)\n"

static void test_csv(void **state)
{
    const struct usage_artifact rows[] = {
        row("P", "SAP", "F", "Plain", "STARTED", 12),
        row("P", "", "F2", "=1+1", "", 0),
        row("P", "a;b", "F3", "say \"x\"\nnow", "ERROR", 1),
        row("P", "@x", "-F4", "+49;5", "", UNKNOWN),
    };
    (void)state;
    AUTO(buf) struct buf out = BUF(1 << 16);
    write(usage_write_csv, rows, COUNT(rows), &out);
    assert_str(buf_str(&out), HEADING
               "P;SAP;F;Plain;NOT EDITED;YES;12\n"
               "P;;F2;'=1+1;NOT EDITED;NO;0\n"
               "P;\"a;b\";F3;\"say \"\"x\"\"\nnow\";NOT EDITED;YES;1\n"
               "P;'@x;'-F4;\"'+49;5\";NOT EDITED;NO;\n");
}

static void test_json(void **state)
{
    const struct usage_artifact rows[] = {
        row("P", "SAP", "F", "\xC3\x9C \"\\\n\x01 \xF0\x9F\x9A\x80 \xFF", "STARTED", 12),
        row("P", "", "G", "x", "", UNKNOWN)};
    (void)state;
    AUTO(buf) struct buf out = BUF(1 << 16);
    write(usage_write_json, rows, COUNT(rows), &out);
    assert_str(
        buf_str(&out),
        "[{\"IntegrationPackageId\": \"P\", \"IntegrationPackageVendor\": \"SAP\", \"IflowId\": \"F\", "
        "\"IflowName\": \"\\u00dc \\\"\\\\\\n\\u0001 \\ud83d\\ude80 \\ufffd\", \"Status\": \"NOT EDITED\", \"Deployed\": \"YES\", "
        "\"MessageCount\": \"12\"}, {\"IntegrationPackageId\": \"P\", \"IntegrationPackageVendor\": \"\", \"IflowId\": \"G\", "
        "\"IflowName\": \"x\", \"Status\": \"NOT EDITED\", \"Deployed\": \"NO\", \"MessageCount\": null}]");
}

static void test_page_holds_no_markup_of_strangers(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf out = BUF(1 << 20);
    struct usage u = {
        .arena = a, .url = STR("https://t"), .period = {.label = STR("x"), .zone = STR("UTC")}
    };
    struct usage_artifact f = row("P", "", "F", "</script><img src=x onerror=alert(1)>", "", 1);
    struct usage_count day = {0};
    vec_add(a, &u.period.edges, 0);
    vec_add(a, &u.period.edges, 86400000);
    vec_add(a, &u.artifacts, &f);
    u.days = &day;
    usage_write_html(&u, &out);
    assert_false(out.failed);
    assert_int_equal(str_find(buf_str(&out), STR("<img"), 0), SIZE_MAX);
    assert_int_not_equal(str_find(buf_str(&out), STR("\\u003c/script>\\u003cimg src=x"), 0),
                         SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_csv), cmocka_unit_test(test_json),
                                       cmocka_unit_test(test_page_holds_no_markup_of_strangers)};
    return RUN(tests);
}
