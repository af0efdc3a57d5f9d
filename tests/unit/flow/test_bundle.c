#include "../test.h"

#include "flow/flow.h"
#include "format/zip.h"

static const char manifest[] =
    "Manifest-Version: 1.0\r\nBundle-SymbolicName: My_Flow; singleton:=true\r\n"
    "Bundle-Name: A flow with a name that is so long that the line has to be fo\r\n lded\r\n"
    "Bundle-Version: 1.0.7\r\nSAP-BundleType: IntegrationFlow\r\n\r\n";
static const char propdef[] =
    "<parameters><parameter><key/><name>To address</name><type>xsd:string</type><isRequired>true</isRequired>"
    "<description>who gets it</description></parameter><parameter><key/><name>unset</name><type>xsd:integer</type>"
    "<isRequired>false</isRequired></parameter><param_references/></parameters>";

static struct bundle *pack(const struct zip_entry *entries, size_t n, struct err *e)
{
    AUTO(buf) struct buf zip = BUF(1 << 20);
    struct bundle *b = NULL;
    assert_true(zip_write(&zip, entries, n, e));
    return bundle_read(buf_str(&zip), &b, e) ? b : NULL;
}

static struct bundle *sample(void)
{
    struct zip_entry entries[] = {
        {STR("src/main/resources/scenarioflows/integrationflow/x.iflw"), STR("<definitions/>"),                         0},
        {STR("src/main/resources/parameters.prop"),                      STR("#\r\nextra=1\r\nTo\\ address=a\\:b\r\n"),
         0                                                                                                               },
        {STR("src/main/resources/parameters.propdef"),                   str_of(propdef),                               0},
        {STR("metainfo.prop"),                                           STR("description=Sends\\: all\n"),             0},
        {STR("META-INF/MANIFEST.MF"),                                    str_of(manifest),                              0},
    };
    struct err e;
    struct bundle *b = pack(entries, COUNT(entries), &e);
    assert_non_null(b);
    return b;
}

static void test_reading(void **state)
{
    (void)state;
    struct bundle *b = sample();
    assert_str(b->id, "My_Flow");
    assert_str(b->name, "A flow with a name that is so long that the line has to be folded");
    assert_str(b->version, "1.0.7");
    assert_str(b->type, "IntegrationFlow");
    assert_str(b->description, "Sends: all");
    assert_str(b->iflw_path, "src/main/resources/scenarioflows/integrationflow/x.iflw");
    assert_int_equal(b->parameters.n, 3);
    assert_str(b->parameters.at[0].key, "To address");
    assert_str(b->parameters.at[0].value, "a:b");
    assert_str(b->parameters.at[0].description, "who gets it");
    assert_true(b->parameters.at[0].required);
    assert_str(b->parameters.at[1].type, "xsd:integer");
    assert_str(b->parameters.at[1].value, "");
    assert_str(b->parameters.at[2].key, "extra");
    bundle_free(b);
    bundle_free(NULL);
}

static void test_refused(void **state)
{
    (void)state;
    const struct zip_entry no_manifest[] = {
        {STR("a.txt"), STR("x"), 0}
    };
    const struct zip_entry no_id[] = {
        {STR("META-INF/MANIFEST.MF"), STR("Manifest-Version: 1.0\n"), 0}
    };
    const struct zip_entry broken[] = {
        {STR("META-INF/MANIFEST.MF"),                  str_of(manifest),    0},
        {STR("src/main/resources/parameters.propdef"), STR("<parameters>"), 0}
    };
    struct err e;
    struct bundle *b = NULL;
    assert_null(pack(no_manifest, 1, &e));
    assert_int_equal(e.code, ERR_BAD_REQUEST);
    assert_null(pack(no_id, 1, &e));
    assert_int_equal(e.code, ERR_BAD_REQUEST);
    assert_null(pack(broken, 2, &e));
    assert_int_equal(e.code, ERR_BAD_REQUEST);
    assert_false(bundle_read(STR("no zip at all"), &b, &e));
    assert_int_equal(e.code, ERR_BAD_REQUEST);
    assert_false(bundle_read(STR(""), &b, &e));
}

static struct bundle *round_trip(const struct bundle *b)
{
    AUTO(buf) struct buf zip = BUF(1 << 20);
    AUTO(arena) struct arena *a = arena_new();
    zip_entries entries = {0};
    struct bundle *again;
    struct err e;
    assert_true(bundle_write(b, &zip, &e));
    assert_true(zip_read(a, buf_str(&zip), &zip_bundle_limits, &entries, &e));
    assert_str(entries.at[0].name, "META-INF/MANIFEST.MF");
    assert_true(bundle_read(buf_str(&zip), &again, &e));
    return again;
}

static void test_changing(void **state)
{
    (void)state;
    struct bundle *b = sample();
    struct err e;
    assert_false(bundle_configure(b, STR("nobody"), STR("1"), &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_true(bundle_configure(b, STR("unset"), STR("= \xC3\xA4 \\ {\nx"), &e));
    bundle_set_version(b, STR("2.1.0"));
    bundle_put(b, STR("src/main/resources/script/a.groovy"), STR("return 1"));
    bundle_put(b, STR("metainfo.prop"), STR("description=new"));
    assert_str(b->description, "new");
    assert_true(bundle_remove(b, STR("src/main/resources/parameters.propdef")));
    assert_false(bundle_remove(b, STR("src/main/resources/parameters.propdef")));
    struct bundle *again = round_trip(b);
    bundle_free(b);
    assert_str(again->version, "2.1.0");
    assert_str(again->id, "My_Flow");
    assert_str(again->name, "A flow with a name that is so long that the line has to be folded");
    assert_int_equal(again->parameters.n, 3);
    for (size_t i = 0; i < again->parameters.n; i++)
        if (str_eqz(again->parameters.at[i].key, "unset"))
            assert_str(again->parameters.at[i].value, "= \xC3\xA4 \\ {\nx");
    const str *script = map_get(&again->files, STR("src/main/resources/script/a.groovy"));
    assert_non_null(script);
    assert_str(*script, "return 1");
    assert_null(map_get(&again->files, STR("src/main/resources/parameters.propdef")));
    bundle_free(again);
}

static void test_template(void **state)
{
    (void)state;
    struct bundle *b, *again;
    struct err e;
    assert_true(bundle_template(
        STR("New_Flow"),
        STR("A <new> flow & more, with a name of more than seventy-two bytes in all"), &b, &e));
    again = round_trip(b);
    assert_str(again->id, "New_Flow");
    assert_str(again->name,
               "A <new> flow & more, with a name of more than seventy-two bytes in all");
    assert_str(again->version, "1.0.0");
    assert_str(again->iflw_path, "src/main/resources/scenarioflows/integrationflow/New_Flow.iflw");
    bundle_free(again);
    bundle_free(b);
    assert_false(bundle_template(STR("a/b"), STR("x"), &b, &e));
    assert_false(bundle_template(STR(""), STR("x"), &b, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_changing),
        cmocka_unit_test(test_template),
    };
    return RUN(tests);
}
