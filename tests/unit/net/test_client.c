#include "../test.h"

#include "base/time.h"
#include "net/address.h"
#include "net/client.h"
#include "net/oauth2.h"
#include "pki.h"
#include "wire.h"

static struct http_server *server;
static struct http_client *client;
static _Atomic int token_requests;

/* Answers with what came in. */
static void echo(void *ctx, struct http_request *r)
{
    (void)ctx;
    struct buf *out = &r->response.out;
    http_set(r, "Content-Type", STR("text/plain"));
    http_set(r, "X-Peer", r->client_dn);
    buf_addf(out, STR_FMT " " STR_FMT STR_FMT "?" STR_FMT "\n", STR_ARG(r->method), STR_ARG(r->url),
             STR_ARG(r->path), STR_ARG(r->query));
    for (size_t i = 0; i < r->headers.list.n; i++)
        buf_addf(out, STR_FMT ": " STR_FMT "\n", STR_ARG(r->headers.list.at[i].name),
                 STR_ARG(r->headers.list.at[i].value));
    buf_add(out, blob_bytes(r->body));
    http_reply(r);
}

static void big(void *ctx, struct http_request *r)
{
    (void)ctx;
    http_set(r, "Content-Type", STR("application/json"));
    for (int i = 0; i < 300000; i++)
        buf_addz(&r->response.out, "12345,");
    r->response.status = 500;
    http_reply(r);
}

static void *reply_later(void *arg)
{
    usleep(400000);
    http_reply(arg);
    return NULL;
}

static void slow(void *ctx, struct http_request *r)
{
    (void)ctx;
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, reply_later, r), 0);
    pthread_detach(t);
}

static void token(void *ctx, struct http_request *r)
{
    (void)ctx;
    token_requests++;
    usleep(50000);
    if (str_eq(http_header(&r->headers, "Authorization"), STR("Basic aWQ6c2VjcmV0")) &&
        str_eq(blob_bytes(r->body), STR("grant_type=client_credentials&scope=a%20b"))) {
        buf_addf(&r->response.out, "{\"access_token\":\"T%d\",\"expires_in\":%s}", token_requests,
                 str_eqz(r->query, "short") ? "30" : "3600");
    } else {
        r->response.status = 401;
        buf_addz(&r->response.out,
                 "{\"error\":\"invalid_client\",\"error_description\":\"no such client\"}");
    }
    http_reply(r);
}

static const struct http_route routes[] = {
    {"/echo",  echo,  NULL, NULL},
    {"/big",   big,   NULL, NULL},
    {"/slow",  slow,  NULL, NULL},
    {"/token", token, NULL, NULL},
};

static struct http_server *start_server(bool tls)
{
    struct http_server_config c = {
        .address = STR("127.0.0.1"), .threads = 2, .routes = routes, .nroutes = COUNT(routes)};
    struct http_server *s;
    struct err e;
    if (tls) {
        c.tls_cert = STR(SERVER_CERT);
        c.tls_key = STR(SERVER_KEY);
        c.tls_client_ca = STR(CA_CERT);
    }
    if (!http_server_start(&c, &s, &e))
        fail_msg("%s", e.msg);
    return s;
}

static struct http_client *start_client(const struct http_client_config *c)
{
    struct http_client *h;
    struct err e;
    if (!http_client_start(c, &h, &e))
        fail_msg("%s", e.msg);
    return h;
}

static int set_up(void **state)
{
    (void)state;
    server = start_server(false);
    client = start_client(&(struct http_client_config){.threads = 2});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    http_client_stop(client);
    http_server_stop(server, 1000);
    return 0;
}

/* ---- waiting for calls ---- */

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t more;
    int n;
};
#define GATE ((struct gate){PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0})

static void gate_up(struct gate *g)
{
    pthread_mutex_lock(&g->lock);
    g->n++;
    pthread_cond_signal(&g->more);
    pthread_mutex_unlock(&g->lock);
}

static void gate_wait(struct gate *g, int n)
{
    pthread_mutex_lock(&g->lock);
    while (g->n < n)
        pthread_cond_wait(&g->more, &g->lock);
    pthread_mutex_unlock(&g->lock);
}

static void call_done(struct http_call *call)
{
    gate_up(call->arg);
}

/* The call ready to be sent; free with call_free. */
static struct http_call *call_new(const char *method, const char *url)
{
    struct arena *a = arena_new();
    struct http_call *c = arena_new_of(a, struct http_call);
    c->arena = a;
    c->method = str_of(method);
    c->url = strchr(url, ':')
                 ? str_of(url)
                 : arena_fmt(a, "http://127.0.0.1:%d%s", http_server_port(server), url);
    c->done = call_done;
    c->timeout_ms = 5000;
    return c;
}

static void add(struct http_call *c, const char *name, const char *value)
{
    vec_add(c->arena, &c->headers.list, (struct http_header){str_of(name), str_of(value)});
}

static void run_on(struct http_client *h, struct http_call *c)
{
    struct gate g = GATE;
    c->arg = &g;
    http_client_send(h, c);
    gate_wait(&g, 1);
}

static void run(struct http_call *c)
{
    run_on(client, c);
    if (!c->ok)
        fail_msg("%s", c->err->msg);
}

static void call_free(struct http_call *c)
{
    blob_unref(c->body);
    blob_unref(c->response_body);
    arena_free(c->arena);
}

static bool body_has(const struct http_call *c, const char *part)
{
    return str_find(blob_bytes(c->response_body), str_of(part), 0) != SIZE_MAX;
}

static void assert_fails(struct http_call *c, enum err_code code, const char *part)
{
    run_on(client, c);
    assert_false(c->ok);
    assert_null(c->response_body);
    if (c->err->code != code || !strstr(c->err->msg, part))
        fail_msg("%d: %s", c->err->code, c->err->msg);
    call_free(c);
}

/* ---- tests ---- */

static void test_methods_and_headers(void **state)
{
    (void)state;
    struct http_call *c = call_new("MERGE", "/echo/x%20y?a=b&c");
    add(c, "X-Empty", "");
    add(c, "X-Own", "value");
    add(c, "Content-Length", "99");
    c->body = blob_copy(STR("body!"));
    c->user = STR("dev");
    c->password = STR("p:w");
    run(c);
    assert_int_equal(c->status, 200);
    assert_str(c->reason, "OK");
    assert_str(http_header(&c->response, "content-type"), "text/plain");
    assert_true(body_has(c, "MERGE http://127.0.0.1:"));
    assert_true(body_has(c, "/echo/x%20y?a=b&c\n"));
    assert_true(body_has(c, "X-Own: value\n"));
    assert_true(body_has(c, "X-Empty: \n"));
    assert_true(body_has(c, "Content-Length: 5\n"));
    assert_true(body_has(c, "Authorization: Basic ZGV2OnA6dw==\n"));
    assert_false(body_has(c, "Content-Type:"));
    assert_true(str_ends(blob_bytes(c->response_body), STR("\nbody!")));
    call_free(c);

    c = call_new("POST", "/echo");
    run(c);
    assert_true(body_has(c, "Content-Length: 0\n"));
    call_free(c);
    c = call_new("DELETE", "/echo");
    run(c);
    assert_true(body_has(c, "DELETE http"));
    assert_false(body_has(c, "Content-Length"));
    call_free(c);
    c = call_new("HEAD", "/echo");
    run(c);
    assert_int_equal(blob_size(c->response_body), 0);
    assert_true(http_header(&c->response, "Content-Length").n > 0);
    call_free(c);
    c = call_new("GET", "/nothing");
    run(c);
    assert_int_equal(c->status, 404);
    call_free(c);
}

static void test_unpacks_and_spills(void **state)
{
    (void)state;
    struct http_call *c = call_new("GET", "/big");
    run(c);
    assert_int_equal(c->status, 500);
    assert_int_equal(blob_size(c->response_body), 1800000);
    assert_true(blob_fd(c->response_body) >= 0);
    assert_null(http_header(&c->response, "Content-Encoding").p);
    call_free(c);
    c = call_new("GET", "/big");
    add(c, "Accept-Encoding", "gzip");
    run(c);
    assert_true(blob_size(c->response_body) < 100000);
    assert_str(http_header(&c->response, "Content-Encoding"), "gzip");
    call_free(c);
}

static void test_large_upload(void **state)
{
    (void)state;
    struct http_call *c = call_new("PUT", "/echo");
    struct buf b = BUF(8 << 20);
    while (b.n < 4 << 20)
        buf_addz(&b, "0123456789abcdef");
    c->body = blob_take(&b);
    run(c);
    assert_true(blob_size(c->response_body) > 4 << 20);
    assert_true(body_has(c, "Content-Length: 4194304\n"));
    assert_false(body_has(c, "Expect"));
    call_free(c);
}

static void test_failures(void **state)
{
    (void)state;
    struct http_call *c = call_new("GET", "/slow");
    c->timeout_ms = 100;
    int64_t from = time_monotonic_ms();
    assert_fails(c, ERR_TIMEOUT, "127.0.0.1:");
    assert_in_range(time_monotonic_ms() - from, 90, 350);
    c = call_new("GET", "/big");
    c->max_response = 1000000;
    assert_fails(c, ERR_TOO_LARGE, "1000000");
    assert_fails(call_new("GET", "http://127.0.0.1:1/"), ERR_UPSTREAM, "127.0.0.1:1");
    assert_fails(call_new("GET", "file:///etc/passwd"), ERR_BAD_REQUEST, "");
    assert_fails(call_new("GET", "ftp://127.0.0.1/x"), ERR_BAD_REQUEST, "127.0.0.1");
    assert_fails(call_new("GET", "http://127.0.0.1/a\r\nX: y"), ERR_BAD_REQUEST, "URL");
    assert_fails(call_new("G T", "/echo"), ERR_BAD_REQUEST, "method");
    c = call_new("GET", "/echo");
    add(c, "X-A", "b\r\nX-C: d");
    assert_fails(c, ERR_BAD_REQUEST, "X-A");
    c = call_new("GET", "/echo");
    add(c, "X-A: 1\nX-B", "c");
    assert_fails(c, ERR_BAD_REQUEST, "X-B");
    c = call_new("GET", "/echo");
    c->proxy = STR("http://127.0.0.1:1");
    assert_fails(c, ERR_UPSTREAM, "127.0.0.1");
}

static void test_proxy(void **state)
{
    (void)state;
    struct http_call *c = call_new("GET", "http://nowhere.invalid/echo/p");
    c->proxy = arena_fmt(c->arena, "http://127.0.0.1:%d", http_server_port(server));
    run(c);
    assert_true(body_has(c, "GET http://nowhere.invalid/echo/p?"));
    call_free(c);
}

static void test_many_at_once(void **state)
{
    (void)state;
    enum { N = 400 };
    struct gate g = GATE;
    struct http_call *calls[N];
    int64_t from = time_monotonic_ms();
    for (int i = 0; i < N; i++) {
        calls[i] = call_new("GET", i % 2 ? "/slow" : "/echo");
        calls[i]->arg = &g;
        http_client_send(client, calls[i]);
    }
    gate_wait(&g, N);
    assert_true(time_monotonic_ms() - from < 5000);
    for (int i = 0; i < N; i++) {
        assert_true(calls[i]->ok);
        call_free(calls[i]);
    }
}

/* A receiver that counts its connections and answers 200 to every head. */
struct sink {
    int listener;
    uint16_t port;
    int connections, answers;
};

static void *sink_main(void *arg)
{
    struct sink *s = arg;
    char text[4096];
    int fd;
    while ((fd = accept(s->listener, NULL, NULL)) >= 0) {
        s->connections++;
        while (recv(fd, text, sizeof text, 0) > 0) {
            s->answers++;
            wire_send(fd, "HTTP/1.1 200 Fine\r\nContent-Length: 0\r\n\r\n");
        }
        close(fd);
    }
    return NULL;
}

static void sink_open(struct sink *s)
{
    struct sockaddr_in sa = {.sin_family = AF_INET};
    socklen_t n = sizeof sa;
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *s = (struct sink){.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_int_equal(bind(s->listener, (struct sockaddr *)&sa, sizeof sa), 0);
    assert_int_equal(listen(s->listener, 10), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&sa, &n), 0);
    s->port = ntohs(sa.sin_port);
}

static void test_connections_are_reused(void **state)
{
    (void)state;
    struct sink s;
    pthread_t t;
    sink_open(&s);
    assert_int_equal(pthread_create(&t, NULL, sink_main, &s), 0);
    struct http_client *h = start_client(&(struct http_client_config){.threads = 1});
    for (int i = 0; i < 20; i++) {
        struct http_call *c = call_new("GET", "");
        c->url = arena_fmt(c->arena, "http://127.0.0.1:%d/", s.port);
        run_on(h, c);
        assert_true(c->ok);
        assert_str(c->reason, "Fine");
        call_free(c);
    }
    http_client_stop(h);
    shutdown(s.listener, SHUT_RDWR);
    pthread_join(t, NULL);
    close(s.listener);
    assert_int_equal(s.connections, 1);
    assert_int_equal(s.answers, 20);
}

static void test_stop_ends_calls(void **state)
{
    (void)state;
    struct gate g = GATE;
    struct http_call *calls[20];
    struct http_client *h = start_client(&(struct http_client_config){.threads = 2});
    for (int i = 0; i < 20; i++) {
        calls[i] = call_new("GET", "/slow");
        calls[i]->arg = &g;
        http_client_send(h, calls[i]);
    }
    http_client_stop(h);
    assert_int_equal(g.n, 20);
    for (int i = 0; i < 20; i++) {
        assert_false(calls[i]->ok);
        assert_int_equal(calls[i]->err->code, ERR_UNAVAILABLE);
        call_free(calls[i]);
    }
}

static void test_host_map(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    struct host_map m = {0};
    struct err e;
    assert_true(host_map_add(a, &m, STR("*=http://127.0.0.1:9"), &e));
    assert_true(host_map_add(a, &m, STR("https://API.example.com=http://127.0.0.1:8/"), &e));
    assert_str(host_map_apply(a, &m, STR("https://api.example.com:443/a?b#c")),
               "http://127.0.0.1:8/a?b#c");
    assert_str(host_map_apply(a, &m, STR("https://u:p@api.example.com?b")), "http://127.0.0.1:8?b");
    assert_str(host_map_apply(a, &m, STR("http://api.example.com/a")), "http://127.0.0.1:9/a");
    assert_str(host_map_apply(a, &m, STR("nonsense")), "nonsense");
    assert_false(host_map_add(a, &m, STR("*"), &e));
    assert_false(host_map_add(a, &m, STR("a=http://b"), &e));
    assert_false(host_map_add(a, &m, STR("*=http://b/path"), &e));
    assert_str(url_host(STR("https://u:p@h:1/x@y")), "h:1");

    str row = arena_fmt(a, "*=http://127.0.0.1:%d", http_server_port(server));
    struct http_client *h =
        start_client(&(struct http_client_config){.host_map = &row, .nhost_map = 1});
    struct http_call *c = call_new("GET", "https://api.example.com:8443/echo/x?y=z");
    run_on(h, c);
    assert_true(c->ok);
    assert_true(body_has(
        c, arena_fmt(a, "GET http://127.0.0.1:%d/echo/x?y=z", http_server_port(server)).p));
    assert_true(body_has(c, "X-Forwarded-Host: api.example.com:8443\n"));
    call_free(c);
    http_client_stop(h);
}

static void test_tls(void **state)
{
    (void)state;
    static const struct {
        const char *ca, *cert, *key;
        const char *dn; /* NULL: the call fails */
        bool no_verify;
    } rows[] = {
        {CA_CERT, NULL,          NULL,         "",                          false},
        {NULL,    NULL,          NULL,         NULL,                        false},
        {NULL,    NULL,          NULL,         "",                          true },
        {CA_CERT, CLIENT_CERT,   CLIENT_KEY,   "CN=test client,O=Tidemill", false},
        {CA_CERT, STRANGER_CERT, STRANGER_KEY, "",                          false},
    };
    struct http_server *s = start_server(true);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_call *c = call_new("GET", "");
        c->url = arena_fmt(c->arena, "https://localhost:%d/echo", http_server_port(s));
        c->tls_ca = str_of(rows[i].ca);
        c->tls_cert = str_of(rows[i].cert);
        c->tls_key = str_of(rows[i].key);
        c->tls_no_verify = rows[i].no_verify;
        run_on(client, c);
        if (c->ok != !!rows[i].dn)
            fail_msg("%zu: %s", i, c->err->msg);
        if (c->ok)
            assert_str(http_header(&c->response, "X-Peer"), rows[i].dn);
        else
            assert_int_equal(c->err->code, ERR_UPSTREAM);
        if (c->ok)
            assert_true(body_has(c, "GET https://localhost:"));
        call_free(c);
    }
    http_server_stop(s, 1000);
}

/* ---- mail ---- */

struct mail_sink {
    struct sink sink;
    char log[8192];
    const char *rcpt_answer;
};

static void *mail_main(void *arg)
{
    struct mail_sink *m = arg;
    int fd = accept(m->sink.listener, NULL, NULL);
    FILE *in = fdopen(fd, "r");
    char line[1024];
    bool data = false;
    wire_send(fd, "220 sink\r\n");
    while (in && fgets(line, sizeof line, in)) {
        strncat(m->log, line, sizeof m->log - strlen(m->log) - 1);
        if (data && strcmp(line, ".\r\n"))
            continue;
        data = strncmp(line, "DATA", 4) == 0;
        wire_send(fd, data                        ? "354 go on\r\n"
                      : !strncmp(line, "EHLO", 4) ? "250-sink\r\n250 AUTH PLAIN\r\n"
                      : !strncmp(line, "RCPT", 4) ? m->rcpt_answer
                      : !strncmp(line, "AUTH", 4) ? "235 ok\r\n"
                                                  : "250 ok\r\n");
    }
    if (in)
        fclose(in);
    return NULL;
}

static struct http_call *mail_to(uint16_t port)
{
    struct http_call *c = call_new("SMTP", "");
    c->url = arena_fmt(c->arena, "smtp://127.0.0.1:%d", port);
    c->mail_from = STR("from@example.com");
    vec_add(c->arena, &c->mail_to, STR("a@example.com"));
    vec_add(c->arena, &c->mail_to, STR("b@example.com"));
    c->body = blob_copy(STR("Subject: x\r\n\r\nHello\r\n.dot\r\n"));
    c->user = STR("u");
    c->password = STR("p");
    return c;
}

static void test_mail(void **state)
{
    (void)state;
    static const struct {
        const char *rcpt;
        bool tls, map, ok;
    } rows[] = {
        {"250 ok\r\n", false, false, true },
        {"250 ok\r\n", true,  true,  true },
        {"250 ok\r\n", true,  false, false},
        {"550 no\r\n", false, false, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct mail_sink m;
        pthread_t t;
        m = (struct mail_sink){.rcpt_answer = rows[i].rcpt};
        sink_open(&m.sink);
        assert_int_equal(pthread_create(&t, NULL, mail_main, &m), 0);
        char map[40];
        snprintf(map, sizeof map, "127.0.0.1:%d", m.sink.port);
        struct http_client_config config = {.threads = 1,
                                            .smtp_map = rows[i].map ? str_of(map) : STR_NONE};
        struct http_client *h = start_client(&config);
        struct http_call *c = mail_to(rows[i].map ? 1 : m.sink.port);
        c->tls_required = rows[i].tls;
        run_on(h, c);
        http_client_stop(h);
        pthread_join(t, NULL);
        close(m.sink.listener);
        if (c->ok != rows[i].ok)
            fail_msg("%zu: %s\n%s", i, c->err->msg, m.log);
        assert_int_equal(c->ok, !!strstr(m.log, "Subject: x\r\n\r\nHello\r\n..dot\r\n.\r\n"));
        assert_int_equal(c->ok && !rows[i].map, !!strstr(m.log, "AUTH PLAIN") && c->ok);
        if (c->ok)
            assert_true(strstr(m.log, "RCPT TO:<b@example.com>") &&
                        strstr(m.log, "MAIL FROM:<from@ex"));
        else
            assert_int_equal(c->err->code, ERR_UPSTREAM);
        call_free(c);
    }
    struct http_call *c = mail_to(1);
    c->mail_from = STR("a@b>\r\nRCPT TO:<c@d");
    assert_fails(c, ERR_BAD_REQUEST, "");
}

/* ---- tokens ---- */

static void token_done(struct oauth2_request *r)
{
    gate_up(r->arg);
}

static void ask(struct oauth2 *o, struct oauth2_request *r, const char *query, const char *secret,
                struct gate *g)
{
    struct arena *a = arena_new();
    *r = (struct oauth2_request){
        .arena = a,
        .token_url = arena_fmt(a, "http://127.0.0.1:%d/token%s", http_server_port(server), query),
        .client_id = STR("id"),
        .client_secret = str_of(secret),
        .scope = STR("a b"),
        .done = token_done,
        .arg = g};
    oauth2_token(o, r);
}

static void test_tokens(void **state)
{
    (void)state;
    struct http_client *h = start_client(&(struct http_client_config){.threads = 2});
    struct oauth2 *o = oauth2_new(h);
    struct oauth2_request r[14];
    struct gate g = GATE;
    token_requests = 0;
    for (int i = 0; i < 10; i++) /* ten ask, one fetch */
        ask(o, &r[i], "", "secret", &g);
    gate_wait(&g, 10);
    ask(o, &r[10], "", "secret", &g); /* kept: at once */
    assert_int_equal(g.n, 11);
    assert_int_equal(token_requests, 1);
    for (int i = 0; i < 11; i++)
        assert_str(r[i].token, "T1");
    oauth2_forget(o, STR("T1"));
    ask(o, &r[11], "", "secret", &g);
    gate_wait(&g, 12);
    assert_str(r[11].token, "T2");
    ask(o, &r[12], "?short", "secret", &g);
    gate_wait(&g, 13);
    arena_free(r[12].arena);
    ask(o, &r[12], "?short", "secret", &g); /* too short to keep */
    gate_wait(&g, 14);
    assert_str(r[12].token, "T4");
    ask(o, &r[13], "", "wrong", &g);
    gate_wait(&g, 15);
    assert_false(r[13].ok);
    assert_int_equal(r[13].err.code, ERR_UPSTREAM);
    assert_non_null(strstr(r[13].err.msg, "401 invalid_client: no such client"));
    for (int i = 0; i < 14; i++)
        arena_free(r[i].arena);
    http_client_stop(h);
    oauth2_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_methods_and_headers),
        cmocka_unit_test(test_unpacks_and_spills),
        cmocka_unit_test(test_large_upload),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_proxy),
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_connections_are_reused),
        cmocka_unit_test(test_stop_ends_calls),
        cmocka_unit_test(test_host_map),
        cmocka_unit_test(test_tls),
        cmocka_unit_test(test_mail),
        cmocka_unit_test(test_tokens),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
