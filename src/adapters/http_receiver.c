/* HTTP receiver (semantics.md 3a): one request per message, repeated when the channel says so. run makes the request
 * and parks the exchange; the client's thread wakes it; resume retries or takes the answer over. */
#include "adapters/header_filter.h"
#include "adapters/http_config.h"
#include "adapters/http_session.h"
#include "adapters/http_url.h"
#include "base/time.h"
#include "format/deflate.h"
#include "net/oauth2.h"

#include <ctype.h>

enum { MAX_RESPONSE = 100 << 20, MAX_HEADERS_TEXT = 1 << 20, MAX_WAIT_MS = 3600 * 1000 };

struct http_state {
    struct http_call call;
    struct oauth2_request *token; /* NULL: the channel uses none */
    bool fetching_token;
    struct exchange *x;
    unsigned attempts;
};

/* ---- sending ---- */

static void on_answer(struct http_call *call)
{
    struct http_state *s = call->arg;
    engine_resume(s->x);
}

static void send_call(void *arg)
{
    struct http_state *s = arg;
    s->call.response = (struct http_headers){0};
    s->call.response_body = NULL;
    s->call.err = NULL;
    s->call.ok = false;
    s->attempts++;
    http_client_send(engine_config(s->x->engine)->http, &s->call);
}

static void on_token(struct oauth2_request *q)
{
    struct http_state *s = q->arg;
    engine_resume(s->x);
}

static bool find_credential(const struct http_config *c, struct exchange *x, struct credential *ret,
                            struct err *e)
{
    static const char *const kinds[] = {[AUTH_NONE] = "",
                                        [AUTH_BASIC] = "UserCredential",
                                        [AUTH_OAUTH2] = "OAuth2ClientCredential",
                                        [AUTH_CERTIFICATE] = "KeyPair"};
    const struct engine_config *g = engine_config(x->engine);
    str alias;
    if (!http_config_text(c->credential, x, &alias, e))
        return err_ctx(e, "credentialName");
    alias = str_trim(alias);
    if (!alias.n)
        return err_set(e, ERR_NOT_FOUND, "the channel names no credential");
    if (!g->credential)
        return err_set(e, ERR_NOT_FOUND, "no credential '" STR_FMT "'", STR_ARG(alias));
    return g->credential(g->credential_arg, kinds[c->auth], alias, x->arena, ret, e);
}

static void release(struct http_state *s)
{
    blob_unref(s->call.body);
    blob_unref(s->call.response_body);
    s->call.body = s->call.response_body = NULL;
}

static bool start_token(struct http_state *s, const struct credential *k, struct err *e)
{
    struct oauth2 *o = engine_config(s->x->engine)->oauth2;
    if (!o)
        return err_set(e, ERR_UNAVAILABLE, "OAuth2 is not set up here");
    s->fetching_token = true;
    s->token = arena_new_of(s->x->arena, struct oauth2_request);
    *s->token = (struct oauth2_request){
        .token_url = k->token_url,
        .client_id = k->user,
        .client_secret = k->password,
        .scope = k->scope.n ? k->scope : STR_NONE,
        .in_body = k->client_in_body,
        .timeout_ms = s->call.timeout_ms,
        .arena = s->x->arena,
        .done = on_token,
        .arg = s,
    };
    oauth2_token(o, s->token);
    return true;
}

static struct step_result run(const void *cfg, struct exchange *x, struct err *e)
{
    const struct http_config *c = cfg;
    struct credential k = {0};
    struct http_state *s = arena_new_of(x->arena, struct http_state);
    x->wait = s;
    s->x = x;
    s->call.arena = x->arena;
    s->call.max_response = MAX_RESPONSE;
    s->call.done = on_answer;
    s->call.arg = s;
    if ((c->auth != AUTH_NONE && !find_credential(c, x, &k, e)) ||
        !http_config_request(c, x, &s->call, e)) {
        release(s);
        return FAIL;
    }
    exchange_log_adapter(x, STR("HTTP"), STR("RealDestinationUrl"), s->call.url);
    if (c->auth == AUTH_BASIC) {
        s->call.user = k.user;
        s->call.password = k.password;
    }
    if (c->auth == AUTH_CERTIFICATE) {
        s->call.tls_cert = k.cert;
        s->call.tls_key = k.key;
    }
    if (c->auth == AUTH_OAUTH2) {
        if (start_token(s, &k, e))
            return WAIT;
        release(s);
        return FAIL;
    }
    send_call(s);
    return WAIT;
}

/* ---- the answer ---- */

static bool is_retry_code(str list, int status)
{
    str one;
    int64_t code;
    while (str_split(&list, ',', &one))
        if (str_to_i64(str_trim(one), &code) && code == status)
            return true;
    return false;
}

static bool must_retry(const struct http_config *c, const struct http_state *s)
{
    if (s->attempts > c->retries)
        return false;
    return s->call.ok ? is_retry_code(c->retry_codes, s->call.status) : c->retry_connection;
}

static struct step_result retry(const struct http_config *c, struct http_state *s)
{
    int64_t wait_ms = (int64_t)c->retry_interval_s * 1000, seconds;
    str after = s->call.ok ? http_header(&s->call.response, "Retry-After") : STR_NONE;
    if (after.p && str_to_i64(str_trim(after), &seconds) && seconds >= 0 &&
        seconds < MAX_WAIT_MS / 1000)
        wait_ms = seconds * 1000;
    blob_unref(s->call.response_body);
    s->call.response_body = NULL;
    engine_at(s->x->engine, time_monotonic_ms() + wait_ms, send_call, s);
    return WAIT;
}

static void attach_headers(struct exchange *x, const char *name, const struct http_headers *h)
{
    AUTO(buf) struct buf out = BUF(MAX_HEADERS_TEXT);
    for (size_t i = 0; i < h->list.n; i++) {
        str n = h->list.at[i].name, v = h->list.at[i].value;
        v = field_is_secret(n) ? STR("***") : v;
        buf_addf(&out, STR_FMT ": " STR_FMT "\n", STR_ARG(n), STR_ARG(v));
    }
    exchange_log_attachment(x, str_of(name), STR("text/plain"), buf_str(&out));
}

/* A failed call: ordinary headers and body of the message stay, the fault carries the answer. */
static struct step_result fail_status(const struct http_config *c, struct http_state *s,
                                      struct err *e)
{
    struct exchange *x = s->x;
    str location = http_header(&s->call.response, "Location");
    err_set(e, ERR_UPSTREAM,
            "HTTP operation failed invoking " STR_FMT " with statusCode: %d%s" STR_FMT,
            STR_ARG(s->call.url), s->call.status, location.p ? ", redirectLocation: " : "",
            STR_ARG(location));
    if (c->attach_failures) {
        attach_headers(x, "HTTP_Receiver_Request_Headers", &s->call.headers);
        attach_headers(x, "HTTP_Receiver_Response_Headers", &s->call.response);
        exchange_log_attachment(x, STR("HTTP_Receiver_Response_Body"), STR("text/plain"),
                                blob_bytes(s->call.response_body));
    }
    struct body *b = body_of_blob(blob_ref(s->call.response_body));
    struct fault f = {
        .class_name = "org.apache.camel.component.ahc.AhcOperationFailedException",
        .message = arena_str(x->arena, str_of(e->msg)), /* e is written again below */
        .http_status = s->call.status,
        .http_reason = s->call.reason,
        .http_body = b,
    };
    exchange_throw_fault(x, &f, e);
    body_unref(b);
    return FAIL;
}

static struct step_result fail_transport(struct http_state *s, struct err *e)
{
    *e = *s->call.err;
    exchange_throw(s->x,
                   e->code == ERR_TIMEOUT ? "java.util.concurrent.TimeoutException"
                                          : "java.net.ConnectException",
                   e);
    return FAIL;
}

static bool is_kept(const struct http_config *c, str list, str name)
{
    return !header_is_camel(name) && !str_eq_nocase(name, STR("Transfer-Encoding")) &&
           !str_eq_nocase(name, STR("Connection")) &&
           (c->all_response_headers || header_list_has(list, name));
}

/* The value of all headers of that name; "" for one that an earlier header of that name has covered. */
static str joined(struct exchange *x, const struct http_headers *h, size_t at)
{
    str name = h->list.at[at].name, value = h->list.at[at].value;
    for (size_t i = 0; i < at; i++)
        if (str_eq_nocase(h->list.at[i].name, name))
            return STR_NONE;
    for (size_t i = at + 1; i < h->list.n; i++)
        if (str_eq_nocase(h->list.at[i].name, name))
            value = arena_fmt(x->arena, STR_FMT ", " STR_FMT, STR_ARG(value),
                              STR_ARG(h->list.at[i].value));
    return value;
}

static bool take_headers(const struct http_config *c, struct http_state *s, struct err *e)
{
    struct exchange *x = s->x;
    const struct http_headers *h = &s->call.response;
    str list, host = http_url_host(s->call.url);
    if (!http_config_text(c->response_headers, x, &list, e))
        return err_ctx(e, "allowedResponseHeaders");
    for (size_t i = 0; i < h->list.n; i++) {
        str name = h->list.at[i].name;
        if (str_eq_nocase(name, STR("Set-Cookie")))
            http_session_store(x, host, h->list.at[i].value);
        str value = is_kept(c, list, name) ? joined(x, h, i) : STR_NONE;
        if (value.p)
            fields_set_text(&x->headers, name, value);
    }
    fields_set(&x->headers, STR("CamelHttpResponseCode"), datum_int(s->call.status));
    fields_set_text(&x->headers, STR("CamelHttpResponseText"),
                    s->call.reason.p ? s->call.reason : STR(""));
    return true;
}

static bool take_body(struct http_state *s, struct err *e)
{
    struct exchange *x = s->x;
    str bytes = blob_bytes(s->call.response_body);
    bool packed = str_starts(bytes, STR("\x1f\x8b")) &&
                  str_eq_nocase(http_header(&s->call.response, "Content-Encoding"), STR("gzip"));
    if (!packed) {
        exchange_set_body(x, body_of_blob(blob_ref(s->call.response_body)));
        return true;
    }
    AUTO(buf) struct buf out = BUF(MAX_RESPONSE);
    if (!gzip_decode(bytes, &out, e))
        return err_ctx(e, "response");
    exchange_set_body(x, body_of_buf(&out));
    fields_remove(&x->headers, STR("Content-Encoding"));
    fields_remove(&x->headers, STR("Content-Length"));
    return true;
}

static struct step_result take_answer(const struct http_config *c, struct http_state *s,
                                      struct err *e)
{
    if (!s->call.ok)
        return fail_transport(s, e);
    if (c->throw_on_failure && (s->call.status < 200 || s->call.status > 299))
        return fail_status(c, s, e);
    return take_headers(c, s, e) && take_body(s, e) ? CONTINUE : FAIL;
}

static struct step_result resume_token(struct http_state *s, struct err *e)
{
    s->fetching_token = false;
    if (!s->token->ok) {
        *e = s->token->err;
        err_ctx(e, "OAuth2 token");
        release(s);
        return FAIL;
    }
    str value = arena_fmt(s->x->arena, "Bearer " STR_FMT, STR_ARG(s->token->token));
    vec_add(s->x->arena, &s->call.headers.list, (struct http_header){STR("Authorization"), value});
    send_call(s);
    return WAIT;
}

static struct step_result resume(const void *cfg, struct exchange *x, struct err *e)
{
    const struct http_config *c = cfg;
    struct http_state *s = x->wait;
    if (s->fetching_token)
        return resume_token(s, e);
    if (c->auth == AUTH_OAUTH2 && s->call.ok && s->call.status == 401)
        oauth2_forget(engine_config(x->engine)->oauth2, s->token->token);
    if (must_retry(c, s))
        return retry(c, s);
    struct step_result ret = take_answer(c, s, e);
    release(s);
    return ret;
}

static void dispose(void *cfg)
{
    struct http_config *c = cfg;
    if (c->program && c->program->http_session == SESSION_FLOW)
        http_session_forget(c->program->artifact_id);
}

static void explain(const void *cfg, struct buf *out)
{
    const struct http_config *c = cfg;
    buf_addf(out, STR_FMT ", %u ms", STR_ARG(c->method.p ? c->method : STR("dynamic")),
             c->timeout_ms);
}

const struct receiver_type receiver_http = {
    .component = "HTTP",
    .cfg_size = sizeof(struct http_config),
    .prepare = http_config_prepare,
    .run = run,
    .resume = resume,
    .dispose = dispose,
    .explain = explain,
};
