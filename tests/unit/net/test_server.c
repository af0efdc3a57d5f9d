#include "../test.h"

#include "base/time.h"
#include "format/deflate.h"
#include "net/server.h"
#include "wire.h"

static struct http_server *server;
static _Atomic int handled;

/* "METHOD path?query body-size first-and-last-byte" */
static void echo(void *ctx, struct http_request *r)
{
    (void)ctx;
    str b = blob_bytes(r->body);
    handled++;
    http_set(r, "Content-Type", STR("text/plain"));
    buf_addf(&r->response.out, STR_FMT " " STR_FMT "?" STR_FMT " %zu %s", STR_ARG(r->method),
             STR_ARG(r->path), STR_ARG(r->query), b.n, blob_fd(r->body) >= 0 ? "file" : "memory");
    if (b.n)
        buf_addf(&r->response.out, " %c%c", b.p[0], b.p[b.n - 1]);
    buf_addf(&r->response.out, " " STR_FMT " " STR_FMT, STR_ARG(r->url), STR_ARG(r->peer));
    http_reply(r);
}

static void *reply_later(void *arg)
{
    struct http_request *r = arg;
    usleep(100000);
    buf_addz(&r->response.out, "later");
    http_reply(r);
    return NULL;
}

static void *reply_soon(void *arg)
{
    http_reply(arg);
    return NULL;
}

static void start_thread(void *(*fn)(void *), void *arg)
{
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, fn, arg), 0);
    pthread_detach(t);
}

static void later(void *ctx, struct http_request *r)
{
    (void)ctx;
    start_thread(reply_later, r);
}

static void soon(void *ctx, struct http_request *r)
{
    (void)ctx;
    start_thread(reply_soon, r);
}

static void slow(void *ctx, struct http_request *r)
{
    (void)ctx;
    usleep(200000);
    http_reply(r);
}

static void json(void *ctx, struct http_request *r)
{
    (void)ctx;
    http_set(r, "Content-Type", STR("application/json"));
    http_set(r, "X-One", STR("1"));
    http_set(r, "x-one", STR("2"));
    http_set(r, "Set-Cookie", STR("a=1"));
    http_set(r, "Set-Cookie", STR("b=2"));
    for (int i = 0; i < 4000; i++)
        buf_addz(&r->response.out, "12345,");
    http_reply(r);
}

static void file(void *ctx, struct http_request *r)
{
    (void)ctx;
    struct buf b = BUF(8 << 20);
    while (b.n < 3 << 20)
        buf_addf(&b, "%08zu", b.n);
    r->response.blob = blob_take(&b);
    http_reply(r);
}

static void overflow(void *ctx, struct http_request *r)
{
    (void)ctx;
    r->response.out.limit = 10;
    http_set(r, "Content-Type", STR("application/json"));
    buf_addz(&r->response.out, "12345");
    buf_addz(&r->response.out, "6789012345");
    http_reply(r);
}

/* ---- answers in pieces: /pieces/inline?N, /pieces?N by threads, "broken" behind N: the last one fails ---- */
enum { PIECE = 100000 };
static _Atomic int pieces_made, pieces_ended;

struct pieces {
    int left;
    bool inlined, breaks;
};

static void note_end(void *arg)
{
    (void)arg;
    pieces_ended++;
}

static void piece(struct http_request *r);
static void *piece_soon(void *arg)
{
    piece(arg);
    return NULL;
}

static void piece_more(void *ctx, struct http_request *r)
{
    struct pieces *p = ctx;
    if (p->inlined)
        piece(r);
    else
        start_thread(piece_soon, r);
}

static void piece(struct http_request *r)
{
    struct pieces *p = r->response.more_ctx;
    AUTO(buf) struct buf b = BUF(PIECE);
    buf_addf(&b, "<%05d>%*s", p->left, PIECE - 7, "");
    if (p->left % 2)
        r->response.blob = blob_take(&b);
    else
        buf_add(&r->response.out, buf_str(&b));
    pieces_made++;
    if (--p->left)
        r->response.more = piece_more;
    else
        r->response.broken = p->breaks;
    http_reply(r);
}

static void pieces(void *ctx, struct http_request *r)
{
    struct pieces *p = arena_new_of(r->arena, struct pieces);
    (void)ctx;
    *p = (struct pieces){(int)strtol(r->query.p, NULL, 10), str_ends(r->path, STR("/inline")),
                         str_ends(r->query, STR("broken"))};
    arena_defer(r->arena, note_end, NULL);
    http_set(r, "Content-Type", STR("text/plain"));
    r->response.more_ctx = p;
    piece_more(p, r);
}

static bool admit_small(void *ctx, struct http_request *r, size_t *ret_limit, struct err *e)
{
    (void)ctx, (void)e;
    assert_null(r->body);
    *ret_limit = 1000;
    return true;
}

static bool admit_nobody(void *ctx, struct http_request *r, size_t *ret_limit, struct err *e)
{
    (void)ctx, (void)ret_limit;
    http_set(r, "WWW-Authenticate", STR("Basic"));
    return err_set(e, ERR_UNAUTHORIZED, "Who are you?");
}

static const struct http_route routes[] = {
    {"/overflow",   overflow, NULL,         NULL},
    {"/echo",       echo,     NULL,         NULL},
    {"/echo/small", echo,     admit_small,  NULL},
    {"/deny",       echo,     admit_nobody, NULL},
    {"/later",      later,    NULL,         NULL},
    {"/soon",       soon,     NULL,         NULL},
    {"/slow",       slow,     NULL,         NULL},
    {"/json",       json,     NULL,         NULL},
    {"/file",       file,     NULL,         NULL},
    {"/pieces",     pieces,   NULL,         NULL},
};

static struct http_server_config config(void)
{
    return (struct http_server_config){.address = STR("127.0.0.1"),
                                       .threads = 2,
                                       .header_deadline_ms = 600,
                                       .idle_timeout_ms = 3000,
                                       .routes = routes,
                                       .nroutes = COUNT(routes)};
}

static int set_up(void **state)
{
    (void)state;
    struct err e;
    struct http_server_config c = config();
    return http_server_start(&c, &server, &e) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    http_server_stop(server, 1000);
    return 0;
}

/* Sends text on a connection of its own and returns all of the answer (static). */
static const char *exchange(const char *text)
{
    static char answer[4 << 20];
    int fd = wire_open(http_server_port(server));
    wire_send(fd, text);
    wire_answer(fd, answer, sizeof answer);
    close(fd);
    return answer;
}

static void assert_has(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("'%s' is not in '%.300s'", part, text ? text : "");
}

static void test_requests(void **state)
{
    (void)state;
    assert_has(exchange("GET /echo/a%20b?x=%31 HTTP/1.1\r\nHost: h:1\r\n\r\n"),
               "\r\n\r\nGET /echo/a%20b?x=%31 0 memory http://h:1 127.0.0.1");
    assert_has(exchange("MERGE /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"),
               "MERGE /echo? 3 memory ac http://h");
    assert_has(exchange("PATCH /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"),
               "PATCH /echo? 5 memory ae");
    assert_has(exchange("GET http://h/echo HTTP/1.1\r\nHost: h\r\n\r\n"), "GET /echo? 0");
    assert_has(exchange("GET /echo HTTP/1.0\r\n\r\n"), "GET /echo? 0 memory http:// 127");
    assert_has(exchange("GET /echoes HTTP/1.1\r\nHost: h\r\n\r\n"), " 404 ");
    assert_has(exchange("GET /deny HTTP/1.1\r\nHost: h\r\n\r\n"), "\r\n\r\nWho are you?\n");
    assert_has(exchange("GET /overflow HTTP/1.1\r\nHost: h\r\n\r\n"),
               "\r\n\r\nThe answer is too large.\n");
    const char *head = exchange("HEAD /json HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_has(head, "Content-Length: 24000\r\n");
    assert_has(head, "X-One: 2\r\n");
    assert_has(head, "Set-Cookie: a=1\r\n");
    assert_has(head, "Set-Cookie: b=2\r\n");
    assert_true(str_ends(str_of(head), STR("\r\n\r\n")));
}

static void test_refused_before_the_handler(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: h\r\nHost: g\r\n\r\n",
        "GET /echo HTTP/1.1\r\nX: y\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: h\r\nX: a\x01"
        "b\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: h\r\nX Y: a\r\n\r\n",
        "GET /echo\x02 HTTP/1.1\r\nHost: h\r\n\r\n",
        "G(T /echo HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET echo HTTP/1.1\r\nHost: h\r\n\r\n",
    };
    handled = 0;
    for (size_t i = 0; i < COUNT(texts); i++) {
        char answer[4096];
        int fd = wire_open(http_server_port(server));
        wire_send(fd, texts[i]);
        wire_rest(fd, answer, sizeof answer); /* returns: the connection is closed */
        close(fd);
        if (strncmp(answer, "HTTP/1.1 400 ", 13))
            fail_msg("%zu: %s", i, answer);
    }
    assert_int_equal(handled, 0);
}

static void test_head_too_large(void **state)
{
    (void)state;
    static char text[80000];
    int n = snprintf(text, sizeof text, "GET /echo HTTP/1.1\r\nHost: h\r\nX: ");
    memset(text + n, 'a', 20000);
    strcpy(text + n + 20000, "\r\n\r\n");
    assert_has(exchange(text), " 200 ");
    memset(text + n, 'a', 60000);
    strcpy(text + n + 60000, "\r\n\r\n");
    assert_has(exchange(text), " 431 ");
    n = snprintf(text, sizeof text, "GET /");
    memset(text + n, 'a', 60000);
    strcpy(text + n + 60000, " HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_has(exchange(text), " 414 ");
}

static void test_body_limit(void **state)
{
    (void)state;
    char answer[4096], body[2001];
    memset(body, 'x', 2000);
    body[2000] = 0;
    /* small enough to be read: the connection goes on */
    int fd = wire_open(http_server_port(server));
    wire_send(fd, "PUT /echo/small HTTP/1.1\r\nHost: h\r\nContent-Length: 2000\r\n\r\n");
    wire_send(fd, body);
    wire_answer(fd, answer, sizeof answer);
    assert_has(answer, " 413 ");
    assert_has(answer, "limit of 1000 bytes");
    wire_send(fd, "PATCH /deny HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345");
    wire_answer(fd, answer, sizeof answer);
    assert_has(answer, " 401 ");
    assert_has(answer, "WWW-Authenticate: Basic");
    wire_send(fd,
              "PUT /echo/small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n");
    wire_send(fd, body);
    wire_send(fd, "\r\n0\r\n\r\n");
    wire_answer(fd, answer, sizeof answer);
    assert_has(answer, " 413 ");
    wire_send(fd, "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
    wire_answer(fd, answer, sizeof answer);
    assert_has(answer, " 200 ");
    close(fd);
}

static void test_huge_bodies_are_cut(void **state)
{
    (void)state;
    static const char *const methods[] = {"POST", "PATCH", "DELETE"};
    static char piece[65536 + 1];
    char answer[4096], text[200];
    memset(piece, 'x', 65536);
    for (size_t i = 0; i < COUNT(methods); i++) { /* refused before the body */
        int fd = wire_open(http_server_port(server));
        snprintf(text, sizeof text,
                 "%s /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n", methods[i]);
        wire_send(fd, text);
        wire_rest(fd, answer, sizeof answer);
        assert_has(answer, " 413 ");
        close(fd);
    }
    int fd = wire_open(http_server_port(server)); /* chunked: noticed on the way */
    struct timeval wait = {.tv_sec = 5};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    wire_send(fd, "PUT /echo/small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    size_t sent = 0;
    while (sent < 64 << 20) {
        if (send(fd, "10000\r\n", 7, MSG_NOSIGNAL) != 7 ||
            send(fd, piece, 65536, MSG_NOSIGNAL) < 0 || send(fd, "\r\n", 2, MSG_NOSIGNAL) != 2)
            break;
        sent += 65536;
    }
    assert_true(sent < 32 << 20);
    close(fd);
}

static void test_expect_continue(void **state)
{
    (void)state;
    char answer[4096];
    int fd = wire_open(http_server_port(server));
    wire_send(fd,
              "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    wire_answer(fd, answer, sizeof answer);
    assert_has(answer, "HTTP/1.1 100 ");
    wire_send(fd, "abc");
    wire_answer(fd, answer, sizeof answer);
    assert_has(answer, "PUT /echo? 3 memory ac");
    wire_send(fd,
              "PUT /deny HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    wire_answer(fd, answer, sizeof answer);
    assert_has(answer, "HTTP/1.1 401 ");
    close(fd);
}

static void test_large_body_to_file(void **state)
{
    (void)state;
    size_t n = 5 << 20;
    char *text = malloc(n + 1), answer[4096];
    memset(text, 'm', n);
    text[0] = 'a';
    text[n - 1] = 'z';
    text[n] = 0;
    int fd = wire_open(http_server_port(server));
    wire_send(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5242880\r\n\r\n");
    wire_send(fd, text);
    wire_answer(fd, answer, sizeof answer);
    assert_has(answer, "POST /echo? 5242880 file az");
    close(fd);
    free(text);
}

static void test_file_answer(void **state)
{
    (void)state;
    const char *answer = exchange("GET /file HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n");
    const char *body = strstr(answer, "\r\n\r\n") + 4;
    assert_int_equal(strlen(body), 3 << 20);
    assert_true(str_starts(str_of(body), STR("0000000000000008")));
    assert_true(str_ends(str_of(body), STR("03145720")));
}

static void test_gzip(void **state)
{
    (void)state;
    const char *answer = exchange("GET /json HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n");
    assert_has(answer, "Content-Encoding: gzip\r\n");
    assert_has(answer, "Vary: Accept-Encoding\r\n");
    size_t n = strtoul(strstr(answer, "Content-Length: ") + 16, NULL, 10);
    AUTO(buf) struct buf plain = BUF(1 << 20);
    struct err e;
    assert_true(gzip_decode((str){strstr(answer, "\r\n\r\n") + 4, n}, &plain, &e));
    assert_int_equal(plain.n, 24000);
    assert_null(strstr(exchange("GET /json HTTP/1.1\r\nHost: h\r\n\r\n"), "Content-Encoding"));
}

static void test_reply_from_another_thread(void **state)
{
    (void)state;
    char answer[4096];
    int fd = wire_open(http_server_port(server));
    wire_send(fd, "GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
    wire_answer(fd, answer, sizeof answer);
    assert_has(answer, "\r\n\r\nlater");
    for (int i = 0; i < 200; i++) { /* the reply races with the handler's return */
        wire_send(fd, "POST /soon HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
        wire_answer(fd, answer, sizeof answer);
        assert_has(answer, "HTTP/1.1 200 ");
    }
    close(fd);
}

static char *request_pieces(const char *request, size_t cap)
{
    char *text = malloc(cap);
    int fd = wire_open(http_server_port(server));
    pieces_made = 0;
    wire_send(fd, request);
    wire_rest(fd, text, cap);
    close(fd);
    return text;
}

/* The bytes of a chunked body; false: it does not end. */
static bool unchunk(const char *body, struct buf *ret)
{
    for (;;) {
        char *end;
        size_t n = strtoul(body, &end, 16);
        if (end == body || strncmp(end, "\r\n", 2) || strlen(end + 2) < n + 2)
            return false;
        buf_add(ret, (str){end + 2, n});
        body = end + 2 + n + 2;
        if (!n)
            return true;
    }
}

static void assert_pieces(str all, int n)
{
    char text[16];
    assert_int_equal(all.n, (size_t)n * PIECE);
    for (int i = 0; i < n; i++) {
        snprintf(text, sizeof text, "<%05d>", n - i);
        assert_true(str_starts(str_from(all, (size_t)i * PIECE), str_of(text)));
    }
}

static void test_pieces(void **state)
{
    (void)state;
    static const char *const paths[] = {"/pieces?30", "/pieces/inline?30", "/pieces?1"};
    for (size_t i = 0; i < COUNT(paths); i++) {
        char request[200];
        int n = i < 2 ? 30 : 1;
        snprintf(
            request, sizeof request,
            "GET %s HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip;q=0\r\nConnection: close\r\n\r\n",
            paths[i]);
        char *text = request_pieces(request, 4 << 20), *body = strstr(text, "\r\n\r\n") + 4;
        AUTO(buf) struct buf all = BUF(4 << 20);
        if (n == 1) { /* not in pieces after all */
            assert_has(text, "Content-Length: 100000\r\n");
            buf_addz(&all, body);
        } else {
            body[-1] = 0;
            assert_has(text, "Transfer-Encoding: chunked\r\n");
            assert_null(strcasestr(text, "Content-Length"));
            assert_true(unchunk(body, &all));
        }
        assert_pieces(buf_str(&all), n);
        free(text);
    }
}

static void test_pieces_keep_the_connection(void **state)
{
    (void)state;
    static char text[4 << 20];
    int fd = wire_open(http_server_port(server));
    pieces_made = 0;
    wire_send(fd,
              "GET /pieces?7 HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n"
              "HEAD /pieces?7 HTTP/1.1\r\nHost: h\r\n\r\n"
              "GET /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    wire_rest(fd, text, sizeof text);
    close(fd);
    assert_null(strstr(text, "gzip"));
    assert_int_equal(pieces_made, 7 + 1); /* HEAD wants the first only */
    assert_has(text + 7 * PIECE, "\r\n0\r\n\r\nHTTP/1.1 200 OK");
    assert_has(text + 7 * PIECE, "GET /echo? 0 memory");
}

static void test_pieces_to_old_clients(void **state)
{
    (void)state;
    char *text =
        request_pieces("GET /pieces?7 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 4 << 20);
    char *body = strstr(text, "\r\n\r\n") + 4;
    assert_pieces(str_of(body), 7);
    body[-1] = 0;
    assert_null(strcasestr(text, "chunked"));
    assert_null(strcasestr(text, "keep-alive"));
    free(text);
}

static void test_broken_pieces_are_cut(void **state)
{
    (void)state;
    char *text = request_pieces("GET /pieces?7broken HTTP/1.1\r\nHost: h\r\n\r\n", 4 << 20);
    AUTO(buf) struct buf all = BUF(4 << 20);
    assert_has(text, " 200 ");
    assert_false(unchunk(strstr(text, "\r\n\r\n") + 4, &all));
    free(text);
}

/* Until nothing is made for a while: what a client that does not read can cause. */
static int made_at_rest(void)
{
    int last = -1;
    while (last != pieces_made) {
        last = pieces_made;
        usleep(200000);
    }
    return last;
}

static void test_pieces_wait_for_the_client(void **state)
{
    (void)state;
    char text[100];
    int fd = wire_open(http_server_port(server));
    pieces_made = pieces_ended = 0;
    wire_send(fd, "GET /pieces?99999 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(recv(fd, text, sizeof text, 0) > 0);
    assert_true(made_at_rest() < 9999); /* 1 GB */
    assert_int_equal(pieces_ended, 0);
    close(fd); /* no more is made for nobody */
    for (int i = 0; i < 100 && !pieces_ended; i++)
        usleep(50000);
    assert_int_equal(pieces_ended, 1);
    assert_true(pieces_made < 9999);
}

static void test_stop_ends_pieces(void **state)
{
    (void)state;
    static char text[1 << 20];
    struct err e;
    struct http_server *s;
    struct http_server_config c = config();
    assert_true(http_server_start(&c, &s, &e));
    int fd = wire_open(http_server_port(s));
    pieces_ended = 0;
    wire_send(fd, "GET /pieces?99999 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(recv(fd, text, sizeof text, 0) > 0);
    int64_t from = time_monotonic_ms();
    http_server_stop(s, 100);
    assert_in_range(time_monotonic_ms() - from, 100, 2500);
    assert_int_equal(pieces_ended, 1);
    close(fd);
}

static void trickle(const char *warm_up)
{
    static const char text[] = "GET /echo HTTP/1.1\r\nHost: h\r\nX-Long: aaaaaaaaaaaaaaaaaaaaaaaaa";
    char answer[4096];
    int fd = wire_open(http_server_port(server));
    if (warm_up) {
        wire_send(fd, warm_up);
        wire_answer(fd, answer, sizeof answer);
    }
    int64_t from = time_monotonic_ms();
    for (size_t i = 0; i < sizeof text - 1; i++) {
        if (send(fd, text + i, 1, MSG_NOSIGNAL) != 1 || recv(fd, answer, 1, MSG_DONTWAIT) == 0)
            break;
        usleep(warm_up && i < 20 ? 1000 : 100000);
    }
    assert_in_range(time_monotonic_ms() - from, 500, 2500);
    close(fd);
}

static void test_slow_headers_are_cut(void **state)
{
    (void)state;
    trickle(NULL);
    trickle("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
}

static void test_stop_waits_for_requests(void **state)
{
    (void)state;
    struct err e;
    struct http_server *s;
    struct http_server_config c = config();
    char answer[4096];
    assert_true(http_server_start(&c, &s, &e));
    int idle = wire_open(http_server_port(s)), busy = wire_open(http_server_port(s));
    wire_send(idle, "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
    wire_answer(idle, answer, sizeof answer);
    wire_send(busy, "GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
    usleep(30000);
    uint16_t port = http_server_port(s);
    http_server_stop(s, 2000);
    wire_rest(busy, answer, sizeof answer);
    assert_has(answer, "\r\n\r\nlater");
    assert_has(answer, "Connection: close");
    assert_int_equal(wire_rest(idle, answer, sizeof answer), 0);
    assert_int_equal(wire_open(port), -1);
    close(idle);
    close(busy);
}

static void test_stop_ends_uploads(void **state)
{
    (void)state;
    struct err e;
    struct http_server *s;
    struct http_server_config c = config();
    char answer[100];
    assert_true(http_server_start(&c, &s, &e));
    int fd = wire_open(http_server_port(s));
    wire_send(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf");
    usleep(30000);
    http_server_stop(s, 50);
    assert_int_equal(wire_rest(fd, answer, sizeof answer), 0);
    close(fd);
}

static struct http_request *_Atomic held;
static void hold(void *ctx, struct http_request *r)
{
    (void)ctx;
    held = r;
}

static void test_stop_does_not_wait_for_ever(void **state)
{
    (void)state;
    static const struct http_route route = {"", hold, NULL, NULL};
    struct err e;
    struct http_server *s;
    struct http_server_config c = config();
    char answer[100];
    c.routes = &route;
    c.nroutes = 1;
    assert_true(http_server_start(&c, &s, &e));
    int fd = wire_open(http_server_port(s));
    wire_send(fd, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
    usleep(50000);
    int64_t from = time_monotonic_ms();
    http_server_stop(s, 100);
    assert_in_range(time_monotonic_ms() - from, 100, 1500);
    assert_int_equal(wire_rest(fd, answer, sizeof answer), 0);
    struct http_request *r = held;
    assert_str(r->path, "/x");
    http_reply(r);
    close(fd);
}

/* 128 events at once, and nothing after them: libmicrohttpd takes them for the first half of more. */
static void test_many_at_the_same_moment(void **state)
{
    (void)state;
    struct err e;
    struct http_server *s;
    struct http_server_config c = config();
    char answer[4096];
    int fds[129];
    c.threads = 1;
    assert_true(http_server_start(&c, &s, &e));
    for (size_t i = 0; i < COUNT(fds); i++) {
        fds[i] = wire_open(http_server_port(s));
        wire_send(fds[i], "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_true(wire_answer(fds[i], answer, sizeof answer) > 0);
    }
    wire_send(fds[128], "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    usleep(50000);
    for (size_t i = 0; i < 128; i++)
        wire_send(fds[i], "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
    int64_t since = time_monotonic_ms();
    for (size_t i = 0; i < COUNT(fds); i++) {
        assert_true(wire_answer(fds[i], answer, sizeof answer) > 0);
        close(fds[i]);
    }
    assert_true(time_monotonic_ms() - since < 2000);
    http_server_stop(s, 100);
}

static void test_bad_configurations(void **state)
{
    (void)state;
    struct err e;
    struct http_server *s;
    struct http_server_config c = config();
    c.port = http_server_port(server);
    assert_false(http_server_start(&c, &s, &e));
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    c = config();
    c.address = STR("not-an-address");
    assert_false(http_server_start(&c, &s, &e));
    assert_int_equal(e.code, ERR_BAD_REQUEST);
    c = config();
    c.tls_cert = c.tls_key = STR("nonsense");
    assert_false(http_server_start(&c, &s, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_refused_before_the_handler),
        cmocka_unit_test(test_head_too_large),
        cmocka_unit_test(test_body_limit),
        cmocka_unit_test(test_huge_bodies_are_cut),
        cmocka_unit_test(test_expect_continue),
        cmocka_unit_test(test_large_body_to_file),
        cmocka_unit_test(test_file_answer),
        cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_reply_from_another_thread),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_pieces_keep_the_connection),
        cmocka_unit_test(test_pieces_to_old_clients),
        cmocka_unit_test(test_broken_pieces_are_cut),
        cmocka_unit_test(test_pieces_wait_for_the_client),
        cmocka_unit_test(test_stop_ends_pieces),
        cmocka_unit_test(test_slow_headers_are_cut),
        cmocka_unit_test(test_stop_waits_for_requests),
        cmocka_unit_test(test_stop_ends_uploads),
        cmocka_unit_test(test_stop_does_not_wait_for_ever),
        cmocka_unit_test(test_many_at_the_same_moment),
        cmocka_unit_test(test_bad_configurations),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
