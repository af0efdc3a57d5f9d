/* Data store and variables (semantics 7): visibility, duplicates, transactions. */
#include "harness.h"

#include "engine/program.h"

extern const struct step_type step_data_store_put, step_data_store_get, step_data_store_select,
    step_data_store_delete, step_write_variables, step_content_modifier, step_json_to_xml;

static const enum transaction kinds[] = {TRANSACTION_NONE, TRANSACTION_REQUIRED};

static void new_flow(struct harness *h, size_t kind)
{
    harness_flow(h);
    h->program->processes.at[0].transaction = kinds[kind];
}

static void put(struct harness *h, const char *id, const char *override)
{
    harness_step(h, &step_data_store_put, "storageName", "s", "visibility", "global", "messageId",
                 id, "override", override, "expire", "30", "alert", "2", "includeMessageHeaders",
                 "true", NULL);
}

static void get(struct harness *h, const char *id, const char *stop, const char *delete_after)
{
    harness_step(h, &step_data_store_get, "storageName", "s", "visibility", "global", "dataStoreId",
                 id, "stopOnMissingEntry", stop, "delete", delete_after, NULL);
}

static void set_body(struct harness *h, const char *text)
{
    harness_step(h, &step_content_modifier, "wrapContent", text, "bodyType", "constant", NULL);
}

static void test_put_get(void **state)
{
    struct harness h;
    (void)state;
    harness_open(&h);
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        new_flow(&h, kind); /* reads its own write, inside a transaction, too */
        put(&h, "e", "true");
        set_body(&h, "other");
        get(&h, "e", "true", "false");
        harness_header(&h, "kept", "1");
        assert_sends(&h, "stored", "stored");
        assert_str(harness_out(&h, "SAP_DatastoreEntryFound"), "true");
        assert_non_null(harness_out(&h, "SAP_DataStoreCreatedAt").p);
        new_flow(&h, kind); /* another message */
        get(&h, "${header.which}", "true", "true");
        harness_header(&h, "which", "e");
        assert_sends(&h, "x", "stored");
        assert_str(harness_out(&h, "kept"), "1");
        new_flow(&h, kind); /* it was deleted after that one */
        get(&h, "e", "false", "false");
        assert_sends(&h, "unchanged", "unchanged");
        assert_str(harness_out(&h, "SAP_DatastoreEntryFound"), "false");
        new_flow(&h, kind);
        get(&h, "e", "true", "false");
        assert_refuses(&h, "x", "'e'");
    }
    harness_close(&h);
}

static void test_duplicate(void **state)
{
    struct harness h;
    (void)state;
    harness_open(&h);
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        new_flow(&h, kind);
        put(&h, kind ? "e1" : "e0", "false");
        assert_true(harness_sends(&h, "1"));
        assert_false(harness_sends(&h, "2"));
        assert_non_null(strstr(h.class_name, "DuplicateEntryException"));
    }
    harness_close(&h);
}

static void test_generated_id(void **state)
{
    struct harness h;
    (void)state;
    harness_open(&h);
    put(&h, "", "true");
    get(&h, "", "true", "false");
    assert_sends(&h, "b", "b");
    assert_int_equal(harness_out(&h, "SapDataStoreId").n, 36);
    harness_close(&h);
}

/* Without a transaction a write stays although the message fails later, with one it does not. */
static void test_roll_back(void **state)
{
    static const char *const found[] = {"true", "false"};
    struct harness h;
    (void)state;
    harness_open(&h);
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        new_flow(&h, kind);
        put(&h, kind ? "r1" : "r0", "true");
        harness_step(&h, &step_json_to_xml, NULL);
        assert_false(harness_sends(&h, "no json"));
        new_flow(&h, kind);
        get(&h, kind ? "r1" : "r0", "false", "false");
        assert_true(harness_sends(&h, ""));
        assert_str(harness_out(&h, "SAP_DatastoreEntryFound"), found[kind]);
    }
    harness_close(&h);
}

static void select_from(struct harness *h, const char *most, const char *delete_after)
{
    harness_step(h, &step_data_store_select, "storageName", "s", "visibility", "global",
                 "maxresults", most, "delete", delete_after, NULL);
}

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"

static void test_select(void **state)
{
    struct harness h;
    (void)state;
    harness_open(&h);
    select_from(&h, "10", "false");
    assert_sends(&h, "x", XML "<messages/>");
    harness_flow(&h);
    put(&h, "${header.id}", "true");
    harness_header(&h, "id", "a");
    assert_true(harness_sends(&h, "<?xml version='1.0'?><m>1</m>"));
    harness_header(&h, "id", "b");
    assert_true(harness_sends(&h, "<m>2</m>"));
    harness_flow(&h);
    select_from(&h, "1", "false");
    assert_sends(&h, "x", XML "<messages><message id=\"a\"><m>1</m></message></messages>");
    harness_header(&h, "SapDataStoreMaxResults", "5");
    assert_sends(
        &h, "x",
        XML
        "<messages><message id=\"a\"><m>1</m></message><message id=\"b\"><m>2</m></message></messages>");
    harness_flow(&h);
    harness_step(&h, &step_data_store_delete, "storageName", "s", "visibility", "global",
                 "messageId", "${xpath./l/i}", NULL);
    select_from(&h, "10", "false");
    assert_sends(&h, "<l><i>a</i><i>none</i></l>",
                 XML "<messages><message id=\"b\"><m>2</m></message></messages>");
    harness_close(&h);
}

static void test_visibility(void **state)
{
    struct harness h;
    (void)state;
    harness_open(&h);
    harness_step(&h, &step_data_store_put, "storageName", "s", "visibility", "local", "messageId",
                 "e", NULL);
    get(&h, "e", "false", "false");
    assert_true(harness_sends(&h, "local"));
    assert_str(harness_out(&h, "SAP_DatastoreEntryFound"), "false");
    harness_close(&h);
}

#define READ(type, name, otherwise)                                                             \
    "<row><cell id='Action'>Create</cell><cell id='Type'>" type "</cell><cell id='Value'>" name \
    "</cell><cell id='Default'>" otherwise                                                      \
    "</cell><cell id='Name'>out</cell><cell id='Datatype'></cell></row>"

static void test_variables(void **state)
{
    struct harness h;
    (void)state;
    harness_open(&h);
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        new_flow(&h, kind);
        harness_step(
            &h, &step_write_variables, "variable",
            "<row><cell>v</cell><cell></cell><cell>expression</cell><cell>${in.body}</cell><cell>local</cell></row>",
            NULL);
        harness_step(&h, &step_content_modifier, "propertyTable",
                     READ("persisted variables", "v", ""), NULL);
        assert_true(harness_sends(&h, "one"));
        assert_str(harness_out_property(&h, "out"), "one");
        new_flow(&h, kind);
        harness_step(&h, &step_content_modifier, "propertyTable",
                     READ("persisted variables", "v", "d"), NULL);
        assert_true(harness_sends(&h, ""));
        assert_str(harness_out_property(&h, "out"), "one");
        new_flow(&h, kind);
        harness_step(&h, &step_content_modifier, "propertyTable",
                     READ("global persisted variables", "v", "d"), NULL);
        assert_true(harness_sends(&h, ""));
        assert_str(harness_out_property(&h, "out"), "d");
        new_flow(&h, kind);
        harness_step(&h, &step_data_store_delete, "storageName", "sap_global_store", "visibility",
                     "local", "messageId", "v", NULL);
        harness_step(&h, &step_content_modifier, "propertyTable",
                     READ("persisted variables", "v", ""), NULL);
        assert_refuses(&h, "", "'v'");
        new_flow(&h, 0);
        harness_step(&h, &step_data_store_delete, "storageName", "sap_global_store", "visibility",
                     "local", "messageId", "v", NULL);
        assert_true(harness_sends(&h, ""));
    }
    harness_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_get),      cmocka_unit_test(test_duplicate),
        cmocka_unit_test(test_generated_id), cmocka_unit_test(test_roll_back),
        cmocka_unit_test(test_select),       cmocka_unit_test(test_visibility),
        cmocka_unit_test(test_variables),
    };
    return RUN(tests);
}
