/* libcurl behind net/client.h. Each thread owns a multi handle with its connection cache and a list
 * of easy handles to use again. Callers push to a thread's queue and wake it; everything else about
 * a transfer happens on that thread, so only the queue has a lock.
 *
 * Ten thousand transfers may wait at once: the receive buffer of a transfer shrinks in a crowd, and
 * the loop then pauses a moment so that one walk over all handles serves several answers.
 */
#include "net/client.h"

#include "base/pool.h"
#include "net/address.h"
#include "net/rules.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    DEFAULT_TIMEOUT_MS = 60000,
    DEFAULT_RESPONSE = 100 << 20,
    RESPONSE_HEADERS = 256 << 10, /* bytes */
    CROWD = 64,                   /* transfers on one thread */
    CROWD_PAUSE_US = 2000,
    CROWD_BUFFER = 1024,
    BUFFER = 32768,
    STARTS_PER_ROUND = 100, /* a name is resolved by a thread of its own until it is cached */
    SPARE_HANDLES = 256,
    CACHED_CONNECTIONS = 4096,
};

struct transfer {
    struct transfer *prev, *next;
    struct http_call *call;
    struct worker *worker;
    CURL *easy;
    struct curl_slist *headers, *recipients;
    struct blob_writer body;
    struct blob *trusted; /* what the handle points into */
    str upload;           /* SMTP: what is still to be sent */
    size_t head;          /* bytes of response headers so far */
    bool unpack, refused;
    char text[CURL_ERROR_SIZE];
};
struct worker {
    struct http_client *client;
    CURLM *multi;
    pthread_t thread;
    struct transfer *running; /* doubly linked */
    size_t nrunning;
    CURL *spare[SPARE_HANDLES];
    size_t nspare;
    pthread_mutex_t lock; /* the rest */
    struct transfer *first, **last;
    bool ended;
};
struct http_client {
    struct arena *arena;
    struct host_map map;
    str smtp_map;
    struct worker *workers;
    unsigned nworkers;
    _Atomic unsigned turn;
    _Atomic bool stopping;
    pthread_mutex_t trust_lock;
    struct blob *trusted; /* PEM; NULL: the system's authorities alone */
};

/* Room for why a call failed: most calls never need it, and ten thousand wait at once. */
static struct err *failure(struct http_call *c)
{
    struct err *e = arena_new_of(c->arena, struct err);
    c->err = e;
    return e;
}

/* ---- the answer ---- */

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    struct err e;
    t->refused = !blob_writer_add(&t->body, (str){p, size * n}, &e);
    if (t->refused)
        *failure(t->call) = e;
    return t->refused ? 0 : size * n;
}

static void read_status(struct transfer *t, str line)
{
    size_t space = str_find_char(line, ' ', 0);
    str rest = space == SIZE_MAX ? STR("") : str_from(line, space + 1);
    t->call->reason = arena_str(t->call->arena, str_trim(str_from(rest, 3)));
    t->call->response.list.n = 0; /* of a 100 or of a proxy */
}

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    struct arena *a = t->call->arena;
    str line = str_trim((str){p, size * n});
    t->head += size * n;
    if (t->head > RESPONSE_HEADERS) {
        t->refused = true;
        err_set(failure(t->call), ERR_TOO_LARGE, "more than %d bytes of response headers",
                RESPONSE_HEADERS);
        return 0;
    }
    size_t colon = str_find_char(line, ':', 0);
    if (str_starts(line, STR("HTTP/")))
        read_status(t, line);
    else if (colon != SIZE_MAX)
        vec_add(a, &t->call->response.list,
                (struct http_header){arena_str(a, str_trim(str_sub(line, 0, colon))),
                                     arena_str(a, str_trim(str_from(line, colon + 1)))});
    return size * n;
}

static void fill_error(struct transfer *t, CURLcode rc)
{
    static const struct {
        CURLcode rc;
        enum err_code code;
    } rows[] = {
        {CURLE_OPERATION_TIMEDOUT,   ERR_TIMEOUT    },
        {CURLE_URL_MALFORMAT,        ERR_BAD_REQUEST},
        {CURLE_UNSUPPORTED_PROTOCOL, ERR_BAD_REQUEST},
        {CURLE_ABORTED_BY_CALLBACK,  ERR_UNAVAILABLE},
    };
    enum err_code code = ERR_UPSTREAM;
    str host = url_host(t->call->url);
    for (size_t i = 0; i < COUNT(rows); i++)
        code = rows[i].rc == rc ? rows[i].code : code;
    if (t->refused)
        err_ctx(t->call->err, "answer of " STR_FMT, STR_ARG(host));
    else
        err_set(failure(t->call), code, STR_FMT ": %s", STR_ARG(host),
                t->text[0] ? t->text : curl_easy_strerror(rc));
}

/* ---- the request ---- */

static void add_line(struct transfer *t, const char *line)
{
    struct curl_slist *list = curl_slist_append(t->headers, line);
    if (!list)
        abort(); /* out of memory */
    t->headers = list;
}

static bool add_headers(struct transfer *t, bool mapped, struct err *e)
{
    const struct http_call *c = t->call;
    AUTO(buf) struct buf line = BUF(1 << 20);
    for (size_t i = 0; i < c->headers.list.n; i++) {
        const struct http_header *h = &c->headers.list.at[i];
        if (!http_is_token(h->name) || !http_is_one_line(h->value))
            return err_set(e, ERR_BAD_REQUEST,
                           "header '%.100s' cannot be sent: its name or value holds a "
                           "character that is not allowed",
                           arena_strdup(c->arena, h->name));
        if (str_eq_nocase(h->name, STR("Content-Length")) ||
            str_eq_nocase(h->name, STR("Transfer-Encoding")))
            continue;
        buf_reset(&line);
        if (h->value.n)
            buf_addf(&line, STR_FMT ": " STR_FMT, STR_ARG(h->name), STR_ARG(h->value));
        else
            buf_addf(&line, STR_FMT ";", STR_ARG(h->name));
        if (!buf_check(&line, e))
            return false;
        add_line(t, line.p);
    }
    if (mapped && !http_header(&c->headers, "X-Forwarded-Host").p)
        add_line(t, arena_fmt(c->arena, "X-Forwarded-Host: " STR_FMT, STR_ARG(url_host(c->url))).p);
    if (!http_header(&c->headers, "Content-Type").p)
        add_line(t, "Content-Type:"); /* curl would call it a form */
    if (!http_header(&c->headers, "Expect").p)
        add_line(t, "Expect:");
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
    return true;
}

static void set_text(struct transfer *t, CURLoption option, str s)
{
    if (s.p)
        curl_easy_setopt(t->easy, option, arena_strdup(t->call->arena, s));
}

static void set_blob(struct transfer *t, CURLoption option, str s)
{
    struct curl_blob b = {(void *)(uintptr_t)s.p, s.n, CURL_BLOB_NOCOPY};
    if (s.p)
        curl_easy_setopt(t->easy, option, &b);
}

/* The directory stays in force beside a blob; the file of authorities does not (CURLOPT_CAINFO_BLOB). */
static void set_trust(struct transfer *t)
{
    struct http_client *h = t->worker->client;
    if (t->call->tls_ca.p) {
        set_blob(t, CURLOPT_CAINFO_BLOB, t->call->tls_ca);
        return;
    }
    pthread_mutex_lock(&h->trust_lock);
    t->trusted = blob_ref(h->trusted);
    pthread_mutex_unlock(&h->trust_lock);
    if (t->trusted)
        set_blob(t, CURLOPT_CAINFO_BLOB, blob_bytes(t->trusted));
}

static void set_method(struct transfer *t)
{
    const struct http_call *c = t->call;
    bool has_body = blob_size(c->body) > 0;
    bool bare = str_eq(c->method, STR("GET")) || str_eq(c->method, STR("HEAD")) ||
                str_eq(c->method, STR("DELETE")) || str_eq(c->method, STR("OPTIONS"));
    if (str_eq(c->method, STR("HEAD")))
        curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
    else if (has_body || !bare) {
        str body = blob_bytes(c->body);
        curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, body.p);
    }
    set_text(t, CURLOPT_CUSTOMREQUEST, c->method);
}

static bool prepare_http(struct transfer *t, struct err *e)
{
    const struct http_call *c = t->call;
    str url = host_map_apply(c->arena, &t->worker->client->map, c->url);
    if (!http_is_token(c->method))
        return err_set(e, ERR_BAD_REQUEST, "the method is not valid");
    if (!add_headers(t, url.p != c->url.p, e))
        return false;
    set_method(t);
    set_text(t, CURLOPT_URL, url);
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    t->unpack = !http_header(&c->headers, "Accept-Encoding").p;
    if (t->unpack)
        curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    set_text(t, CURLOPT_USERNAME, c->user);
    set_text(t, CURLOPT_PASSWORD, c->password);
    return true;
}

static size_t on_upload(char *to, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    str piece = str_sub(t->upload, 0, size * n);
    if (piece.n)
        memcpy(to, piece.p, piece.n);
    t->upload = str_from(t->upload, piece.n);
    return piece.n;
}

static bool prepare_mail(struct transfer *t, struct err *e)
{
    const struct http_call *c = t->call;
    str map = t->worker->client->smtp_map;
    if (!http_is_one_line(c->mail_from) || !c->mail_to.n)
        return err_set(e, ERR_BAD_REQUEST, "a mail needs a sender and a recipient");
    for (size_t i = 0; i < c->mail_to.n; i++) {
        if (!http_is_one_line(c->mail_to.at[i]))
            return err_set(e, ERR_BAD_REQUEST, "a mail address holds a line break");
        t->recipients = curl_slist_append(t->recipients, arena_strdup(c->arena, c->mail_to.at[i]));
    }
    if (map.p) {
        set_text(t, CURLOPT_URL, arena_fmt(c->arena, "smtp://" STR_FMT, STR_ARG(map)));
    } else {
        set_text(t, CURLOPT_URL, c->url);
        set_text(t, CURLOPT_USERNAME, c->user);
        set_text(t, CURLOPT_PASSWORD, c->password);
        curl_easy_setopt(t->easy, CURLOPT_USE_SSL,
                         c->tls_required ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_TRY);
    }
    t->upload = blob_bytes(c->body);
    set_text(t, CURLOPT_MAIL_FROM, c->mail_from.p ? c->mail_from : STR(""));
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(t->easy, CURLOPT_MAIL_RCPT, t->recipients);
    curl_easy_setopt(t->easy, CURLOPT_SASL_IR, 1L);
    curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(t->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->upload.n);
    curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, on_upload);
    curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
    return true;
}

static bool prepare(struct transfer *t, struct err *e)
{
    const struct http_call *c = t->call;
    long timeout = c->timeout_ms ? (long)c->timeout_ms : DEFAULT_TIMEOUT_MS;
    bool mail = str_eq(c->method, STR("SMTP"));
    if (http_has_control(c->url) || str_find_char(c->url, ' ', 0) != SIZE_MAX)
        return err_set(e, ERR_BAD_REQUEST, "the URL holds a character that is not allowed");
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->text);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, timeout);
    curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, timeout);
    curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE,
                     t->worker->nrunning < CROWD ? (long)BUFFER : (long)CROWD_BUFFER);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, mail ? NULL : on_header);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, mail ? NULL : t);
    set_text(t, CURLOPT_PROXY, c->proxy.p ? c->proxy : STR(""));
    set_trust(t);
    set_blob(t, CURLOPT_SSLCERT_BLOB, c->tls_cert);
    set_blob(t, CURLOPT_SSLKEY_BLOB, c->tls_key);
    if (c->tls_no_verify) {
        curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    return mail ? prepare_mail(t, e) : prepare_http(t, e);
}

/* ---- a transfer's life ---- */

static void link_in(struct worker *w, struct transfer *t)
{
    t->prev = NULL;
    t->next = w->running;
    if (t->next)
        t->next->prev = t;
    w->running = t;
    w->nrunning++;
}

static void take_out(struct worker *w, struct transfer *t)
{
    if (t->next)
        t->next->prev = t->prev;
    if (t->prev)
        t->prev->next = t->next;
    else
        w->running = t->next;
    w->nrunning--;
}

static void give_back(struct worker *w, CURL *easy)
{
    if (w->nspare == SPARE_HANDLES) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    w->spare[w->nspare++] = easy;
}

/* The last act of every transfer; the call belongs to its caller again. */
static void deliver(struct transfer *t)
{
    struct http_call *call = t->call;
    if (call->ok)
        call->response_body = blob_writer_finish(&t->body);
    else
        blob_writer_abort(&t->body);
    if (t->easy)
        give_back(t->worker, t->easy);
    blob_unref(t->trusted);
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->recipients);
    free(t);
    call->done(call);
}

static void finish(struct transfer *t, CURLcode rc)
{
    struct http_call *call = t->call;
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    call->status = (int)status;
    call->ok = rc == CURLE_OK;
    if (!call->ok)
        fill_error(t, rc);
    else if (t->unpack)
        http_drop_coding(&call->response);
    curl_multi_remove_handle(t->worker->multi, t->easy);
    take_out(t->worker, t);
    deliver(t);
}

static void begin(struct worker *w, struct transfer *t)
{
    struct http_call *call = t->call;
    if (w->client->stopping) {
        err_set(failure(call), ERR_UNAVAILABLE, "the HTTP client is stopping");
        deliver(t);
        return;
    }
    t->easy = w->nspare ? w->spare[--w->nspare] : curl_easy_init();
    if (!t->easy)
        abort();
    struct err e;
    if (!prepare(t, &e)) {
        *failure(call) = e;
        deliver(t);
        return;
    }
    link_in(w, t);
    CURLMcode rc = curl_multi_add_handle(w->multi, t->easy);
    if (rc != CURLM_OK) {
        take_out(w, t);
        err_set(failure(call), ERR_INTERNAL, "%s", curl_multi_strerror(rc));
        deliver(t);
    }
}

/* ---- threads ---- */

static struct transfer *next_queued(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    struct transfer *t = w->first;
    if (t) {
        w->first = t->next;
        if (!w->first)
            w->last = &w->first;
    }
    pthread_mutex_unlock(&w->lock);
    return t;
}

/* true: there may be more. */
static bool begin_some(struct worker *w)
{
    for (int i = 0; i < STARTS_PER_ROUND; i++) {
        struct transfer *t = next_queued(w);
        if (!t)
            return false;
        begin(w, t);
    }
    return true;
}

static void end_all(struct worker *w)
{
    struct transfer *t;
    while ((t = w->running))
        finish(t, CURLE_ABORTED_BY_CALLBACK);
    for (bool empty = false; !empty;) {
        while (begin_some(w))
            ;
        pthread_mutex_lock(&w->lock);
        empty = w->ended = !w->first;
        pthread_mutex_unlock(&w->lock);
    }
}

/* OpenSSL writes to sockets without MSG_NOSIGNAL. */
static void block_sigpipe(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    block_sigpipe();
    while (!w->client->stopping) {
        CURLMsg *m;
        int n;
        bool more = begin_some(w);
        curl_multi_perform(w->multi, &n);
        while ((m = curl_multi_info_read(w->multi, &n))) {
            struct transfer *t = NULL;
            curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
            if (m->msg == CURLMSG_DONE)
                finish(t, m->data.result);
        }
        if (!more)
            curl_multi_poll(w->multi, NULL, 0, 1000, NULL);
        if (!more && w->nrunning > CROWD)
            usleep(CROWD_PAUSE_US);
    }
    end_all(w);
    return NULL;
}

void http_client_send(struct http_client *c, struct http_call *call)
{
    struct worker *w =
        &c->workers[atomic_fetch_add_explicit(&c->turn, 1, memory_order_relaxed) % c->nworkers];
    struct transfer *t = mem_alloc(sizeof *t);
    *t = (struct transfer){.call = call, .worker = w};
    blob_writer_init(&t->body, call->max_response ? call->max_response : DEFAULT_RESPONSE);
    call->ok = false;
    call->err = NULL;
    call->status = 0;
    call->reason = STR("");
    call->response.list.n = 0;
    call->response_body = NULL;
    pthread_mutex_lock(&w->lock);
    bool first = !w->first, ended = w->ended;
    if (!ended) {
        *w->last = t;
        w->last = &t->next;
    }
    pthread_mutex_unlock(&w->lock);
    if (ended)
        begin(w, t); /* says that the client is stopping */
    else if (first)
        curl_multi_wakeup(w->multi);
}

/* ---- start and stop ---- */

static void init_curl(void)
{
    if (curl_global_init(CURL_GLOBAL_ALL))
        abort();
}

static void worker_start(struct http_client *c, struct worker *w)
{
    w->client = c;
    w->last = &w->first;
    w->multi = curl_multi_init();
    pthread_mutex_init(&w->lock, NULL);
    if (!w->multi)
        abort();
    curl_multi_setopt(w->multi, CURLMOPT_MAXCONNECTS, (long)CACHED_CONNECTIONS);
    if (pthread_create(&w->thread, NULL, worker_main, w))
        abort();
}

bool http_client_start(const struct http_client_config *c, struct http_client **ret, struct err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct arena *a = arena_new();
    struct http_client *h = arena_new_of(a, struct http_client);
    bool ok = true;
    h->arena = a;
    for (size_t i = 0; ok && i < c->nhost_map; i++)
        ok = host_map_add(a, &h->map, c->host_map[i], e);
    if (ok && c->smtp_map.p && !net_is_host_port(c->smtp_map))
        ok = err_set(e, ERR_BAD_REQUEST, "'" STR_FMT "' is not host:port", STR_ARG(c->smtp_map));
    if (!ok) {
        arena_free(a);
        return false;
    }
    pthread_once(&once, init_curl);
    net_raise_file_limit();
    pthread_mutex_init(&h->trust_lock, NULL);
    h->smtp_map = arena_str(a, c->smtp_map);
    h->nworkers = c->threads ? c->threads : pool_cores();
    h->workers = arena_new_array(a, struct worker, h->nworkers);
    for (unsigned i = 0; i < h->nworkers; i++)
        worker_start(h, &h->workers[i]);
    *ret = h;
    return true;
}

void http_client_trust(struct http_client *c, str pem)
{
    struct blob *now = pem.n ? blob_copy(pem) : NULL;
    pthread_mutex_lock(&c->trust_lock);
    struct blob *old = c->trusted;
    c->trusted = now;
    pthread_mutex_unlock(&c->trust_lock);
    blob_unref(old);
}

void http_client_stop(struct http_client *c)
{
    if (!c)
        return;
    c->stopping = true;
    for (unsigned i = 0; i < c->nworkers; i++)
        curl_multi_wakeup(c->workers[i].multi);
    for (unsigned i = 0; i < c->nworkers; i++)
        pthread_join(c->workers[i].thread, NULL);
    for (unsigned i = 0; i < c->nworkers; i++) {
        struct worker *w = &c->workers[i];
        while (w->nspare)
            curl_easy_cleanup(w->spare[--w->nspare]);
        curl_multi_cleanup(w->multi);
        pthread_mutex_destroy(&w->lock);
    }
    pthread_mutex_destroy(&c->trust_lock);
    blob_unref(c->trusted);
    arena_free(c->arena);
}
