/* libmicrohttpd behind net/server.h: an epoll loop per thread, each connection on one of them.
 *
 * A request passes the stages of enum stage; MHD calls on_access once with the headers, then for
 * each piece of the body, then at its end. A handler that replies before it returns costs nothing
 * more; otherwise the connection is suspended and http_reply resumes it. Which of the two comes
 * first is settled by the atomic `turn`.
 *
 * MHD's own timeout only sees inactivity, so a reaper thread shuts the socket of a connection that
 * has not finished its headers in time. MHD reads framing leniently: rules.c looks again.
 */
#include "net/server.h"

#include "base/time.h"
#include "net/conns.h"
#include "net/rules.h"
#include "net/server_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
enum {
    HEAD_LIMIT = 32 << 10,
    FIELD_COST = 64,        /* what MHD keeps for a header or a query parameter, beyond its bytes */
    ANSWER_SPARE = 1024,    /* of an answer's head: what MHD adds */
    DRAIN_LIMIT = 16 << 20, /* bytes of a refused body that are still read */
    OUT_LIMIT = 64 << 20,
    METHOD_LENGTH = 32,
    CLOSE_MS = 300, /* for MHD to notice sockets that were shut */
};

struct http_server {
    struct MHD_Daemon *daemon;
    struct arena *arena;
    const struct http_route **routes; /* longest prefix first */
    size_t nroutes;
    const char *scheme;
    int64_t header_ms, idle_ms;
    uint16_t port;
    size_t head_limit;
    _Atomic bool stopping;
    pthread_t reaper;
    struct conns conns;
    struct http_server *next; /* in abandoned */
};

enum stage { START, BODY, REFUSED, HANDLED };
enum turn { RUNNING, SUSPENDED, REPLIED };
struct request {
    struct http_request r; /* first: http_reply casts back */
    struct http_server *server;
    struct conn *conn;
    const struct http_route *route;
    enum stage stage;
    bool close;
    _Atomic int turn;
    str target;
    struct blob_writer body;
    size_t left; /* REFUSED: body bytes still read for politeness */
    struct MHD_Response *reply;
};

/* Servers stopped while handlers still held requests; kept reachable until the process ends. */
static struct http_server *abandoned;

str http_header(const struct http_headers *h, const char *name)
{
    str want = str_of(name);
    for (size_t i = 0; i < h->list.n; i++)
        if (str_eq_nocase(h->list.at[i].name, want))
            return h->list.at[i].value;
    return STR_NONE;
}

void http_set(struct http_request *r, const char *name, str value)
{
    struct http_headers *h = &r->response.headers;
    str key = str_of(name);
    for (size_t i = 0; i < h->list.n && !str_eq_nocase(key, STR("Set-Cookie")); i++)
        if (str_eq_nocase(h->list.at[i].name, key)) {
            h->list.at[i].value = value;
            return;
        }
    vec_add(r->arena, &h->list, (struct http_header){key, value});
}

/* ---- answers ---- */

/* The bytes stay where they are: the request lives until they have been sent. */
static struct MHD_Response *response_of(struct http_response *a)
{
    int fd = a->blob ? blob_fd(a->blob) : -1;
    if (fd >= 0 && (fd = dup(fd)) >= 0)
        return MHD_create_response_from_fd64(blob_size(a->blob), fd);
    str s = a->blob ? blob_bytes(a->blob) : (str){a->out.p, a->out.n};
    return MHD_create_response_from_buffer_with_free_callback_cls(s.n, (void *)(uintptr_t)s.p, NULL,
                                                                  NULL);
}

static const char *zero_ended(char *small, size_t cap, struct arena *a, str s)
{
    if (s.n >= cap)
        return arena_strdup(a, s);
    memcpy(small, s.p, s.n);
    small[s.n] = 0;
    return small;
}

/* Half an answer must not look like a whole one. */
static void replace_answer(struct http_request *r, const char *text)
{
    struct http_response *a = &r->response;
    buf_reset(&a->out);
    a->headers.list.n = 0;
    a->status = 500;
    a->out.limit = OUT_LIMIT;
    blob_unref(a->blob);
    a->blob = NULL;
    buf_addz(&a->out, text);
    http_set(r, "Content-Type", STR("text/plain; charset=utf-8"));
}

/* MHD keeps the head of the request and writes that of the answer in one piece of memory, twice head_limit; what has
 * no place there it drops without a word, so both are measured before. */
static size_t head_size(const struct http_headers *h, size_t each)
{
    size_t n = 0;
    for (size_t i = 0; i < h->list.n; i++)
        n += h->list.at[i].name.n + h->list.at[i].value.n + sizeof ": \r\n" + each;
    return n;
}

static size_t request_size(const struct request *q)
{
    size_t n = q->target.n + head_size(&q->r.headers, FIELD_COST);
    for (size_t i = 0; i < q->target.n; i++)
        n += q->target.p[i] == '&' ? FIELD_COST : 0;
    return n;
}

static void build(struct request *q)
{
    struct http_response *a = &q->r.response;
    a->status = a->status ? a->status : 200;
    if (!a->blob && a->out.failed)
        replace_answer(&q->r, "The answer is too large.\n");
    if (head_size(&a->headers, 0) > q->server->head_limit - ANSWER_SPARE)
        replace_answer(&q->r, "The headers of the answer are too large.\n");
    http_pack(&q->r);
    q->reply = response_of(a);
    if (!q->reply)
        abort(); /* out of memory */
    for (size_t i = 0; i < a->headers.list.n; i++) {
        const struct http_header *h = &a->headers.list.at[i];
        char name[64], value[256];
        if (h->value.p && !str_eq_nocase(h->name, STR("Content-Length")))
            MHD_add_response_header(q->reply, zero_ended(name, sizeof name, q->r.arena, h->name),
                                    zero_ended(value, sizeof value, q->r.arena, h->value));
    }
    if (q->close || atomic_load_explicit(&q->server->stopping, memory_order_relaxed))
        MHD_add_response_header(q->reply, "Connection", "close");
}

static enum MHD_Result queue(struct request *q)
{
    return MHD_queue_response(q->conn->mhd, (unsigned)q->r.response.status, q->reply);
}

void http_reply(struct http_request *r)
{
    struct request *q = (struct request *)r;
    build(q);
    struct MHD_Connection *mhd = q->conn->mhd;
    if (atomic_exchange(&q->turn, REPLIED) == SUSPENDED)
        MHD_resume_connection(mhd);
}

/* ---- refusals ---- */

static void refuse(struct request *q, const struct err *e)
{
    struct http_response *a = &q->r.response;
    q->stage = REFUSED;
    q->left = DRAIN_LIMIT;
    a->status = a->status ? a->status : err_http(e->code);
    if (!a->out.n && !a->blob) {
        buf_addz(&a->out, e->msg);
        buf_add_char(&a->out, '\n');
        http_set(&q->r, "Content-Type", STR("text/plain; charset=utf-8"));
    }
}

static enum MHD_Result refuse_now(struct request *q, const struct err *e)
{
    refuse(q, e);
    q->close = true;
    build(q);
    return queue(q);
}

/* MHD takes no answer in the middle of a body: say it on the bare socket (plain HTTP) and close. */
static enum MHD_Result cut_off(struct request *q)
{
    static const char text[] =
        "HTTP/1.1 413 Request Entity Too Large\r\nConnection: close\r\n"
        "Content-Type: text/plain\r\nContent-Length: 23\r\n\r\n"
        "The body is too large.\n";
    if (q->server->scheme[4] != 's')
        (void)!send(q->conn->fd, text, sizeof text - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    return MHD_NO;
}

/* ---- the start of a request ---- */

static enum MHD_Result add_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                  size_t nname, const char *value, size_t nvalue)
{
    struct request *q = arg;
    (void)kind;
    vec_add(q->r.arena, &q->r.headers.list,
            (struct http_header){
                {name,               nname },
                {value ? value : "", nvalue}
    });
    return MHD_YES;
}

static void identify(struct conn *c, bool tls)
{
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (i && i->client_addr) {
        const struct sockaddr *sa = i->client_addr;
        socklen_t n =
            sa->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
        getnameinfo(sa, n, c->address, sizeof c->address, NULL, 0, NI_NUMERICHOST);
    }
    c->peer = str_of(c->address);
    if (str_starts(c->peer, STR("::ffff:"))) /* IPv4 on a socket of both families */
        c->peer = str_from(c->peer, 7);
    if (tls && (i = MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION))) {
        c->arena = arena_new();
        c->client_dn = tls_client_dn(c->arena, i->tls_session);
    }
}

static const struct http_route *find_route(const struct http_server *s, str path)
{
    for (size_t i = 0; i < s->nroutes; i++) {
        size_t n = strlen(s->routes[i]->prefix);
        if (n <= path.n && memcmp(path.p, s->routes[i]->prefix, n) == 0 &&
            (n == path.n || path.p[n] == '/' || n == 0 || path.p[n - 1] == '/'))
            return s->routes[i];
    }
    return NULL;
}

static bool read_head(struct request *q, const char *method, bool http11, struct http_framing *f,
                      struct err *e)
{
    struct http_request *r = &q->r;
    r->headers.list.at = arena_new_array(r->arena, struct http_header, 16);
    r->headers.list.cap = 16;
    MHD_get_connection_values_n(q->conn->mhd, MHD_HEADER_KIND, add_header, q);
    if (request_size(q) > q->server->head_limit) {
        r->response.status = q->target.n > q->server->head_limit ? 414 : 431;
        return err_set(e, ERR_TOO_LARGE, "The URL and the headers are larger than %zu bytes.",
                       q->server->head_limit);
    }
    r->method = str_of(method);
    if (!http_is_token(r->method) || r->method.n > METHOD_LENGTH)
        return err_set(e, ERR_BAD_REQUEST, "The method is not valid.");
    if (!http_split_target(q->target, &r->path, &r->query))
        return err_set(e, ERR_BAD_REQUEST, "The request target is not valid.");
    if (!http_check_head(&r->headers, http11, f, e))
        return false;
    str scheme = str_of(q->server->scheme);
    char *p = arena_alloc(r->arena, scheme.n + f->host.n + 1);
    memcpy(p, scheme.p, scheme.n);
    if (f->host.n)
        memcpy(p + scheme.n, f->host.p, f->host.n);
    r->url = (str){p, scheme.n + f->host.n};
    return true;
}

static bool admit(struct request *q, size_t *ret_limit, struct err *e)
{
    struct http_request *r = &q->r;
    if (atomic_load_explicit(&q->server->stopping, memory_order_relaxed)) {
        q->close = true;
        return err_set(e, ERR_UNAVAILABLE, "The server is stopping.");
    }
    if (!q->conn->peer.p)
        identify(q->conn, q->server->scheme[4] == 's');
    r->peer = q->conn->peer;
    r->client_dn = q->conn->client_dn;
    q->route = find_route(q->server, r->path);
    if (!q->route)
        return err_set(e, ERR_NOT_FOUND, "Nothing is served at this address.");
    *ret_limit = HTTP_BODY_LIMIT;
    return !q->route->admit || q->route->admit(q->route->ctx, r, ret_limit, e);
}

static enum MHD_Result start(struct request *q, const char *method, const char *version)
{
    struct err e;
    struct http_framing f;
    size_t limit = 0;
    conn_enter(&q->server->conns, q->conn, BUSY);
    if (!read_head(q, method, strcmp(version, "HTTP/1.0") != 0, &f, &e))
        return refuse_now(q, &e);
    bool ok = admit(q, &limit, &e);
    if (ok && f.has_length && f.length > limit)
        ok = err_set(&e, ERR_TOO_LARGE, "The body is larger than the limit of %zu bytes.", limit);
    if (!ok && (f.expect_continue || (f.has_length && f.length > DRAIN_LIMIT)))
        return refuse_now(q, &e);
    if (!ok) {
        refuse(q, &e);
        return MHD_YES;
    }
    q->stage = BODY;
    blob_writer_init(&q->body, limit);
    if (f.has_length && f.length && f.length <= BLOB_MEMORY)
        buf_reserve(&q->body.memory, (size_t)f.length);
    return MHD_YES;
}

/* ---- body and handler ---- */

static enum MHD_Result take_piece(struct request *q, const char *data, size_t *n)
{
    str piece = {data, *n};
    struct err e;
    *n = 0;
    if (q->stage == BODY) {
        if (blob_writer_add(&q->body, piece, &e))
            return MHD_YES;
        blob_writer_abort(&q->body);
        refuse(q, &e);
    }
    if (piece.n > q->left)
        return cut_off(q);
    q->left -= piece.n;
    return MHD_YES;
}

static enum MHD_Result run(struct request *q)
{
    struct MHD_Connection *mhd = q->conn->mhd;
    int running = RUNNING;
    q->r.body = blob_writer_finish(&q->body);
    q->stage = HANDLED;
    q->route->handle(q->route->ctx, &q->r);
    if (atomic_load(&q->turn) == REPLIED)
        return queue(q);
    MHD_suspend_connection(mhd);
    if (!atomic_compare_exchange_strong(&q->turn, &running, SUSPENDED))
        MHD_resume_connection(mhd); /* the reply came in between */
    return MHD_YES;
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *mhd, const char *url,
                                 const char *method, const char *version, const char *data,
                                 size_t *n, void **state)
{
    struct request *q = *state;
    (void)cls, (void)mhd, (void)url;
    if (q->stage == START)
        return start(q, method, version);
    if (*n)
        return take_piece(q, data, n);
    if (q->stage == BODY)
        return run(q);
    if (q->stage == REFUSED)
        build(q);
    return queue(q);
}

/* ---- life of requests and connections ---- */

/* Called with the request line; what it returns is the request's state in all other calls. */
static void *on_target(void *cls, const char *target, struct MHD_Connection *mhd)
{
    struct arena *a = arena_new();
    struct request *q = arena_new_of(a, struct request);
    q->r.arena = a;
    q->r.response.out = BUF(OUT_LIMIT);
    q->server = cls;
    q->conn = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    q->target = arena_str(a, str_of(target));
    q->body.fd = -1;
    conn_enter(&q->server->conns, q->conn, HEAD);
    return q;
}

static void on_completed(void *cls, struct MHD_Connection *mhd, void **state,
                         enum MHD_RequestTerminationCode why)
{
    struct http_server *s = cls;
    struct request *q = *state;
    (void)mhd, (void)why;
    if (!q)
        return;
    struct conn *c = q->conn;
    if (q->reply)
        MHD_destroy_response(q->reply);
    if (q->stage == BODY)
        blob_writer_abort(&q->body);
    blob_unref(q->r.body);
    blob_unref(q->r.response.blob);
    buf_free(&q->r.response.out);
    arena_free(q->r.arena);
    *state = NULL;
    conn_enter(&s->conns, c, IDLE);
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http_server *s = cls;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        conns_remove(&s->conns, *state);
        return;
    }
    struct conn *c = mem_alloc(sizeof *c);
    *c = (struct conn){.mhd = mhd};
    c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    conns_add(&s->conns, c);
    *state = c;
}

static void *reaper_main(void *arg)
{
    struct http_server *s = arg;
    int64_t tick = s->header_ms / 4;
    tick = tick < 10 ? 10 : tick > 200 ? 200 : tick;
    while (!s->stopping) {
        usleep((useconds_t)(tick * 1000));
        conns_reap(&s->conns, s->header_ms, s->idle_ms);
    }
    return NULL;
}

/* ---- start and stop ---- */

static size_t keep_escapes(void *cls, struct MHD_Connection *mhd, char *s)
{
    (void)cls, (void)mhd;
    return strlen(s);
}

static int by_length_down(const void *a, const void *b)
{
    const struct http_route *const *x = a, *const *y = b;
    size_t n = strlen((*x)->prefix), m = strlen((*y)->prefix);
    return (n < m) - (n > m);
}

static struct http_server *server_new(const struct http_server_config *c)
{
    struct arena *a = arena_new();
    struct http_server *s = arena_new_of(a, struct http_server);
    s->arena = a;
    s->scheme = c->tls_cert.p ? "https://" : "http://";
    s->header_ms = c->header_deadline_ms ? c->header_deadline_ms : 20000;
    s->idle_ms = c->idle_timeout_ms ? c->idle_timeout_ms : 75000;
    s->head_limit = c->head_limit ? c->head_limit : HEAD_LIMIT;
    conns_init(&s->conns);
    s->routes = arena_new_array(a, const struct http_route *, c->nroutes + 1);
    s->nroutes = c->nroutes;
    for (size_t i = 0; i < c->nroutes; i++)
        s->routes[i] = &c->routes[i];
    qsort(s->routes, s->nroutes, sizeof s->routes[0], by_length_down);
    return s;
}

static void server_free(struct http_server *s)
{
    pthread_mutex_destroy(&s->conns.lock);
    arena_free(s->arena);
}

static struct MHD_Daemon *start_daemon(struct http_server *s, const struct http_server_config *c,
                                       int fd)
{
    struct MHD_OptionItem tls[5];
    size_t n = 0;
    unsigned threads = c->threads ? c->threads : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_SUSPEND_RESUME | MHD_USE_TURBO;
    if (c->tls_cert.p) {
        flags |= MHD_USE_TLS;
        tls[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0,
                                           arena_strdup(s->arena, c->tls_cert)};
        tls[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0,
                                           arena_strdup(s->arena, c->tls_key)};
        tls[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0,
                                           arena_strdup(s->arena, STR(TLS_PRIORITIES))};
        if (c->tls_client_ca.p)
            tls[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0,
                                               arena_strdup(s->arena, c->tls_client_ca)};
    }
    tls[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_access, s, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_THREAD_POOL_SIZE, threads > 1 ? threads : 0, MHD_OPTION_CONNECTION_LIMIT,
        c->max_connections ? c->max_connections : 16384u, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        c->max_connections_per_address, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)((s->idle_ms + 999) / 1000), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        2 * s->head_limit, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK,
        keep_escapes, NULL, MHD_OPTION_URI_LOG_CALLBACK, on_target, s, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_ARRAY, tls,
        MHD_OPTION_END);
}

bool http_server_start(const struct http_server_config *c, struct http_server **ret, struct err *e)
{
    int fd;
    uint16_t port;
    net_raise_file_limit();
    if (c->tls_cert.p && !c->tls_key.p)
        return err_set(e, ERR_BAD_REQUEST, "a TLS certificate needs its private key");
    if (!net_listen(c->address, c->port, &fd, &port, e))
        return false;
    struct http_server *s = server_new(c);
    s->port = port;
    s->daemon = start_daemon(s, c, fd);
    if (!s->daemon) {
        close(fd);
        server_free(s);
        return err_set(e, ERR_UNAVAILABLE, "cannot start the HTTP server%s",
                       c->tls_cert.p ? ": are certificate and key valid PEM?" : "");
    }
    if (pthread_create(&s->reaper, NULL, reaper_main, s))
        abort();
    *ret = s;
    return true;
}

uint16_t http_server_port(const struct http_server *s)
{
    return s->port;
}

/* How many requests are still in flight at that time. */
static size_t drain(struct http_server *s, bool all, int64_t until_ms)
{
    size_t busy;
    while ((busy = conns_shut(&s->conns, all)) && time_monotonic_ms() < until_ms)
        usleep(5000);
    return busy;
}

void http_server_stop(struct http_server *s, unsigned grace_ms)
{
    if (!s)
        return;
    s->stopping = true;
    close(MHD_quiesce_daemon(s->daemon));
    pthread_join(s->reaper, NULL);
    if (drain(s, false, time_monotonic_ms() + grace_ms) &&
        drain(s, true, time_monotonic_ms() + CLOSE_MS)) {
        s->next = abandoned; /* MHD cannot stop while a handler holds a request */
        abandoned = s;
        return;
    }
    MHD_stop_daemon(s->daemon);
    server_free(s);
}
