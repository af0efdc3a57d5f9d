/* A client for our own server and for any Cloud Integration tenant. */
#include "cli/remote.h"

#include "base/codec.h"
#include "base/file.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { TIMEOUT_MS = 60000, SMALL_FILE = 65536 };

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
};

static void call_done(struct http_call *call)
{
    struct waiter *w = call->arg;
    pthread_mutex_lock(&w->lock);
    w->done = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static void call_wait(struct http_client *client, struct http_call *call)
{
    struct waiter w = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    call->done = call_done;
    call->arg = &w;
    http_client_send(client, call);
    pthread_mutex_lock(&w.lock);
    while (!w.done)
        pthread_cond_wait(&w.changed, &w.lock);
    pthread_mutex_unlock(&w.lock);
}

static void add_header(struct remote *r, struct http_call *call, const char *name, str value)
{
    if (value.p)
        vec_add(r->arena, &call->headers.list, (struct http_header){str_of(name), value});
}

/* The text of an OData or admin error document. */
static str error_text(const struct answer *a)
{
    const struct jr *error = jr_get(a->json, "error"), *message = jr_get(error, "message");
    str text = message && message->kind == JR_OBJECT ? jr_text(message, "value")
                                                     : jr_text(error, "message");
    return text.p ? text : str_sub(a->body, 0, 300);
}

static bool answer_check(const struct remote *r, const struct answer *a, const int *allow,
                         struct err *e)
{
    enum err_code code = ERR_BAD_REQUEST;
    if (a->status < 400)
        return true;
    for (; allow && *allow; allow++)
        if (*allow == a->status)
            return true;
#define X(name, http, phrase) \
    if (a->status == (http))  \
        code = name;
    ERR_MAP(X)
#undef X
    str text = error_text(a);
    return err_set(e, code, STR_FMT " answered %d: " STR_FMT, STR_ARG(r->url), a->status,
                   STR_ARG(text));
}

static bool send_once(struct remote *r, const char *method, str path, str body, bool fetch,
                      struct answer *ret, struct err *e)
{
    struct http_call *call = arena_new_of(r->arena, struct http_call);
    *call =
        (struct http_call){.method = str_of(method), .timeout_ms = TIMEOUT_MS, .arena = r->arena};
    call->url = str_starts(path, STR("http"))
                    ? path
                    : arena_fmt(r->arena, STR_FMT STR_FMT, STR_ARG(r->url), STR_ARG(path));
    add_header(r, call, "Authorization", r->authorization);
    add_header(r, call, "Accept", STR("application/json"));
    if (fetch)
        add_header(r, call, "X-CSRF-Token", STR("Fetch"));
    else
        add_header(r, call, "X-CSRF-Token", r->csrf_token);
    add_header(r, call, "Cookie", r->cookies);
    if (body.p) {
        add_header(r, call, "Content-Type",
                   body.n && body.p[0] == '{' ? STR("application/json")
                                              : STR("application/x-www-form-urlencoded"));
        call->body = blob_copy(body);
    }
    call_wait(r->client, call);
    blob_unref(call->body);
    if (!call->ok) {
        *e = *call->err;
        return false;
    }
    ret->status = call->status;
    ret->headers = call->response;
    ret->body = arena_str(r->arena, blob_bytes(call->response_body));
    blob_unref(call->response_body);
    struct jr *json;
    struct err ignored = {0};
    ret->json = ret->body.n && jr_parse(r->arena, ret->body, &json, &ignored) ? json : NULL;
    return true;
}

static bool fetch_csrf(struct remote *r, struct err *e)
{
    struct answer a = {0};
    if (!send_once(r, "GET", STR("/api/v1/"), STR_NONE, true, &a, e) ||
        !answer_check(r, &a, NULL, e))
        return err_ctx(e, "fetching a CSRF token");
    r->csrf_token = http_header(&a.headers, "X-CSRF-Token");
    str cookies = STR("");
    for (size_t i = 0; i < a.headers.list.n; i++) {
        struct http_header *h = &a.headers.list.at[i];
        if (str_eq_nocase(h->name, STR("Set-Cookie")))
            cookies =
                arena_fmt(r->arena, STR_FMT "%s" STR_FMT, STR_ARG(cookies), cookies.n ? "; " : "",
                          STR_ARG(str_sub(h->value, 0, str_find_char(h->value, ';', 0))));
    }
    r->cookies = cookies;
    return true;
}

bool remote_call(struct remote *r, const char *method, str path, str body, const int *allow,
                 struct answer *ret, struct err *e)
{
    *ret = (struct answer){0};
    if (strcmp(method, "GET") != 0 && !r->bearer && !r->csrf_token.p && !fetch_csrf(r, e))
        return false;
    return send_once(r, method, path, body, false, ret, e) && answer_check(r, ret, allow, e);
}

str remote_key(struct remote *r, str value)
{
    AUTO(buf) struct buf b = BUF(8192);
    for (size_t i = 0; i < value.n; i++) {
        buf_add_char(&b, value.p[i]);
        if (value.p[i] == '\'')
            buf_add_char(&b, '\'');
    }
    return percent_encode(r->arena, buf_str(&b), "");
}

/* A service key, whole or only its "oauth" part; other shapes name the members at the top. */
static bool open_with_key(struct cli *c, struct remote *r, str path, struct err *e)
{
    str text;
    struct jr *json;
    struct answer a = {0};
    if (!file_read(c->arena, arena_strdup(c->arena, path), SMALL_FILE, &text, e) ||
        !jr_parse(c->arena, text, &json, e))
        return err_ctx(e, "service key " STR_FMT, STR_ARG(path));
    const struct jr *key = jr_get(json, "oauth") ? jr_get(json, "oauth") : json;
    str id = jr_text(key, "clientid"), secret = jr_text(key, "clientsecret"),
        token_url = jr_text(key, "tokenurl");
    if (!id.p || !secret.p || !token_url.p || !jr_text(key, "url").p)
        return err_set(e, ERR_BAD_REQUEST,
                       STR_FMT
                       " is no service key: clientid, clientsecret, tokenurl and url are needed",
                       STR_ARG(path));
    r->url = jr_text(key, "url");
    r->authorization =
        arena_fmt(c->arena, "Basic " STR_FMT,
                  STR_ARG(base64_encode(c->arena, arena_fmt(c->arena, STR_FMT ":" STR_FMT,
                                                            STR_ARG(id), STR_ARG(secret)))));
    if (!send_once(r, "POST", token_url, STR("grant_type=client_credentials"), false, &a, e))
        return err_ctx(e, "token");
    str token = jr_text(a.json, "access_token");
    if (a.status != 200 || !token.p)
        return err_set(e, ERR_UNAUTHORIZED, STR_FMT " gave no token: status %d", STR_ARG(token_url),
                       a.status);
    r->authorization = arena_fmt(c->arena, "Bearer " STR_FMT, STR_ARG(token));
    r->bearer = true;
    return true;
}

static bool open_with_user(struct cli *c, struct remote *r, struct err *e)
{
    str user = cli_text(c, "user"), file = cli_text(c, "password-file"), password = STR("dev");
    if (file.p) {
        if (!file_read(c->arena, arena_strdup(c->arena, file), SMALL_FILE, &password, e))
            return err_ctx(e, "--password-file");
        password = str_trim(password);
    } else if (getenv("TIDEMILL_PASSWORD")) {
        password = str_of(getenv("TIDEMILL_PASSWORD"));
    } else if (!str_eqz(user, "dev")) {
        return err_set(e, ERR_UNAUTHORIZED,
                       "no password for '" STR_FMT "': use --password-file or TIDEMILL_PASSWORD",
                       STR_ARG(user));
    }
    r->authorization =
        arena_fmt(c->arena, "Basic " STR_FMT,
                  STR_ARG(base64_encode(c->arena, arena_fmt(c->arena, STR_FMT ":" STR_FMT,
                                                            STR_ARG(user), STR_ARG(password)))));
    return true;
}

bool remote_open(struct cli *c, struct remote *ret, struct err *e)
{
    struct http_client_config config = {.threads = 1};
    *ret = (struct remote){.arena = c->arena, .url = cli_text(c, "url")};
    while (str_ends(ret->url, STR("/")))
        ret->url.n--;
    if (!http_client_start(&config, &ret->client, e))
        return false;
    str key = cli_text(c, "key");
    return key.p ? open_with_key(c, ret, key, e) : open_with_user(c, ret, e);
}

void remote_close(struct remote *r)
{
    if (r->client)
        http_client_stop(r->client);
    r->client = NULL;
}
