/* HTTPS sender behind a server of ours (semantics 2, 3), and ProcessDirect between flows (semantics 4). */
#include "stub.h"

#include "adapters/https_sender.h"
#include "base/codec.h"
#include "engine/control.h"
#include "engine/program.h"

extern const struct sender_type sender_https, sender_process_direct;
extern const struct receiver_type receiver_process_direct;
extern const struct step_type step_content_modifier, step_json_to_xml;

struct fixture {
    struct harness h;
    struct identity *identity;
    struct https_sender ctx;
    struct http_server *server;
    char url[300];
};

static int setup(void **state)
{
    static struct fixture f;
    static struct http_route route;
    struct err e = {0};
    str role = STR("ESBMessaging.send");
    harness_open(&f.h);
    if (!identity_open(&(struct identity_config){.store = f.h.store}, &f.identity, &e) ||
        !identity_put_user(f.identity, STR("u"), STR("password"), &role, 1, &e) ||
        !identity_put_user(f.identity, STR("guest"), STR("password"), NULL, 0, &e))
        fail_msg("%s", e.msg);
    f.ctx = (struct https_sender){.engine = f.h.engine, .identity = f.identity};
    route = (struct http_route){"/http", https_sender_handle, https_sender_admit, &f.ctx};
    const struct http_server_config c = {
        .address = STR("127.0.0.1"), .threads = 1, .routes = &route, .nroutes = 1};
    if (!http_server_start(&c, &f.server, &e))
        fail_msg("%s", e.msg);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    http_server_stop(f->server, 1000);
    identity_close(f->identity);
    harness_close(&f->h);
    return 0;
}

static const char *at(struct fixture *f, const char *path)
{
    snprintf(f->url, sizeof f->url, "http://127.0.0.1:%d%s", http_server_port(f->server), path);
    return f->url;
}

#define USER "Authorization", "Basic dTpwYXNzd29yZA=="
#define GUEST "Authorization", "Basic Z3Vlc3Q6cGFzc3dvcmQ="

#define SHOW                                                                                                       \
    "${header.CamelHttpMethod} ${header.CamelServletContextPath} ${header.CamelHttpPath} ${header.CamelHttpQuery}" \
    " ${header.X-In} ${header.q} ${header.SapAuthenticatedUserName} ${in.body}"

static void deploy(struct fixture *f, const char *id, const char *path, const char *allowed,
                   const char *csrf)
{
    struct err e;
    f->h.program->allowed_headers = str_of(allowed);
    harness_sender(&f->h, &sender_https, "urlPath", path, "xsrfProtection", csrf, "userRole",
                   "ESBMessaging.send", "maximumBodySize", "1", NULL);
    if (!harness_deploy(&f->h, id, &e))
        fail_msg("%s", e.msg);
}

static void expect(struct fixture *f, const char *method, const char *path, const char *body,
                   int status, const char *want)
{
    struct reply *r =
        stub_call(f->h.http, method, at(f, path), body, USER, "X-In", "in", "CamelEvil", "1", NULL);
    if (r->call.status != status)
        fail_msg("%s: status %d: %.*s", path, r->call.status, STR_ARG(r->body));
    if (want)
        assert_str(r->body, want);
    reply_free(r);
}

static void test_request(void **state)
{
    struct fixture *f = *state;
    harness_flow(&f->h);
    harness_step(&f->h, &step_content_modifier, "wrapContent", SHOW, "bodyType", "expression",
                 NULL);
    deploy(f, "a", "/Orders/*", "x-.*|q", "0");
    expect(f, "POST", "/http/orders/7/x?q=a%20b&z=1", "B", 200,
           "POST /Orders 7/x q=a%20b&z=1 in a b u B");
    expect(f, "GET", "/http/Orders", NULL, 200, "GET /Orders   in  u ");
    expect(f, "POST", "/http/ordersX", "B", 404, NULL);
    expect(f, "POST", "/http/none", "B", 404, NULL);
    assert_true(engine_undeploy(f->h.engine, STR("a")));
    expect(f, "POST", "/http/orders/7", "B", 404, NULL);
    harness_flow(&f->h);
    harness_step(&f->h, &step_content_modifier, "wrapContent", SHOW, "bodyType", "expression",
                 NULL);
    deploy(f, "a", "/x", "", "0");
    expect(f, "POST", "/http/x/", "B", 200, "POST /x     u B");
}

static void test_access(void **state)
{
    struct fixture *f = *state;
    static char big[2 << 20];
    memset(big, 'x', sizeof big - 1);
    harness_flow(&f->h);
    harness_step(&f->h, &step_content_modifier, NULL);
    deploy(f, "a", "/access", "", "0");
    struct reply *r = stub_call(f->h.http, "POST", at(f, "/http/access"), "b", NULL);
    assert_int_equal(r->call.status, 401);
    reply_free(r);
    r = stub_call(f->h.http, "POST", at(f, "/http/access"), "b", GUEST, NULL);
    assert_int_equal(r->call.status, 403);
    reply_free(r);
    r = stub_call(f->h.http, "POST", at(f, "/http/access"), big, USER, "Expect", "100-continue",
                  NULL);
    assert_int_equal(r->call.status, 413);
    reply_free(r);
}

static void test_csrf(void **state)
{
    struct fixture *f = *state;
    harness_flow(&f->h);
    harness_step(&f->h, &step_content_modifier, "wrapContent", "ran", "bodyType", "constant", NULL);
    deploy(f, "a", "/csrf", "", "1");
    struct reply *r = stub_call(f->h.http, "POST", at(f, "/http/csrf"), "b", USER, NULL);
    assert_int_equal(r->call.status, 403);
    assert_str(reply_header(r, "X-CSRF-Token"), "Required");
    reply_free(r);
    struct reply *got =
        stub_call(f->h.http, "GET", at(f, "/http/csrf"), NULL, USER, "X-CSRF-Token", "Fetch", NULL);
    assert_int_equal(got->call.status, 200);
    assert_str(got->body, "");
    char token[200], cookie[300];
    snprintf(token, sizeof token, "%.*s", STR_ARG(reply_header(got, "X-CSRF-Token")));
    str set = reply_header(got, "Set-Cookie");
    snprintf(cookie, sizeof cookie, "%.*s", STR_ARG(str_sub(set, 0, str_find_char(set, ';', 0))));
    r = stub_call(f->h.http, "POST", at(f, "/http/csrf"), "b", USER, "X-CSRF-Token", token,
                  "Cookie", cookie, NULL);
    assert_int_equal(r->call.status, 200);
    assert_str(r->body, "ran");
    reply_free(r);
    reply_free(got);
    expect(f, "GET", "/http/csrf", NULL, 200, "ran");
}

#define ROW(type, value, name)                                                                   \
    "<row><cell id='Action'>Create</cell><cell id='Type'>" type "</cell><cell id='Value'>" value \
    "</cell><cell id='Name'>" name "</cell></row>"

static void test_answer(void **state)
{
    struct fixture *f = *state;
    harness_flow(&f->h);
    harness_step(&f->h, &step_content_modifier, "headerTable",
                 ROW("constant", "201", "CamelHttpResponseCode") ROW("constant", "v", "X-Out")
                     ROW("constant", "no", "Via")
                         ROW("constant", "text/plain; charset=ISO-8859-1", "Content-Type"),
                 "wrapContent", "\xc3\xbc", "bodyType", "constant", NULL);
    deploy(f, "a", "/answer", "", "0");
    struct reply *r = stub_call(f->h.http, "POST", at(f, "/http/answer"), "b", USER, NULL);
    assert_int_equal(r->call.status, 201);
    assert_str(reply_header(r, "x-out"), "v");
    assert_null(reply_header(r, "Via").p);
    assert_null(reply_header(r, "CamelHttpResponseCode").p);
    assert_int_equal(reply_header(r, "SAP_MessageProcessingLogID").n, ID_MESSAGE);
    assert_str(r->body, "\xfc");
    reply_free(r);
    harness_flow(&f->h);
    harness_step(&f->h, &step_content_modifier, "wrapContent", "${null}", NULL);
    deploy(f, "a", "/answer", "", "0");
    expect(f, "POST", "/http/answer", "b", 204, "");
}

static void test_failure_text(void **state)
{
    struct fixture *f = *state;
    for (int shown = 0; shown <= 1; shown++) {
        harness_flow(&f->h);
        f->h.program->return_exception = shown;
        harness_step(&f->h, &step_json_to_xml, NULL);
        deploy(f, "a", "/fails", "", "0");
        struct reply *r = stub_call(f->h.http, "POST", at(f, "/http/fails"), "no json", USER, NULL);
        assert_int_equal(r->call.status, 500);
        assert_true(str_starts(reply_header(r, "Content-Type"), STR("text/plain")));
        assert_true(str_starts(r->body, STR("An internal server error occured: ")));
        assert_true(has_text(r->body, "For more details please check tail log."));
        assert_int_equal(has_text(r->body, "occured: The MPL ID"), !shown);
        reply_free(r);
    }
}

static bool try_deploy(struct fixture *f, const char *id, const char *path, struct err *e)
{
    harness_flow(&f->h);
    harness_step(&f->h, &step_content_modifier, NULL);
    harness_sender(&f->h, &sender_https, "urlPath", path, NULL);
    return harness_deploy(&f->h, id, e);
}

static void test_conflicts(void **state)
{
    static const struct {
        const char *path;
        bool ok;
    } cases[] = {
        {"/W/*",   true },
        {"/w",     false},
        {"/w/a",   false},
        {"/w/a/*", false},
        {"/wide",  true }
    };
    struct fixture *f = *state;
    struct err e;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char id[] = {'c', (char)('0' + i), 0};
        if (try_deploy(f, id, cases[i].path, &e) != cases[i].ok)
            fail_msg("%s: %s", cases[i].path, e.msg);
        if (!cases[i].ok)
            assert_int_equal(e.code, ERR_CONFLICT);
    }
    assert_true(try_deploy(f, "c0", "/w/*", &e)); /* itself, again */
    assert_true(try_deploy(f, "c0", "/elsewhere", &e));
    assert_true(try_deploy(f, "c1", "/w", &e));
    harness_flow(&f->h);
    harness_sender(&f->h, &sender_https, "urlPath", "/a/*/b", NULL);
    assert_true(has_text(harness_problem(&f->h), "/a/*/b"));
}

static void test_process_direct(void **state)
{
    struct fixture *f = *state;
    struct err e;
    harness_flow(&f->h);
    f->h.program->allowed_headers = STR("in.*");
    harness_step(&f->h, &step_content_modifier, "headerTable",
                 ROW("expression", "${header.inA}${header.other}${property.p}", "back"),
                 "propertyTable", ROW("constant", "changed", "p"), "wrapContent", "<${in.body}>",
                 "bodyType", "expression", NULL);
    harness_sender(&f->h, &sender_process_direct, "address", "/callee", NULL);
    assert_true(harness_deploy(&f->h, "callee", &e));
    for (int i = 0; i < 2; i++) { /* i == 1: the callee is gone */
        harness_flow(&f->h);
        harness_receiver(&f->h, &receiver_process_direct, "address", "${header.to}", NULL);
        harness_header(&f->h, "to", "callee");
        harness_header(&f->h, "inA", "1");
        harness_header(&f->h, "other", "2");
        harness_property(&f->h, "p", "mine");
        assert_int_equal(harness_sends(&f->h, "b"), i == 0);
        if (i == 0) {
            assert_str(f->h.body, "<b>");
            assert_str(harness_out(&f->h, "back"), "1");
            assert_str(harness_out(&f->h, "other"), "2");
            assert_str(harness_out_property(&f->h, "p"), "mine");
        } else {
            assert_non_null(strstr(f->h.class_name, "DirectVmConsumerNotAvailableException"));
        }
        engine_undeploy(f->h.engine, STR("callee"));
    }
}

static void test_process_direct_failure(void **state)
{
    struct fixture *f = *state;
    struct err e;
    harness_flow(&f->h);
    harness_step(&f->h, &step_json_to_xml, NULL);
    harness_sender(&f->h, &sender_process_direct, "address", "bad", NULL);
    assert_true(harness_deploy(&f->h, "callee", &e));
    harness_flow(&f->h);
    harness_sender(&f->h, &sender_process_direct, "address", "/bad", NULL);
    harness_step(&f->h, &step_json_to_xml, NULL);
    assert_false(harness_deploy(&f->h, "second", &e));
    assert_int_equal(e.code, ERR_CONFLICT);
    harness_flow(&f->h);
    harness_receiver(&f->h, &receiver_process_direct, "address", "/bad", NULL);
    assert_false(harness_sends(&f->h, "no json"));
    assert_str(f->h.body, "no json");
    engine_undeploy(f->h.engine, STR("callee"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),        cmocka_unit_test(test_access),
        cmocka_unit_test(test_csrf),           cmocka_unit_test(test_answer),
        cmocka_unit_test(test_failure_text),   cmocka_unit_test(test_conflicts),
        cmocka_unit_test(test_process_direct), cmocka_unit_test(test_process_direct_failure),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
