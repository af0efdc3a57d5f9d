/* One entry per set of credentials. Whoever finds neither a fresh token nor a fetch under way starts
 * one; all others queue in the entry. done functions are called without the lock. */
#include "net/oauth2.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/time.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    EARLY_MS = 60000,       /* a token is not used in its last minute */
    UNSTATED_S = 300,       /* life of a token whose answer names none */
    TOKEN_ANSWER = 1 << 20, /* bytes */
};

struct waiter {
    struct waiter *next;
    struct oauth2_request *request;
};
struct entry {
    struct entry *next;
    struct oauth2 *owner;
    struct arena *arena; /* of the entry: its key */
    str token_url, client_id, client_secret, scope;
    bool in_body, tls_no_verify;
    char *token; /* NULL: none */
    int64_t until_ms;
    bool fetching;
    struct waiter *waiters;
};
struct oauth2 {
    struct http_client *client;
    pthread_mutex_t lock;
    struct entry *entries;
};
struct fetch {
    struct http_call call;
    struct entry *entry;
};

struct oauth2 *oauth2_new(struct http_client *client)
{
    struct oauth2 *o = mem_alloc(sizeof *o);
    *o = (struct oauth2){.client = client};
    pthread_mutex_init(&o->lock, NULL);
    return o;
}

static void drop_token(struct entry *n)
{
    if (n->token)
        explicit_bzero(n->token, strlen(n->token));
    free(n->token);
    n->token = NULL;
}

void oauth2_free(struct oauth2 *o)
{
    if (!o)
        return;
    for (struct entry *n = o->entries, *next; n; n = next) {
        next = n->next;
        drop_token(n);
        arena_free(n->arena);
    }
    pthread_mutex_destroy(&o->lock);
    free(o);
}

static bool matches(const struct entry *n, const struct oauth2_request *r)
{
    return str_eq(n->token_url, r->token_url) && str_eq(n->client_id, r->client_id) &&
           str_eq(n->client_secret, r->client_secret) && str_eq(n->scope, r->scope) &&
           n->in_body == r->in_body && n->tls_no_verify == r->tls_no_verify;
}

static struct entry *entry_for(struct oauth2 *o, const struct oauth2_request *r)
{
    struct entry *n = o->entries;
    while (n && !matches(n, r))
        n = n->next;
    if (n)
        return n;
    struct arena *a = arena_new();
    n = arena_new_of(a, struct entry);
    n->owner = o;
    n->arena = a;
    n->token_url = arena_str(a, r->token_url);
    n->client_id = arena_str(a, r->client_id);
    n->client_secret = arena_str(a, r->client_secret);
    n->scope = arena_str(a, r->scope);
    n->in_body = r->in_body;
    n->tls_no_verify = r->tls_no_verify;
    n->next = o->entries;
    return o->entries = n;
}

/* ---- the fetch ---- */

static int64_t lifetime_s(const struct jr *answer)
{
    const struct jr *v = jr_get(answer, "expires_in");
    int64_t s;
    return v && (v->kind == JR_NUMBER || v->kind == JR_STRING) && str_to_i64(v->s, &s) && s >= 0
               ? s
               : UNSTATED_S;
}

/* "invalid_client: no such client", from the answer's JSON if there is any. */
static bool refused(const struct http_call *c, const struct jr *answer, struct err *e)
{
    str error = jr_text(answer, "error"), more = jr_text(answer, "error_description");
    return err_set(e, ERR_UPSTREAM, "token request to " STR_FMT " was answered with %d%s%.*s%s%.*s",
                   STR_ARG(c->url), c->status, error.n ? " " : "", STR_ARG(error),
                   more.n ? ": " : "", STR_ARG(more));
}

static bool read_answer(struct http_call *c, str *ret_token, int64_t *ret_life_s, struct err *e)
{
    struct jr *answer = NULL;
    struct err ignored;
    if (!c->ok) {
        *e = *c->err;
        return err_ctx(e, "fetching an access token");
    }
    if (!jr_parse(c->arena, blob_bytes(c->response_body), &answer, &ignored))
        answer = NULL;
    *ret_token = answer ? jr_text(answer, "access_token") : STR_NONE;
    *ret_life_s = lifetime_s(answer);
    return (c->status == 200 && ret_token->n) || refused(c, answer, e);
}

static struct waiter *settle(struct entry *n, str token, int64_t life_s)
{
    pthread_mutex_lock(&n->owner->lock);
    struct waiter *all = n->waiters;
    n->waiters = NULL;
    n->fetching = false;
    drop_token(n);
    if (token.n) {
        n->token = memcpy(mem_alloc(token.n + 1), token.p, token.n);
        n->token[token.n] = 0;
        n->until_ms =
            time_monotonic_ms() + (life_s < INT32_MAX ? life_s : INT32_MAX) * 1000 - EARLY_MS;
    }
    pthread_mutex_unlock(&n->owner->lock);
    return all;
}

static void on_answer(struct http_call *c)
{
    struct fetch *f = c->arg;
    str token = STR_NONE;
    int64_t life_s = 0;
    struct err e = {0};
    bool ok = read_answer(c, &token, &life_s, &e);
    struct waiter *w = settle(f->entry, ok ? token : STR_NONE, life_s), *next;
    for (; w; w = next) {
        struct oauth2_request *r = w->request;
        next = w->next;
        free(w);
        r->ok = ok;
        if (ok)
            r->token = arena_str(r->arena, token);
        else
            r->err = e;
        r->done(r);
    }
    blob_unref(c->response_body);
    blob_unref(c->body);
    arena_free(c->arena);
}

static struct blob *form(const struct entry *n)
{
    struct buf b = BUF(1 << 16);
    buf_addz(&b, "grant_type=client_credentials");
    if (n->scope.n) {
        buf_addz(&b, "&scope=");
        percent_write(&b, n->scope, "");
    }
    if (n->in_body) {
        buf_addz(&b, "&client_id=");
        percent_write(&b, n->client_id, "");
        buf_addz(&b, "&client_secret=");
        percent_write(&b, n->client_secret, "");
    }
    return blob_take(&b);
}

static void fetch(struct entry *n, const struct oauth2_request *r)
{
    struct arena *a = arena_new();
    struct fetch *f = arena_new_of(a, struct fetch);
    struct http_call *c = &f->call;
    f->entry = n;
    c->arena = a;
    c->arg = f;
    c->done = on_answer;
    c->method = STR("POST");
    c->url = n->token_url;
    c->proxy = arena_str(a, r->proxy);
    c->timeout_ms = r->timeout_ms;
    c->tls_no_verify = n->tls_no_verify;
    c->max_response = TOKEN_ANSWER;
    c->user = n->in_body ? STR_NONE : n->client_id;
    c->password = n->in_body ? STR_NONE : n->client_secret;
    c->body = form(n);
    vec_add(a, &c->headers.list,
            (struct http_header){STR("Content-Type"), STR("application/x-www-form-urlencoded")});
    vec_add(a, &c->headers.list, (struct http_header){STR("Accept"), STR("application/json")});
    http_client_send(n->owner->client, c);
}

void oauth2_token(struct oauth2 *o, struct oauth2_request *r)
{
    struct waiter *w = NULL;
    pthread_mutex_lock(&o->lock);
    struct entry *n = entry_for(o, r);
    r->ok = n->token && time_monotonic_ms() < n->until_ms;
    bool start = !r->ok && !n->fetching;
    if (r->ok) {
        r->token = arena_str(r->arena, str_of(n->token));
    } else {
        w = mem_alloc(sizeof *w);
        *w = (struct waiter){n->waiters, r};
        n->waiters = w;
        n->fetching = true;
    }
    pthread_mutex_unlock(&o->lock);
    if (!w)
        r->done(r);
    else if (start)
        fetch(n, r); /* r may be gone when this returns */
}

void oauth2_forget(struct oauth2 *o, str token)
{
    pthread_mutex_lock(&o->lock);
    for (struct entry *n = o->entries; n; n = n->next)
        if (n->token && str_eq(str_of(n->token), token))
            drop_token(n);
    pthread_mutex_unlock(&o->lock);
}
