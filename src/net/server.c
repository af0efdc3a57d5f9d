/* libmicrohttpd behind net/server.h: a daemon and its loop per thread, each connection on one of them.
 *
 * A request passes the stages of enum stage; MHD calls on_access once with the headers, then for
 * each piece of the body, then at its end. A handler that replies before it returns costs nothing
 * more; otherwise the connection is suspended and http_reply resumes it. Which of the two comes
 * first is settled by the atomic `turn`. An answer in pieces does the same for each piece: either the
 * handler has the request, and the connection is suspended, or the connection has it and sends.
 *
 * MHD's own timeout only sees inactivity, so a reaper thread shuts the socket of a connection that
 * has not finished its headers in time. MHD reads framing leniently: rules.c looks again.
 */
#include "net/server.h"

#include "base/pool.h"
#include "base/time.h"
#include "net/conns.h"
#include "net/rules.h"
#include "net/server_tls.h"
#include "net/wake.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
enum {
    HEAD_LIMIT = 32 << 10,
    ANSWER_SPARE = 1024,    /* of an answer's head: what MHD adds */
    DRAIN_LIMIT = 16 << 20, /* bytes of a refused body that are still read */
    CLOSE_MS = 300,         /* for MHD to notice sockets that were shut */
    SPARE_LIMIT = 32 << 10, /* of the memory of a request that is kept for the next */
    PIECE_BLOCK = 32 << 10, /* copied at a time of an answer in pieces */
};

struct http_server {
    struct arena *arena;
    struct loop *loops;
    size_t nloops;
    _Atomic bool ended;
    struct http_route_entry *routes;
    size_t nroutes;
    str scheme;
    uint16_t port;
    size_t head_limit;
    _Atomic bool stopping;
    struct conns conns;
    struct http_server *next; /* in abandoned */
};

/* One thread and what it serves. */
struct loop {
    struct http_server *server;
    struct MHD_Daemon *daemon;
    pthread_t thread;
    struct wake wake;
    atomic_int resuming;   /* threads that may still touch this, though their request is over */
    struct request *spare; /* the one before, for the next: its memory is warm */
};

enum stage { START, BODY, REFUSED, HANDLED };
enum turn { RUNNING, SUSPENDED, REPLIED };
struct request {
    struct http_request r; /* first: http_reply casts back */
    struct loop *loop;
    struct conn *conn;
    const struct http_route *route;
    enum stage stage;
    bool close;
    _Atomic int turn;
    str target;
    struct blob_writer body;
    size_t left; /* REFUSED: body bytes still read for politeness */
    struct MHD_Response *reply;
    size_t sent; /* of an answer's piece */
};

/* Servers stopped while handlers still held requests; kept reachable until the process ends. */
static struct http_server *abandoned;

/* ---- whose turn it is ---- */

static void resume(struct loop *l, struct MHD_Connection *mhd)
{
    l->resuming++;
    MHD_resume_connection(mhd);
    wake(&l->wake);
    l->resuming--;
}

/* fn has the request; true: it has replied already. */
static bool hand_over(struct request *q, http_handler *fn, void *ctx)
{
    struct MHD_Connection *mhd = q->conn->mhd;
    int running = RUNNING;
    fn(ctx, &q->r);
    if (atomic_load(&q->turn) == REPLIED)
        return true;
    MHD_suspend_connection(mhd);
    if (!atomic_compare_exchange_strong(&q->turn, &running, SUSPENDED))
        resume(q->loop, mhd); /* the reply came in between */
    return false;
}

/* ---- answers ---- */

static bool next_piece(struct request *q)
{
    struct http_response *a = &q->r.response;
    http_handler *more = a->more;
    blob_unref(a->blob);
    a->blob = NULL;
    buf_reset(&a->out);
    a->more = NULL;
    q->sent = 0;
    atomic_store(&q->turn, RUNNING);
    return hand_over(q, more, a->more_ctx);
}

static ssize_t read_piece(void *cls, uint64_t at, char *to, size_t cap)
{
    struct request *q = cls;
    const struct http_response *a = &q->r.response;
    (void)at;
    while (!a->broken && q->sent == http_answer_bytes(a).n) {
        if (!a->more)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (!next_piece(q))
            return 0;
    }
    if (a->broken)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    str s = str_sub(http_answer_bytes(a), q->sent, q->sent + cap);
    memcpy(to, s.p, s.n);
    q->sent += s.n;
    return (ssize_t)s.n;
}

/* The bytes stay where they are: the request lives until they have been sent. */
static struct MHD_Response *response_of(struct request *q)
{
    struct http_response *a = &q->r.response;
    if (a->more)
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_BLOCK, read_piece, q,
                                                 NULL);
    int fd = a->blob ? blob_fd(a->blob) : -1;
    if (fd >= 0 && (fd = dup(fd)) >= 0)
        return MHD_create_response_from_fd64(blob_size(a->blob), fd);
    str s = http_answer_bytes(a);
    return MHD_create_response_from_buffer_with_free_callback_cls(s.n, (void *)(uintptr_t)s.p, NULL,
                                                                  NULL);
}

static void build(struct request *q)
{
    struct http_response *a = &q->r.response;
    a->status = a->status ? a->status : 200;
    if (!a->blob && a->out.failed)
        http_replace_answer(&q->r, "The answer is too large.\n");
    if (http_answer_size(&a->headers) > q->loop->server->head_limit - ANSWER_SPARE)
        http_replace_answer(&q->r, "The headers of the answer are too large.\n");
    http_pack(&q->r);
    q->reply = response_of(q);
    if (!q->reply)
        abort(); /* out of memory */
    for (size_t i = 0; i < a->headers.list.n; i++) {
        const struct http_header *h = &a->headers.list.at[i];
        char name[64], value[256];
        if (h->value.p && !str_eq_nocase(h->name, STR("Content-Length")))
            MHD_add_response_header(q->reply,
                                    http_zero_ended(name, sizeof name, q->r.arena, h->name),
                                    http_zero_ended(value, sizeof value, q->r.arena, h->value));
    }
    if (q->close || atomic_load_explicit(&q->loop->server->stopping, memory_order_relaxed))
        MHD_add_response_header(q->reply, "Connection", "close");
}

static enum MHD_Result queue(struct request *q)
{
    return MHD_queue_response(q->conn->mhd, (unsigned)q->r.response.status, q->reply);
}

void http_reply(struct http_request *r)
{
    struct request *q = (struct request *)r;
    if (!q->reply)
        build(q);
    r->response.broken |= r->response.out.failed;
    struct MHD_Connection *mhd = q->conn->mhd;
    struct loop *l = q->loop;
    if (atomic_exchange(&q->turn, REPLIED) == SUSPENDED)
        resume(l, mhd);
}

/* ---- refusals ---- */

static void refuse(struct request *q, const struct err *e)
{
    q->stage = REFUSED;
    q->left = DRAIN_LIMIT;
    http_fill_refusal(&q->r, e);
}

static enum MHD_Result refuse_now(struct request *q, const struct err *e)
{
    refuse(q, e);
    q->close = true;
    build(q);
    return queue(q);
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
    conn_name(c, i ? i->client_addr : NULL);
    if (tls && (i = MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION))) {
        c->arena = arena_new();
        c->client_dn = tls_client_dn(c->arena, i->tls_session);
    }
}

static bool read_head(struct request *q, const char *method, bool http11, struct http_framing *f,
                      struct err *e)
{
    struct http_request *r = &q->r;
    r->headers.list.at = arena_new_array(r->arena, struct http_header, 16);
    r->headers.list.cap = 16;
    MHD_get_connection_values_n(q->conn->mhd, MHD_HEADER_KIND, add_header, q);
    if (http_request_size(q->target, &q->r.headers) > q->loop->server->head_limit) {
        r->response.status = q->target.n > q->loop->server->head_limit ? 414 : 431;
        return err_set(e, ERR_TOO_LARGE, "The URL and the headers are larger than %zu bytes.",
                       q->loop->server->head_limit);
    }
    return http_read_head(r, str_of(method), q->target, q->loop->server->scheme, http11, f, e);
}

static bool admit(struct request *q, size_t *ret_limit, struct err *e)
{
    struct http_request *r = &q->r;
    if (atomic_load_explicit(&q->loop->server->stopping, memory_order_relaxed)) {
        q->close = true;
        return err_set(e, ERR_UNAVAILABLE, "The server is stopping.");
    }
    if (!q->conn->peer.p)
        identify(q->conn, q->loop->server->scheme.p[4] == 's');
    r->peer = q->conn->peer;
    r->client_dn = q->conn->client_dn;
    q->route = http_route_find(q->loop->server->routes, q->loop->server->nroutes, r->path);
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
    conn_enter(&q->loop->server->conns, q->conn, BUSY);
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
    if (piece.n > q->left) { /* MHD takes no answer in the middle of a body */
        if (q->loop->server->scheme.p[4] != 's')
            conn_too_large(q->conn);
        return MHD_NO;
    }
    q->left -= piece.n;
    return MHD_YES;
}

static enum MHD_Result run(struct request *q)
{
    q->r.body = blob_writer_finish(&q->body);
    q->stage = HANDLED;
    return hand_over(q, q->route->handle, q->route->ctx) ? queue(q) : MHD_YES;
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

static struct request *request_new(struct loop *l)
{
    struct request *q = l->spare;
    struct arena *a = q ? q->r.arena : arena_new();
    struct buf out = q ? q->r.response.out : BUF(0);
    l->spare = NULL;
    if (!q)
        q = mem_alloc(sizeof *q);
    *q = (struct request){
        .r = {.arena = a, .response.out = out},
          .loop = l, .body.fd = -1
    };
    q->r.response.out.limit = HTTP_ANSWER_LIMIT;
    return q;
}

static void request_free(struct request *q)
{
    if (!q)
        return;
    buf_free(&q->r.response.out);
    arena_free(q->r.arena);
    free(q);
}

static void request_end(struct loop *l, struct request *q)
{
    if (q->reply)
        MHD_destroy_response(q->reply);
    if (q->stage == BODY)
        blob_writer_abort(&q->body);
    blob_unref(q->r.body);
    blob_unref(q->r.response.blob);
    if (l->spare || q->r.response.out.cap > SPARE_LIMIT) {
        request_free(q);
        return;
    }
    arena_reset(q->r.arena, SPARE_LIMIT);
    buf_reset(&q->r.response.out);
    l->spare = q;
}

/* Called with the request line; what it returns is the request's state in all other calls. */
static void *on_target(void *cls, const char *target, struct MHD_Connection *mhd)
{
    struct request *q = request_new(cls);
    q->conn = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    q->target = arena_str(q->r.arena, str_of(target));
    conn_enter(&q->loop->server->conns, q->conn, HEAD);
    return q;
}

static void on_completed(void *cls, struct MHD_Connection *mhd, void **state,
                         enum MHD_RequestTerminationCode why)
{
    struct loop *l = cls;
    struct request *q = *state;
    (void)mhd, (void)why;
    if (!q)
        return;
    conn_enter(&l->server->conns, q->conn, IDLE);
    request_end(l, q);
    *state = NULL;
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http_server *s = ((struct loop *)cls)->server;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        conns_remove(&s->conns, *state);
        return;
    }
    int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    *state = conns_add(&s->conns, mhd, fd);
}

/* ---- start and stop ---- */

static size_t keep_escapes(void *cls, struct MHD_Connection *mhd, char *s)
{
    (void)cls, (void)mhd;
    return strlen(s);
}

static struct http_server *server_new(const struct http_server_config *c)
{
    struct arena *a = arena_new();
    struct http_server *s = arena_new_of(a, struct http_server);
    s->arena = a;
    s->scheme = c->tls_cert.p ? STR("https://") : STR("http://");
    s->head_limit = c->head_limit ? c->head_limit : HEAD_LIMIT;
    s->nloops = c->threads ? c->threads : pool_cores();
    s->loops = arena_new_array(a, struct loop, s->nloops);
    for (size_t i = 0; i < s->nloops; i++)
        s->loops[i] = (struct loop){.server = s, .wake = wake_new()};
    conns_init(&s->conns, c->header_deadline_ms ? c->header_deadline_ms : 20000,
               c->idle_timeout_ms ? c->idle_timeout_ms : 75000);
    s->routes = http_routes_sorted(a, c->routes, c->nroutes);
    s->nroutes = c->nroutes;
    return s;
}

static void server_free(struct http_server *s)
{
    for (size_t i = 0; i < s->nloops; i++) {
        request_free(s->loops[i].spare);
        wake_free(&s->loops[i].wake);
    }
    pthread_mutex_destroy(&s->conns.lock);
    arena_free(s->arena);
}

static size_t tls_options(struct http_server *s, const struct http_server_config *c,
                          struct MHD_OptionItem *ret)
{
    const struct {
        enum MHD_OPTION option;
        str value;
    } options[] = {
        {MHD_OPTION_HTTPS_MEM_CERT,   c->tls_cert        },
        {MHD_OPTION_HTTPS_MEM_KEY,    c->tls_key         },
        {MHD_OPTION_HTTPS_PRIORITIES, STR(TLS_PRIORITIES)},
        {MHD_OPTION_HTTPS_MEM_TRUST,  c->tls_client_ca   },
    };
    size_t n = 0;
    for (size_t i = 0; c->tls_cert.p && i < COUNT(options); i++)
        if (options[i].value.p)
            ret[n++] = (struct MHD_OptionItem){options[i].option, 0,
                                               arena_strdup(s->arena, options[i].value)};
    return n;
}

/* MHD closes its listening socket when it quiesces: each daemon has its own descriptor. */
static struct MHD_Daemon *start_daemon(struct loop *l, const struct http_server_config *c, int fd)
{
    struct http_server *s = l->server;
    struct MHD_OptionItem tls[5];
    unsigned flags = MHD_USE_EPOLL | MHD_USE_SUSPEND_RESUME | MHD_USE_TURBO;
    unsigned connections = c->max_connections ? c->max_connections : 16384u;
    tls[tls_options(s, c, tls)] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    return MHD_start_daemon(
        flags | (c->tls_cert.p ? MHD_USE_TLS : 0), 0, NULL, NULL, on_access, l,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        (connections + (unsigned)s->nloops - 1) / (unsigned)s->nloops,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)((s->conns.idle_ms + 999) / 1000),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, 2 * s->head_limit, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_URI_LOG_CALLBACK, on_target, l,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, l, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
        l, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

/* MHD's own threads wait a second time, for long, after exactly 128 events: unless something else happens, nobody
 * answers those. MHD_run never waits. */
static void wait_for_work(struct loop *l, int epoll_fd)
{
    MHD_UNSIGNED_LONG_LONG ms;
    int limit = MHD_get_timeout(l->daemon, &ms) == MHD_NO ? -1 : (int)(ms < 60000 ? ms : 60000);
    if (limit)
        wake_wait(&l->wake, epoll_fd, limit);
}

static void *loop_main(void *arg)
{
    struct loop *l = arg;
    int epoll_fd = MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    bool listens = true;
    while (!atomic_load(&l->server->ended)) {
        if (listens && l->server->stopping) {
            listens = false;
            close(MHD_quiesce_daemon(l->daemon));
        }
        wait_for_work(l, epoll_fd);
        MHD_run(l->daemon);
    }
    return NULL;
}

static void stop_daemons(struct http_server *s)
{
    for (size_t i = 0; i < s->nloops; i++)
        if (s->loops[i].daemon)
            MHD_stop_daemon(s->loops[i].daemon);
}

static bool start_loops(struct http_server *s, const struct http_server_config *c, int fd)
{
    for (size_t i = 0; i < s->nloops; i++) {
        struct loop *l = &s->loops[i];
        int own = i ? dup(fd) : fd;
        if (own < 0 || !(l->daemon = start_daemon(l, c, own))) {
            if (own >= 0)
                close(own);
            return false;
        }
    }
    return true;
}

static void start_threads(struct http_server *s)
{
    for (size_t i = 0; i < s->nloops; i++)
        if (pthread_create(&s->loops[i].thread, NULL, loop_main, &s->loops[i]))
            abort();
    conns_watch(&s->conns);
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
    if (!start_loops(s, c, fd)) {
        stop_daemons(s);
        server_free(s);
        return err_set(e, ERR_UNAVAILABLE, "cannot start the HTTP server%s",
                       c->tls_cert.p ? ": are certificate and key valid PEM?" : "");
    }
    start_threads(s);
    *ret = s;
    return true;
}

uint16_t http_server_port(const struct http_server *s)
{
    return s->port;
}

void http_server_stop(struct http_server *s, unsigned grace_ms)
{
    if (!s)
        return;
    s->stopping = true;
    for (size_t i = 0; i < s->nloops; i++)
        wake(&s->loops[i].wake);
    conns_unwatch(&s->conns);
    if (conns_drain(&s->conns, false, time_monotonic_ms() + grace_ms) &&
        conns_drain(&s->conns, true, time_monotonic_ms() + CLOSE_MS)) {
        s->next = abandoned; /* MHD cannot stop while a handler holds a request */
        abandoned = s;
        return;
    }
    s->ended = true;
    for (size_t i = 0; i < s->nloops; i++) {
        wake(&s->loops[i].wake);
        pthread_join(s->loops[i].thread, NULL);
        while (s->loops[i].resuming)
            usleep(100);
    }
    stop_daemons(s);
    server_free(s);
}
