/* HTTP receiver against a server of ours (semantics 3a). */
#include "stub.h"

#include "engine/program.h"

extern const struct receiver_type receiver_http;
extern const struct step_type step_content_modifier;

struct fixture {
    struct harness h;
    struct stub stub;
    char url[200];
};

static int setup(void **state)
{
    static struct fixture f;
    harness_open(&f.h);
    stub_open(&f.stub);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    harness_close(&f->h);
    stub_close(&f->stub);
    return 0;
}

static const char *at(struct fixture *f, const char *path)
{
    snprintf(f->url, sizeof f->url, "%s%s", f->stub.url, path);
    return f->url;
}

static void test_address_and_query(void **state)
{
    static const struct {
        const char *address, *query, *header, *value, *line;
    } cases[] = {
        {"/echo/a",            "",                       "x",              "",    "GET /echo/a?\n"                 },
        {"/echo/A('1')",       "$expand=to_X",           "x",              "",    "GET /echo/A('1')?$expand=to_X\n"},
        {"/echo/${header.id}", "?q=${header.id} \"%41%", "id",             "7",
         "GET /echo/7?q=7%20%22%41%25\n"                                                                           },
        {"/echo/a?own=1",      "",                       "x",              "",    "GET /echo/a?own=1\n"            },
        {"/echo/a?own=1",      "",                       "CamelHttpQuery", "b=2", "GET /echo/a?b=2\n"              },
        {"/echo/a",            "c=3",                    "CamelHttpQuery", "b=2", "GET /echo/a?c=3\n"              },
        {"/echo/a/",           "",                       "CamelHttpPath",  "x/y", "GET /echo/a/x/y?\n"             },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        harness_flow(&f->h);
        harness_receiver(&f->h, &receiver_http, "httpAddressWithoutQuery", at(f, cases[i].address),
                         "httpAddressQuery", cases[i].query, "httpMethod", "GET", NULL);
        harness_header(&f->h, cases[i].header, cases[i].value);
        if (!harness_sends(&f->h, "not sent with GET"))
            fail_msg("%s", f->h.error.msg);
        if (!str_starts(f->h.body, str_of(cases[i].line)))
            fail_msg("want %s, got %.*s", cases[i].line, STR_ARG(f->h.body));
        assert_true(str_ends(f->h.body, STR("\n\n")));
    }
}

static void test_uri_header(void **state)
{
    struct fixture *f = *state;
    harness_flow(&f->h);
    harness_receiver(&f->h, &receiver_http, "httpAddressWithoutQuery", "http://127.0.0.1:1/", NULL);
    harness_header(&f->h, "CamelHttpUri", at(f, "/echo/other"));
    assert_true(harness_sends(&f->h, "b"));
    assert_true(str_starts(f->h.body, STR("POST /echo/other?")));
    assert_true(str_ends(f->h.body, STR("\n\nb")));
}

static void test_headers(void **state)
{
    static const struct {
        const char *allowed; /* NULL: the key is absent */
        bool a, b;
    } cases[] = {
        {NULL,      true,  true },
        {"*",       true,  true },
        {"",        false, false},
        {"X-A|x-c", true,  false}
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        harness_flow(&f->h);
        harness_receiver(&f->h, &receiver_http, "httpAddressWithoutQuery", at(f, "/echo"),
                         cases[i].allowed ? "allowedRequestHeaders" : NULL, cases[i].allowed, NULL);
        harness_header(&f->h, "x-a", "1\r\nX-Evil: 1");
        harness_header(&f->h, "X-B", "2");
        harness_header(&f->h, "CamelFoo", "3");
        harness_header(&f->h, "Content-Type", "text/csv");
        harness_header(&f->h, "Via", "4");
        assert_true(harness_sends(&f->h, "b"));
        assert_int_equal(has_text(f->h.body, "\nx-a: 1  X-Evil: 1\n"), cases[i].a);
        assert_int_equal(has_text(f->h.body, "\nX-B: 2\n"), cases[i].b);
        assert_true(has_text(f->h.body, "\nContent-Type: text/csv\n"));
        assert_false(has_text(f->h.body, "CamelFoo"));
        assert_false(has_text(f->h.body, "Via:"));
    }
}

static void test_response(void **state)
{
    struct fixture *f = *state;
    harness_flow(&f->h);
    harness_receiver(&f->h, &receiver_http, "httpAddressWithoutQuery", at(f, "/echo"),
                     "allowedResponseHeaders", "content-type", NULL);
    harness_header(&f->h, "Old", "kept");
    harness_property(&f->h, "p", "kept");
    assert_true(harness_sends(&f->h, "b"));
    assert_str(harness_out(&f->h, "content-type"), "text/x-echo");
    assert_str(harness_out(&f->h, "CamelHttpResponseCode"), "200");
    assert_str(harness_out(&f->h, "Old"), "kept");
    assert_str(harness_out_property(&f->h, "p"), "kept");
    assert_null(harness_out(&f->h, "X-Stub").p);
    assert_null(harness_out(&f->h, "CamelHttpUri").p);
}

static void test_methods(void **state)
{
    static const struct {
        const char *method, *expression, *send, *line;
        bool body;
    } cases[] = {
        {"PUT",     "",            "false", "PUT /echo?",    true },
        {"DELETE",  "",            "false", "DELETE /echo?", false},
        {"DELETE",  "",            "true",  "DELETE /echo?", true },
        {"Dynamic", "${header.m}", "false", "PATCH /echo?",  true },
        {"DYNAMIC", "${header.n}", "false", "POST /echo?",   true },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        harness_flow(&f->h);
        harness_receiver(&f->h, &receiver_http, "httpAddressWithoutQuery", at(f, "/echo"),
                         "httpMethod", cases[i].method, "methodSourceExpression",
                         cases[i].expression, "httpShouldSendBody", cases[i].send, NULL);
        harness_header(&f->h, "m", "patch");
        assert_true(harness_sends(&f->h, "BODY"));
        assert_true(str_starts(f->h.body, str_of(cases[i].line)));
        assert_int_equal(has_text(f->h.body, "BODY"), cases[i].body);
    }
}

static void test_failures(void **state)
{
    struct fixture *f = *state;
    harness_flow(&f->h);
    harness_receiver(&f->h, &receiver_http, "httpAddressWithoutQuery", at(f, "/status/404"), NULL);
    assert_refuses(&f->h, "b", "statusCode: 404, redirectLocation: /there");
    assert_string_equal(f->h.class_name,
                        "org.apache.camel.component.ahc.AhcOperationFailedException");
    assert_int_equal(f->h.http_status, 404);
    assert_str(f->h.body, "b");
    harness_flow(&f->h);
    harness_receiver(&f->h, &receiver_http, "httpAddressWithoutQuery", at(f, "/status/404"),
                     "throwExceptionOnFailure", "false", NULL);
    assert_sends(&f->h, "b", "status 404");
    assert_str(harness_out(&f->h, "CamelHttpResponseCode"), "404");
    harness_flow(&f->h);
    harness_receiver(&f->h, &receiver_http, "httpAddressWithoutQuery", "http://127.0.0.1:1/",
                     "throwExceptionOnFailure", "false", NULL);
    assert_false(harness_sends(&f->h, "b"));
    assert_string_equal(f->h.class_name, "java.net.ConnectException");
    harness_flow(&f->h);
    harness_receiver(&f->h, &receiver_http, "httpAddressWithoutQuery", "ftp://x/", NULL);
    assert_refuses(&f->h, "b", "ftp://x/");
}

static void test_retry(void **state)
{
    struct fixture *f = *state;
    for (int retries = 2; retries >= 1; retries--) {
        char n[2] = {(char)('0' + retries), 0};
        f->stub.calls = 0;
        harness_flow(&f->h);
        harness_receiver(&f->h, &receiver_http, "httpAddressWithoutQuery", at(f, "/flaky"),
                         "retryIteration", n, "retryInterval", "60", "httpErrorResponseCodes",
                         "500,503", NULL);
        assert_int_equal(harness_sends(&f->h, "b"), retries == 2);
        assert_int_equal(f->stub.calls, retries + 1);
    }
}

static void test_basic(void **state)
{
    struct fixture *f = *state;
    f->h.credential = (struct credential){.user = STR("u"), .password = STR("p")};
    harness_flow(&f->h);
    harness_receiver(&f->h, &receiver_http, "httpAddressWithoutQuery", at(f, "/echo"),
                     "authenticationMethod", "Basic", "credentialName", "C",
                     "allowedRequestHeaders", "*", NULL);
    harness_header(&f->h, "Authorization", "Bearer own");
    assert_true(harness_sends(&f->h, "b"));
    assert_true(has_text(f->h.body, "\nAuthorization: Basic dTpw\n"));
    assert_false(has_text(f->h.body, "own"));
    f->h.credential = (struct credential){0};
    assert_refuses(&f->h, "b", "'C'");
}

static void test_session(void **state)
{
    static const enum http_session kinds[] = {SESSION_NONE, SESSION_EXCHANGE, SESSION_FLOW};
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        harness_flow(&f->h);
        f->h.program->http_session = kinds[i];
        harness_receiver(&f->h, &receiver_http, "httpAddressWithoutQuery", at(f, "/login"), NULL);
        harness_receiver(&f->h, &receiver_http, "httpAddressWithoutQuery", at(f, "/echo"),
                         "httpMethod", "GET", "allowedRequestHeaders", "", NULL);
        assert_true(harness_sends(&f->h, "b"));
        assert_int_equal(has_text(f->h.body, "\nCookie: sid=1\n"), kinds[i] != SESSION_NONE);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *key, *value;
    } cases[] = {
        {"authenticationMethod", "Principal Propagation"},
        {"httpMethod",           "BREW"                 },
        {"proxyType",            "manual"               },
        {"retryOnException",     "true"                 },
        {"httpRequestTimeout",   "soon"                 },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        harness_flow(&f->h);
        harness_receiver(&f->h, &receiver_http, cases[i].key, cases[i].value, NULL);
        assert_true(has_text(harness_problem(&f->h), cases[i].value));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address_and_query),
        cmocka_unit_test(test_uri_header),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_response),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_retry),
        cmocka_unit_test(test_basic),
        cmocka_unit_test(test_session),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
