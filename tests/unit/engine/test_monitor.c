/* The processing log and transactions, on a real store. */
#include <stdio.h>
#include <unistd.h>

#include "kit.h"

#define T(text) (void *)(uintptr_t)(text)

static struct store *open_store(void)
{
    struct store_config c = {.dir = STR(":memory:")};
    struct store *s = NULL;
    struct err e = {0};
    if (!store_open(&c, &s, &e))
        fail_msg("%s", e.msg);
    kit_tables(s);
    return s;
}

struct row {
    char text[1000];
};

static bool add_row(void *arg, const struct value *columns, size_t n)
{
    struct row *r = arg;
    size_t at = strlen(r->text);
    for (size_t i = 0; i < n; i++) {
        str s = columns[i].kind == V_TEXT || columns[i].kind == V_BYTES ? columns[i].s : STR("");
        if (columns[i].kind == V_INT)
            at += (size_t)snprintf(r->text + at, sizeof r->text - at, "%lld ",
                                   (long long)columns[i].i);
        else
            at += (size_t)snprintf(r->text + at, sizeof r->text - at, "%.*s ", (int)s.n,
                                   s.n ? s.p : "");
    }
    return true;
}

static struct row query(struct store *s, const char *sql, const char *bind)
{
    struct row r = {{0}};
    struct err e = {0};
    struct value b[] = {VALUE_TEXT(str_of(bind))};
    if (!store_query(s, sql, b, bind ? 1 : 0, add_row, &r, &e))
        fail_msg("%s", e.msg);
    return r;
}

static struct step_result set_sap(const void *cfg, struct exchange *x, struct err *e)
{
    (void)cfg, (void)e;
    fields_set_text(&x->headers, STR("SAP_ApplicationID"), STR("app-1"));
    fields_set_text(&x->headers, STR("SAP_MessageType"), STR("Order"));
    fields_set_text(&x->headers, STR("SAP_Sender"), STR("me"));
    fields_set_text(&x->headers, STR("SAP_Receiver"), STR("you"));
    fields_set_text(&x->properties, STR("SAP_MessageProcessingLogCustomStatus"), STR("Special"));
    exchange_log_header(x, STR("OrderNo"), STR("1"));
    exchange_log_header(x, STR("OrderNo"), STR("2"));
    exchange_log_attachment(x, STR("payload"), STR("null"), STR("bytes"));
    exchange_log_adapter(x, STR("HTTP"), STR("url"), STR("http://x"));
    return CONTINUE;
}
static const struct step_type set_sap_type = {.name = "set", .run = set_sap};

static struct step_result receiver_two(const void *cfg, struct exchange *x, struct err *e)
{
    (void)cfg, (void)e;
    fields_set_text(&x->headers, STR("SAP_Receiver"), STR("them"));
    return CONTINUE;
}
static const struct step_type receiver_two_type = {.name = "two", .run = receiver_two};

static void completed_message_has_its_row(void **state)
{
    (void)state;
    struct store *s = open_store();
    struct engine *g = kit_engine(s);
    struct program *p = kit_program();
    kit_deploy(g, p, kit_steps(p, 0, &set_sap_type, NULL, &receiver_two_type, NULL, NULL), "flow");
    struct kit_result r = kit_run(g, "flow", "", true);
    assert_string_equal(
        query(s,
              "SELECT status, sender, receiver, application_message_id, application_message_type,"
              " custom_status, log_level, integration_artifact_id, integration_artifact_package_id,"
              " log_end >= log_start FROM message_processing_log WHERE message_guid = ?",
              r.message_id)
            .text,
        "COMPLETED me you,them app-1 Order Special INFO flow pack 1 ");
    assert_string_equal(
        query(s,
              "SELECT name, value FROM custom_header_property WHERE message_guid = ? ORDER BY id",
              r.message_id)
            .text,
        "OrderNo 1 OrderNo 2 ");
    assert_string_equal(query(s,
                              "SELECT name, content_type, payload_size, payload FROM mpl_attachment"
                              " WHERE message_guid = ?",
                              r.message_id)
                            .text,
                        "payload text/plain 5 bytes ");
    assert_string_equal(
        query(s, "SELECT adapter_id, name, value FROM adapter_attribute WHERE message_guid = ?",
              r.message_id)
            .text,
        "HTTP url http://x ");
    assert_string_equal(query(s, "SELECT count(*) FROM run_step", NULL).text, "0 ");
    engine_close(g, 1000);
    store_close(s);
}

static struct step_result change_id(const void *cfg, struct exchange *x, struct err *e)
{
    (void)cfg, (void)e;
    assert_str(exchange_header(x, "SAP_MplCorrelationId"), exchange_message_id(x));
    fields_set_text(&x->headers, STR("SAP_MessageProcessingLogID"), STR("mine"));
    return CONTINUE;
}
static const struct step_type change_id_type = {.name = "change", .run = change_id};

static struct step_result read_id(const void *cfg, struct exchange *x, struct err *e)
{
    (void)cfg, (void)e;
    exchange_set_body(x, body_of_text(exchange_header(x, "SAP_MessageProcessingLogID")));
    return CONTINUE;
}
static const struct step_type read_id_type = {.name = "read", .run = read_id};

static void message_id_is_read_only(void **state)
{
    (void)state;
    struct program *p = kit_program();
    struct kit_result r =
        kit_once(p, kit_steps(p, 0, &change_id_type, NULL, &read_id_type, NULL, NULL), "");
    assert_string_equal(r.body, r.message_id);
}

static void failed_message_tells_why(void **state)
{
    (void)state;
    struct store *s = open_store();
    struct engine *g = kit_engine(s);
    struct program *p = kit_program();
    kit_deploy(g, p, kit_steps(p, 0, &kit_append, T("x"), &kit_fail, T("boom"), NULL), "flow");
    struct kit_result r = kit_run(g, "flow", "", true);
    assert_int_equal(r.code, ERR_INTERNAL);
    assert_string_equal(
        query(
            s,
            "SELECT l.status, e.last_error_model_step_id, e.text FROM message_processing_log l JOIN"
            " error_information e ON e.message_guid = l.message_guid WHERE l.message_guid = ?",
            r.message_id)
            .text,
        "FAILED s2 x.Oops: boom ");
    assert_string_equal(
        query(
            s,
            "SELECT r.overall_state, s.model_step_id, s.status, s.error FROM mpl_run r JOIN run_step s"
            " ON s.run_id = r.id WHERE r.message_guid = ?",
            r.message_id)
            .text,
        "FAILED s2 FAILED boom ");
    engine_close(g, 1000);
    store_close(s);
}

static void levels(void **state)
{
    (void)state;
    struct store *s = open_store();
    struct engine *g = kit_engine(s);
    struct program *p = kit_program();
    kit_deploy(g, p, kit_steps(p, 0, &kit_append, T("x"), &kit_append, T("y"), NULL), "flow");
    assert_true(engine_set_log_level(g, STR("flow"), MPL_NONE));
    kit_run(g, "flow", "", true);
    assert_true(engine_set_log_level(g, STR("flow"), MPL_ERROR));
    kit_run(g, "flow", "", true);
    assert_string_equal(query(s, "SELECT count(*) FROM message_processing_log", NULL).text, "0 ");
    assert_true(engine_set_log_level(g, STR("flow"), MPL_DEBUG));
    struct kit_result r = kit_run(g, "flow", "", true);
    assert_string_equal(
        query(s, "SELECT model_step_id, status FROM run_step WHERE run_id = ? ORDER BY child_count",
              r.message_id)
            .text,
        "s1 COMPLETED s2 COMPLETED ");
    assert_string_equal(query(s, "SELECT count(*) FROM trace_message", NULL).text, "0 ");
    assert_true(engine_set_log_level(g, STR("flow"), MPL_TRACE));
    r = kit_run(g, "flow", "b", true);
    assert_string_equal(
        query(s,
              "SELECT model_step_id, payload FROM trace_message WHERE mpl_id = ? ORDER BY trace_id",
              r.message_id)
            .text,
        "s1 b s2 bx ");
    p = kit_program();
    kit_deploy(g, p, 0, "flow"); /* the level is kept */
    struct artifact *a = engine_artifact(g, STR("flow"));
    assert_int_equal(artifact_log_level(a), MPL_TRACE);
    artifact_unref(a);
    assert_false(engine_set_log_level(g, STR("absent"), MPL_TRACE));
    engine_close(g, 1000);
    store_close(s);
}

static const char *effects(struct store *s)
{
    static char text[32];
    snprintf(text, sizeof text, "%s", query(s, "SELECT count(*) FROM effect", NULL).text);
    return text;
}

static void transactions(void **state)
{
    (void)state;
    static const struct {
        enum transaction kind;
        bool fails, escalates;
        const char *want;
    } CASES[] = {
        {TRANSACTION_REQUIRED, false, false, "1 "},
        {TRANSACTION_REQUIRED, true,  false, "0 "},
        {TRANSACTION_REQUIRED, false, true,  "0 "},
        {TRANSACTION_NONE,     true,  false, "1 "},
        {TRANSACTION_NONE,     false, false, "1 "},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct store *s = open_store();
        struct engine *g = kit_engine(s);
        struct program *p = kit_program();
        p->processes.at[0].transaction = CASES[i].kind;
        uint16_t local = kit_local(p); /* takes the caller's */
        p->processes.at[local].entry = kit_steps(p, local, &kit_effect, NULL, NULL);
        struct control_call *c = arena_new_of(p->arena, struct control_call);
        c->process = local;
        uint32_t entry = kit_steps(p, 0, &control_call, c, NULL);
        if (CASES[i].fails)
            p->operations.at[entry].next = kit_steps(p, 0, &kit_fail, T("x"), NULL);
        if (CASES[i].escalates)
            p->operations.at[entry].next = kit_steps(p, 0, &control_escalation_end, NULL, NULL);
        kit_deploy(g, p, entry, "flow");
        kit_run(g, "flow", "", true);
        assert_string_equal(effects(s), CASES[i].want);
        engine_close(g, 1000);
        store_close(s);
    }
}

static void ignore(void *arg, struct exchange *x)
{
    (void)arg, (void)x;
}

static void start_one(struct engine *g)
{
    struct artifact *a = engine_artifact(g, STR("flow"));
    struct start st = {.route = &artifact_program(a)->routes.at[0]};
    struct err e = {0};
    struct exchange *x = exchange_new(a, &st, &e);
    engine_start(x, ignore, NULL);
    artifact_unref(a);
}

static void long_running_ones_show_and_become_abandoned(void **state)
{
    (void)state;
    struct store *s = open_store();
    struct engine *g = kit_engine(s);
    struct program *p = kit_program();
    kit_deploy(g, p, kit_steps(p, 0, &kit_park, NULL, NULL), "flow");
    start_one(g);
    start_one(g);
    assert_string_equal(query(s, "SELECT count(*) FROM message_processing_log", NULL).text, "0 ");
    const char *count = "SELECT count(*) FROM message_processing_log";
    for (int i = 0; i < 400 && !str_eqz(STR("2 "), query(s, count, NULL).text); i++)
        usleep(10000);
    assert_string_equal(query(s, "SELECT status FROM message_processing_log", NULL).text,
                        "PROCESSING PROCESSING ");
    engine_close(g, 0);
    assert_string_equal(query(s, "SELECT status FROM message_processing_log", NULL).text,
                        "ABANDONED ABANDONED ");
    kit_release(); /* a completion that comes too late does no harm */
    store_close(s);
}

/* More than the sweep writes at a time. */
static void a_crowd_shows_as_a_whole(void **state)
{
    (void)state;
    enum { CROWD = 1700 };
    struct store *s = open_store();
    struct engine *g = kit_engine(s);
    struct program *p = kit_program();
    kit_deploy(g, p, kit_steps(p, 0, &kit_park, NULL, NULL), "flow");
    for (int i = 0; i < CROWD; i++)
        start_one(g);
    while (kit_parked() < CROWD)
        usleep(1000);
    const char *count = "SELECT count(*) FROM message_processing_log WHERE status = 'PROCESSING'";
    for (int i = 0; i < 900 && !str_eqz(STR("1700 "), query(s, count, NULL).text); i++)
        usleep(10000);
    assert_string_equal(query(s, count, NULL).text, "1700 ");
    kit_release();
    engine_close(g, 10000);
    count = "SELECT count(*) FROM message_processing_log WHERE status = 'COMPLETED'";
    assert_string_equal(query(s, count, NULL).text, "1700 ");
    store_close(s);
}

static void found_processing_at_start(void **state)
{
    (void)state;
    struct store *s = open_store();
    struct store_batch *b = store_batch_new();
    struct err e = {0};
    store_batch_add(
        b, "INSERT INTO message_processing_log (message_guid, status) VALUES ('m', 'PROCESSING')",
        NULL, 0);
    assert_true(store_commit_wait(s, b, &e));
    struct engine *g = kit_engine(s);
    assert_string_equal(query(s, "SELECT status FROM message_processing_log", NULL).text,
                        "ABANDONED ");
    engine_close(g, 0);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(completed_message_has_its_row),
        cmocka_unit_test(message_id_is_read_only),
        cmocka_unit_test(failed_message_tells_why),
        cmocka_unit_test(levels),
        cmocka_unit_test(transactions),
        cmocka_unit_test(long_running_ones_show_and_become_abandoned),
        cmocka_unit_test(a_crowd_shows_as_a_whole),
        cmocka_unit_test(found_processing_at_start),
    };
    return RUN(tests);
}
