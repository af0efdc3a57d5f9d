/* A call is a struct call from its request to its answer; it waits in `queue`, flies, and comes back through `back`,
 * which client threads fill and the one thread of caller_run empties. A call that has to be repeated goes to the end of
 * the queue with the time from which it may start. */
#include "report/caller.h"

#include "base/codec.h"
#include "base/time.h"
#include "report/journal.h"

#include <errno.h>
#include <pthread.h>

enum {
    ATTEMPTS = 7,
    FIRST_ATTEMPTS = 3, /* of a server that has never answered */
    REFUSALS = 4, /* of a call with a token that is still the newest: some live for few calls */
    TIMEOUT_MS = 120000,
    BACKOFF_MS = 200, /* doubled with every attempt */
    BACKOFF_MAX_MS = 10000,
    RETRY_AFTER_MAX_S = 120,
    RESPONSE_MAX = 64 << 20,
    PROGRESS_MS = 100,
};
static const int64_t per_second[CALL_GROUPS] = {
    [CALL_DESIGN] = 10, [CALL_RUNTIME] = 50, [CALL_LOGS] = 100};

struct call {
    struct call *next;
    struct caller *caller;
    struct arena *arena; /* of this attempt */
    enum call_group group;
    str path, token; /* token: that it was sent with */
    call_done *done;
    void *arg, *item;
    struct http_call http;
    unsigned attempts, refused; /* refused: with the newest token */
    int64_t not_before;
};
struct caller {
    struct caller_config config;
    struct arena *arena;
    struct http_client *client;
    struct call *queue, **queue_end;
    size_t flying, open, done, made;
    int64_t next_start[CALL_GROUPS], pause_until, shown;
    str authorization; /* STR_NONE: a token has to be fetched */
    bool token_flies, answered;
    bool near; /* on this machine */
    struct err last;
    struct journal *journal; /* NULL: none */
    pthread_mutex_t lock;    /* of what follows */
    pthread_cond_t came;
    struct call *back;
};

static bool is_near(str url)
{
    static const char *const begins[] = {"http://127.0.0.1:", "http://localhost:", "http://[::1]:"};
    for (size_t i = 0; i < COUNT(begins); i++)
        if (str_starts(url, str_of(begins[i])))
            return true;
    return false;
}

bool caller_open(const struct caller_config *config, struct caller **ret, struct err *e)
{
    struct arena *a = arena_new();
    struct caller *c = arena_new_of(a, struct caller);
    struct http_client_config client = {.threads = 1};
    *c = (struct caller){.config = *config, .arena = a};
    c->queue_end = &c->queue;
    c->near = is_near(config->access->url);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->came, NULL);
    if (!http_client_start(&client, &c->client, e) ||
        (config->journal.p && !journal_open(a, config->journal, &c->journal, e))) {
        caller_close(c, false);
        return false;
    }
    *ret = c;
    return true;
}

void caller_close(struct caller *c, bool completed)
{
    if (!c)
        return;
    http_client_stop(c->client);
    journal_close(c->journal, completed);
    pthread_cond_destroy(&c->came);
    pthread_mutex_destroy(&c->lock);
    arena_free(c->arena);
}

void caller_unlimit(struct caller *c)
{
    c->config.unlimited = true;
}

size_t caller_calls(const struct caller *c)
{
    return c->made;
}

/* ---- sending ---- */
static void enqueue(struct caller *c, struct call *k)
{
    k->next = NULL;
    *c->queue_end = k;
    c->queue_end = &k->next;
}

void caller_get(struct caller *c, enum call_group group, str path, call_done *done, void *arg,
                void *item)
{
    struct call *k = arena_new_of(c->arena, struct call);
    *k = (struct call){.caller = c,
                       .group = group,
                       .path = arena_str(c->arena, path),
                       .done = done,
                       .arg = arg,
                       .item = item};
    c->open++;
    enqueue(c, k);
}

static void came_back(struct http_call *http)
{
    struct call *k = http->arg;
    struct caller *c = k->caller;
    pthread_mutex_lock(&c->lock);
    k->next = c->back;
    c->back = k;
    pthread_cond_signal(&c->came);
    pthread_mutex_unlock(&c->lock);
}

static void add_header(struct call *k, const char *name, str value)
{
    vec_add(k->arena, &k->http.headers.list, (struct http_header){str_of(name), value});
}

static void launch(struct caller *c, struct call *k, const char *method, str url, str authorization,
                   str body)
{
    k->arena = arena_new();
    k->token = authorization;
    k->http = (struct http_call){.method = str_of(method),
                                 .url = url,
                                 .timeout_ms = TIMEOUT_MS,
                                 .max_response = RESPONSE_MAX,
                                 .arena = k->arena,
                                 .done = came_back,
                                 .arg = k};
    add_header(k, "Authorization", authorization);
    add_header(k, "Accept", STR("application/json"));
    if (c->near)
        add_header(k, "Accept-Encoding", STR("identity")); /* packing costs more than it saves */
    if (body.p) {
        add_header(k, "Content-Type", STR("application/x-www-form-urlencoded"));
        k->http.body = blob_copy(body);
    }
    c->flying++;
    c->made++;
    http_client_send(c->client, &k->http);
}

static str basic(struct arena *a, str name, str secret)
{
    str pair = arena_fmt(a, STR_FMT ":" STR_FMT, STR_ARG(name), STR_ARG(secret));
    return arena_fmt(a, "Basic " STR_FMT, STR_ARG(base64_encode(a, pair)));
}

/* ---- answers ---- */
static void release(struct call *k)
{
    blob_unref(k->http.body);
    blob_unref(k->http.response_body);
    arena_free(k->arena);
    k->arena = NULL;
    k->http = (struct http_call){0};
}

static void hand_out(struct caller *c, struct call *k, struct arena *a, int status, str body,
                     const struct err *e)
{
    struct jr *json = NULL;
    struct err ignored = {0};
    if (body.n && !jr_parse(a, body, &json, &ignored))
        json = NULL;
    struct call_answer answer = {status, json, e};
    c->done++;
    c->open--;
    k->done(k->arg, k->item, &answer);
}

/* The first line of an answer that is no success: {"error":{"message":{"value":..}}} or plain text. */
static str error_text(struct arena *a, str body)
{
    struct jr *json;
    struct err ignored = {0};
    str text = body;
    if (jr_parse(a, body, &json, &ignored))
        text = jr_text(jr_get(jr_get(json, "error"), "message"), "value");
    return str_trim(str_sub(text.p ? text : STR(""), 0, 160));
}

static void describe(struct call *k, str body, struct err *e)
{
    if (!k->http.ok)
        *e = *k->http.err;
    else if (k->http.status == 401 || k->http.status == 403)
        err_set(e, k->http.status == 401 ? ERR_UNAUTHORIZED : ERR_FORBIDDEN, "%d " STR_FMT,
                k->http.status, STR_ARG(error_text(k->arena, body)));
    else
        err_set(e, k->http.status == 404 ? ERR_NOT_FOUND : ERR_UPSTREAM, "%d " STR_FMT,
                k->http.status, STR_ARG(error_text(k->arena, body)));
}

/* ms to wait before the next attempt; -1: there is none. */
static int64_t patience(struct caller *c, struct call *k)
{
    int status = k->http.ok ? k->http.status : 0;
    int64_t seconds, wait = (int64_t)BACKOFF_MS << (k->attempts > 6 ? 6 : k->attempts);
    bool again =
        status == 429 || status >= 500 ||
        (!k->http.ok && k->http.err->code != ERR_BAD_REQUEST && k->http.err->code != ERR_TOO_LARGE);
    if (!again || status == 501 || ++k->attempts >= (c->answered ? ATTEMPTS : FIRST_ATTEMPTS))
        return -1;
    wait = wait > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : wait;
    if (str_to_i64(str_trim(http_header(&k->http.response, "Retry-After")), &seconds) &&
        seconds >= 0)
        wait = (seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : seconds) * 1000;
    if (status == 429) /* the limit is everybody's */
        c->pause_until = time_monotonic_ms() + wait;
    return wait;
}

static void take_token(struct caller *c, struct call *k, str body, struct err *e)
{
    struct jr *json;
    str token = STR_NONE;
    struct err ignored = {0};
    if (jr_parse(k->arena, body, &json, &ignored))
        token = jr_text(json, "access_token");
    if (token.p)
        c->authorization = arena_fmt(c->arena, "Bearer " STR_FMT, STR_ARG(token));
    else
        err_set(e, ERR_UNAUTHORIZED, STR_FMT " answered no token",
                STR_ARG(c->config.access->token_url));
}

/* false: no way in. */
static bool token_came(struct caller *c, struct call *k, str body, struct err *e)
{
    int64_t wait;
    c->token_flies = false;
    c->answered |= k->http.ok;
    if (k->http.ok && k->http.status == 200) {
        k->attempts = 0;
        take_token(c, k, body, e);
        release(k);
        return e->code == ERR_NONE;
    }
    wait = patience(c, k);
    if (wait < 0) {
        describe(k, body, e);
        release(k);
        return err_ctx(e, "token");
    }
    c->pause_until = time_monotonic_ms() + wait;
    release(k);
    return true;
}

static void call_came(struct caller *c, struct call *k, str body)
{
    int64_t wait;
    struct err e = {0};
    c->answered |= k->http.ok;
    bool stale =
        !str_eq(c->authorization, k->token); /* another call has found out that it expired */
    if (k->http.ok && k->http.status == 401 && c->config.access->token_url.p &&
        (stale || k->refused++ < REFUSALS)) {
        if (!stale)
            c->authorization = STR_NONE;
        release(k);
        enqueue(c, k);
        return;
    }
    wait = patience(c, k);
    if (wait >= 0) {
        k->not_before = time_monotonic_ms() + wait;
        release(k);
        enqueue(c, k);
        return;
    }
    if (k->http.ok && k->http.status < 300) {
        journal_put(c->journal, k->path, body);
        hand_out(c, k, k->arena, k->http.status, body, NULL);
    } else {
        describe(k, body, &e);
        c->last = e;
        hand_out(c, k, k->arena, k->http.ok ? k->http.status : 0, body, &e);
    }
    release(k);
}

/* ---- the loop ---- */
static int64_t may_start(const struct caller *c, const struct call *k)
{
    int64_t at = k->not_before > c->pause_until ? k->not_before : c->pause_until;
    int64_t slot = c->config.unlimited ? 0 : c->next_start[k->group];
    return at > slot ? at : slot;
}

static void count_start(struct caller *c, enum call_group group, int64_t now)
{
    if (!per_second[group])
        return;
    int64_t from = c->next_start[group] > now ? c->next_start[group] : now;
    c->next_start[group] = from + 1000 / per_second[group];
}

static void take_out(struct caller *c, struct call **at)
{
    struct call *k = *at;
    *at = k->next;
    if (!k->next)
        c->queue_end = at;
}

/* What the journal knows is answered at once. */
static bool from_journal(struct caller *c, struct call *k)
{
    const str *body = journal_get(c->journal, k->path);
    if (!body)
        return false;
    struct arena *a = arena_new();
    hand_out(c, k, a, 200, *body, NULL);
    arena_free(a);
    return true;
}

static void fetch_token(struct caller *c, struct call *token)
{
    const struct access *x = c->config.access;
    c->token_flies = true;
    launch(c, token, "POST", x->token_url, basic(c->arena, x->client_id, x->client_secret),
           STR("grant_type=client_credentials"));
}

/* Starts what may start now; returns when the next may, INT64_MAX: nothing waits for a time. */
static int64_t start_some(struct caller *c, struct call *token, int64_t now)
{
    int64_t next = INT64_MAX;
    if (!c->authorization.p) {
        if (c->token_flies)
            return next;
        if (c->pause_until > now)
            return c->pause_until;
        fetch_token(c, token);
        return next;
    }
    for (struct call **at = &c->queue; *at;) {
        struct call *k = *at;
        int64_t when = may_start(c, k);
        if (c->flying >= c->config.parallel)
            return INT64_MAX; /* an answer comes first */
        if (when > now) {
            next = when < next ? when : next;
            at = &k->next;
            continue;
        }
        take_out(c, at);
        if (from_journal(c, k))
            return now; /* the queue may have grown anywhere */
        count_start(c, k->group, now);
        launch(
            c, k, "GET",
            arena_fmt(c->arena, STR_FMT STR_FMT, STR_ARG(c->config.access->url), STR_ARG(k->path)),
            c->authorization, STR_NONE);
    }
    return next;
}

static struct call *wait_back(struct caller *c, int64_t until)
{
    struct timespec limit;
    int64_t now = time_monotonic_ms(), ms = until - now > 1000 ? 1000 : until - now;
    struct call *k;
    clock_gettime(CLOCK_REALTIME, &limit);
    ms = ms < 0 ? 0 : ms;
    limit.tv_nsec += ms % 1000 * 1000000;
    limit.tv_sec += ms / 1000 + limit.tv_nsec / 1000000000;
    limit.tv_nsec %= 1000000000;
    pthread_mutex_lock(&c->lock);
    while (!c->back && ms > 0 && pthread_cond_timedwait(&c->came, &c->lock, &limit) != ETIMEDOUT)
        ;
    k = c->back;
    c->back = NULL;
    pthread_mutex_unlock(&c->lock);
    return k;
}

static void show(struct caller *c, bool last)
{
    int64_t now = time_monotonic_ms();
    if (!c->config.progress || (!last && now - c->shown < PROGRESS_MS))
        return;
    c->shown = now;
    c->config.progress(c->config.arg, c->done, c->done + c->open);
}

bool caller_run(struct caller *c, struct err *e)
{
    const struct access *x = c->config.access;
    struct call token = {.caller = c};
    bool ok = true;
    if (!c->authorization.p && !x->token_url.p)
        c->authorization = basic(c->arena, x->user, x->password);
    while (ok && (c->open || c->flying)) {
        int64_t next = start_some(c, &token, time_monotonic_ms());
        if (!c->open && !c->flying)
            break;
        for (struct call *k = wait_back(c, next == INT64_MAX ? time_monotonic_ms() + 1000 : next),
                         *more;
             k; k = more) {
            str body = blob_bytes(k->http.response_body);
            more = k->next;
            c->flying--;
            if (k == &token)
                ok = token_came(c, k, body, e) && ok;
            else
                call_came(c, k, body);
        }
        show(c, false);
    }
    show(c, true);
    if (ok && !c->answered && c->last.code) {
        *e = c->last;
        return false;
    }
    return ok;
}
