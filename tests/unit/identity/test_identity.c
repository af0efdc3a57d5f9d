#include "../test.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/time.h"
#include "identity/account.h"

struct fixture {
    struct store *store;
    struct identity *identity;
};

static int setup(void **state)
{
    static struct fixture f;
    struct err e = {0};
    str roles[] = {STR("PI_Read_Only"), STR("ESBMessaging.send")};
    assert_true(store_open(&(struct store_config){.dir = STR(":memory:")}, &f.store, &e));
    assert_true(
        identity_open(&(struct identity_config){.store = f.store, .dev = true}, &f.identity, &e));
    assert_true(identity_put_user(f.identity, STR("ann"), STR("correct horse"), roles, 2, &e));
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    identity_close(f->identity);
    store_close(f->store);
    return 0;
}

static struct http_request *request(struct arena *a, const char *method, str authorization)
{
    struct http_request *r = arena_new_of(a, struct http_request);
    *r = (struct http_request){
        .arena = a, .method = str_of(method), .path = STR("/"), .url = STR("http://h")};
    r->response.out = BUF(1 << 20);
    if (authorization.p)
        vec_add(a, &r->headers.list, (struct http_header){STR("Authorization"), authorization});
    return r;
}

static str basic(struct arena *a, const char *pair)
{
    return arena_fmt(a, "Basic %s", base64_encode(a, str_of(pair)).p);
}

static bool admit(struct fixture *f, struct http_request *r, struct err *e)
{
    size_t limit = 0;
    *e = (struct err){0};
    return identity_admit(f->identity, r, &limit, e);
}

static void test_basic_and_roles(void **state)
{
    struct fixture *f = *state;
    AUTO(arena) struct arena *a = arena_new();
    struct err e;
    for (int again = 0; again < 2; again++) { /* the second time from memory */
        struct http_request *r = request(a, "GET", basic(a, "ann:correct horse"));
        assert_true(admit(f, r, &e));
        assert_str(user_name(r->user), "ann");
        assert_true(user_has_role(r->user, STR("ESBMessaging.send")));
        assert_true(user_has_role(r->user, STR("MonitoringDataRead"))); /* by the collection */
        assert_false(user_has_role(r->user, STR("WorkspacePackagesEdit")));
    }
    static const char *const wrong[] = {"ann:wrong horse", "bob:correct horse", "ann:", "nocolon"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct http_request *r = request(a, "GET", basic(a, wrong[i]));
        assert_false(admit(f, r, &e));
        assert_int_equal(e.code, ERR_UNAUTHORIZED);
        assert_true(http_header(&r->response.headers, "WWW-Authenticate").p != NULL);
    }
    assert_false(admit(f, request(a, "GET", STR_NONE), &e));
    assert_false(admit(f, request(a, "GET", STR("Bearer abc")), &e));
    assert_false(user_has_role(NULL, STR("")));
}

static void test_removed_user_is_refused(void **state)
{
    struct fixture *f = *state;
    AUTO(arena) struct arena *a = arena_new();
    struct err e = {0};
    str role = STR("*");
    assert_true(identity_put_user(f->identity, STR("eve"), STR("longenough"), &role, 1, &e));
    assert_true(admit(f, request(a, "GET", basic(a, "eve:longenough")), &e));
    assert_true(identity_remove_user(f->identity, STR("eve"), &e));
    assert_false(admit(f, request(a, "GET", basic(a, "eve:longenough")), &e));
    e = (struct err){0};
    assert_false(identity_remove_user(f->identity, STR("eve"), &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_false(identity_put_user(f->identity, STR("a:b"), STR("longenough"), &role, 1, &e));
    assert_false(identity_put_user(f->identity, STR("ab"), STR("short"), &role, 1, &e));
}

/* The right password comes too late; who was known before stays known. */
static void test_guessing_is_slowed(void **state)
{
    struct fixture *f = *state;
    AUTO(arena) struct arena *a = arena_new();
    struct err e = {0};
    str role = STR("*");
    assert_true(identity_put_user(f->identity, STR("joe"), STR("longenough"), &role, 1, &e));
    for (int i = 0; i < 12; i++)
        assert_false(admit(f, request(a, "GET", basic(a, arena_fmt(a, "joe:guess%d", i).p)), &e));
    assert_false(admit(f, request(a, "GET", basic(a, "joe:longenough")), &e));
    struct http_request *elsewhere = request(a, "GET", basic(a, "joe:longenough"));
    elsewhere->peer = STR("10.0.0.9");
    assert_true(admit(f, elsewhere, &e));
    assert_true(admit(f, request(a, "GET", basic(a, "joe:longenough")), &e));
    assert_true(admit(f, request(a, "GET", basic(a, "ann:correct horse")), &e));
}

static void test_csrf(void **state)
{
    struct fixture *f = *state;
    AUTO(arena) struct arena *a = arena_new();
    struct err e;
    struct http_request *fetch = request(a, "GET", basic(a, "dev:dev"));
    vec_add(a, &fetch->headers.list, (struct http_header){STR("x-csrf-token"), STR("fetch")});
    assert_true(admit(f, fetch, &e));
    assert_true(csrf_fetch(fetch));
    str token = http_header(&fetch->response.headers, "X-CSRF-Token");
    str cookie = http_header(&fetch->response.headers, "Set-Cookie");
    assert_true(token.n > 20 && str_starts(cookie, STR("JSESSIONID=")));
    cookie = str_sub(cookie, 0, str_find_char(cookie, ';', 0));
    const struct {
        str token, cookie;
        bool ok;
    } rows[] = {
        {token,               cookie,   true },
        {token,               STR_NONE, false},
        {STR_NONE,            cookie,   false},
        {STR("abcdefghijkl"), cookie,   false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_request *r = request(a, "POST", basic(a, "dev:dev"));
        if (rows[i].token.p)
            vec_add(a, &r->headers.list, (struct http_header){STR("X-CSRF-Token"), rows[i].token});
        if (rows[i].cookie.p)
            vec_add(a, &r->headers.list, (struct http_header){STR("Cookie"), rows[i].cookie});
        assert_true(admit(f, r, &e));
        assert_int_equal(csrf_check(r), rows[i].ok);
        if (!rows[i].ok) {
            assert_int_equal(r->response.status, 403);
            assert_str(http_header(&r->response.headers, "X-CSRF-Token"), "Required");
        }
        buf_free(&r->response.out);
    }
    /* The session alone is a login, but not somebody else's. */
    struct http_request *by_session = request(a, "GET", STR_NONE);
    vec_add(a, &by_session->headers.list, (struct http_header){STR("Cookie"), cookie});
    assert_true(admit(f, by_session, &e));
    assert_str(user_name(by_session->user), "dev");
    struct http_request *other = request(a, "POST", basic(a, "ann:correct horse"));
    vec_add(a, &other->headers.list, (struct http_header){STR("Cookie"), cookie});
    vec_add(a, &other->headers.list, (struct http_header){STR("X-CSRF-Token"), token});
    assert_true(admit(f, other, &e));
    assert_false(csrf_check(other));
    buf_free(&other->response.out);
}

/* Pipelines take the third piece of the two lines, split at ';' and ','. */
static void test_gateway_cookies(void **state)
{
    struct fixture *f = *state;
    AUTO(arena) struct arena *a = arena_new();
    struct err e = {0};
    size_t limit = 0;
    const char *const urls[] = {"http://h", "https://h"}, *const tails[] = {
                                                              "; path=/",
                                                              "; path=/; secure; HttpOnly"};
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct http_request *fetch = request(a, "GET", basic(a, "dev:dev"));
        fetch->url = str_of(urls[i]);
        vec_add(a, &fetch->headers.list, (struct http_header){STR("x-csrf-token"), STR("Fetch")});
        assert_true(identity_admit_gateway(f->identity, fetch, &limit, &e));
        assert_true(csrf_fetch(fetch));
        assert_str(fetch->response.headers.list.at[0].value,
                   "sap-usercontext=sap-client=001; path=/");
        str session = fetch->response.headers.list.at[1].value;
        assert_true(str_starts(session, STR("SAP_SESSIONID_SM1_001=")) &&
                    str_ends(session, str_of(tails[i])));
        str cookie = str_sub(session, 0, str_find_char(session, ';', 0));
        assert_int_equal(str_find_char(cookie, ',', 0), SIZE_MAX);
        struct http_request *post =
            request(a, "POST", STR_NONE); /* in another face, by the session alone */
        vec_add(a, &post->headers.list,
                (struct http_header){
                    STR("Cookie"),
                    arena_fmt(a, STR_FMT "; sap-usercontext=sap-client=001", STR_ARG(cookie))});
        vec_add(a, &post->headers.list,
                (struct http_header){STR("x-csrf-token"),
                                     http_header(&fetch->response.headers, "X-CSRF-Token")});
        assert_true(admit(f, post, &e));
        assert_true(csrf_check(post));
    }
    struct http_request *nobody = request(a, "GET", STR_NONE);
    assert_false(identity_admit_gateway(f->identity, nobody, &limit, &e));
    assert_str(http_header(&nobody->response.headers, "WWW-Authenticate"),
               "Basic realm=\"SAP NetWeaver Application Server [SM1/001]\"");
    buf_free(&nobody->response.out);
}

/* 30 minutes without a request end a session; each request begins them anew. */
static void test_idle_sessions(void **state)
{
    struct fixture *f = *state;
    AUTO(arena) struct arena *a = arena_new();
    struct err e;
    const int64_t now = time_now_ms(), minute = 60000, before = f->identity->started_ms;
    const struct {
        int64_t issued, started;
        bool ok;
    } rows[] = {
        {now - 29 * minute, 0,            true }, /* number a */
        {now - 31 * minute, 0,            false},
        {now - 31 * minute, now - minute, true }, /* before a restart: not known */
        {now - 31 * minute, 0,            true }, /* the same session, now known */
    };
    const char *const numbers[] = {"a", "b", "c", "c"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        str rest = arena_fmt(a, "%lld|%s|udev", (long long)rows[i].issued, numbers[i]);
        str ticket = ticket_make(f->identity, a, 's', now + minute, rest);
        struct http_request *r = request(a, "GET", STR_NONE);
        vec_add(a, &r->headers.list,
                (struct http_header){STR("Cookie"),
                                     arena_fmt(a, "JSESSIONID=" STR_FMT, STR_ARG(ticket))});
        f->identity->started_ms = rows[i].started;
        assert_int_equal(admit(f, r, &e), rows[i].ok);
        buf_free(&r->response.out);
    }
    f->identity->started_ms = before;
}

static void test_service_key(void **state)
{
    struct fixture *f = *state;
    AUTO(arena) struct arena *a = arena_new();
    struct err e = {0};
    str json, role = STR("WorkspacePackagesRead");
    struct jr *key;
    assert_true(identity_create_key(f->identity, a, STR("http://h:1"), &role, 1, &json, &e));
    assert_true(jr_parse(a, json, &key, &e));
    const struct jr *oauth = jr_get(key, "oauth");
    assert_str(jr_text(oauth, "url"), "http://h:1");
    assert_str(jr_text(oauth, "tokenurl"), "http://h:1/oauth/token");
    str pair = arena_fmt(
        a, "%s:%s", jr_text(oauth, "clientid").p ? arena_strdup(a, jr_text(oauth, "clientid")) : "",
        arena_strdup(a, jr_text(oauth, "clientsecret")));
    struct http_request *r = request(a, "GET", basic(a, pair.p));
    assert_true(admit(f, r, &e));
    assert_true(user_has_role(r->user, STR("WorkspacePackagesRead")));
    assert_false(user_has_role(r->user, STR("WorkspacePackagesEdit")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_basic_and_roles),    cmocka_unit_test(test_removed_user_is_refused),
        cmocka_unit_test(test_guessing_is_slowed), cmocka_unit_test(test_csrf),
        cmocka_unit_test(test_gateway_cookies),    cmocka_unit_test(test_idle_sessions),
        cmocka_unit_test(test_service_key),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
