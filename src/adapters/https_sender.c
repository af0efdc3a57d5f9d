/* HTTPS sender: a request becomes an exchange, its end the answer. What must hold before the body arrives (caller,
 * address, role, size) is checked in https_sender_admit; the rest when the request is complete. */
#include "adapters/https_sender.h"

#include "adapters/endpoint.h"
#include "adapters/header_filter.h"
#include "base/codec.h"
#include "format/charset.h"

#include <ctype.h>

enum { PREFIX = 5 /* "/http" */, MEGABYTE = 1 << 20, DEFAULT_MB = 40 };

struct https_config {
    str path;    /* lower case, without the wildcard's end */
    str written; /* as the channel has it, without the wildcard's end */
    str address; /* the same below the host */
    bool wildcard, csrf, by_certificate;
    str role;
    const str *subjects; /* of client certificates, without blanks */
    size_t nsubjects;
    size_t most_bytes;
    struct inbound_filter *filter;
};

static struct endpoints table = ENDPOINTS;

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};

static str lower(struct arena *a, str s)
{
    char *z = arena_strdup(a, s);
    for (size_t i = 0; i < s.n; i++)
        z[i] = (char)tolower((unsigned char)z[i]);
    return (str){z, s.n};
}

static str without_blanks(struct arena *a, str s)
{
    char *z = arena_strdup(a, s);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != ' ')
            z[n++] = (char)tolower((unsigned char)s.p[i]);
    return (str){z, n};
}

/* ---- configuration ---- */

static void prepare_caller(struct https_config *c, struct prepare *p)
{
    struct prepare_row *rows;
    size_t n = 0;
    str type = prepare_text_or(p, "senderAuthType", "RoleBased");
    c->role = prepare_text_or(p, "userRole", "ESBMessaging.send");
    c->by_certificate = str_eqz(type, "ClientCertificate");
    if (!c->by_certificate && !str_eqz(type, "RoleBased"))
        prepare_unsupported(p, "senderAuthType '" STR_FMT "'", STR_ARG(type));
    if (!c->by_certificate || !prepare_rows(p, "clientCertificates", &rows, &n))
        return;
    str *subjects = arena_new_array(p->arena, str, n);
    for (size_t i = 0; i < n; i++)
        subjects[i] =
            without_blanks(p->arena, row_cell(&rows[i], "clientCertificate.subjectDN", 0));
    c->subjects = subjects;
    c->nsubjects = n;
}

static void prepare(void *cfg, struct prepare *p)
{
    struct https_config *c = cfg;
    str path = str_trim(prepare_text(p, "urlPath"));
    if (path.n &&
        path.p[0] != '/') /* the editor insists on it, bundles with placeholders lack it */
        path = arena_fmt(p->arena, "/" STR_FMT, STR_ARG(path));
    if (path.n < 2) {
        prepare_wrong(p, "the address '" STR_FMT "': it is empty", STR_ARG(path));
        return;
    }
    c->wildcard = str_ends(path, STR("/*"));
    if (c->wildcard)
        path.n -= 2;
    else if (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    if (str_find_char(path, '*', 0) != SIZE_MAX)
        prepare_wrong(p, "the address '" STR_FMT "': '*' may only be its last part", STR_ARG(path));
    c->written = path;
    c->address = arena_fmt(p->arena, "/http" STR_FMT, STR_ARG(path));
    c->path = lower(p->arena, path);
    c->csrf = prepare_bool(p, "xsrfProtection", false);
    c->most_bytes = (size_t)prepare_int(p, "maximumBodySize", DEFAULT_MB, 1, 2048) * MEGABYTE;
    c->filter = inbound_filter_prepare(p, p->program->allowed_headers);
    prepare_caller(c, p);
}

static bool start(const void *cfg, struct artifact *a, const struct route *r, bool first,
                  struct err *e)
{
    const struct https_config *c = cfg;
    (void)first;
    return endpoint_add(&table, a, r, c, c->path, c->wildcard, e);
}

static void stop(const void *cfg, struct artifact *a, const struct route *r)
{
    (void)cfg;
    endpoint_remove(&table, a, r);
}

static str address(const void *cfg)
{
    const struct https_config *c = cfg;
    return c->address;
}

static void explain(const void *cfg, struct buf *out)
{
    const struct https_config *c = cfg;
    buf_addf(out, "/http" STR_FMT "%s, role " STR_FMT, STR_ARG(c->written), c->wildcard ? "/*" : "",
             STR_ARG(c->role));
}

/* ---- request ---- */

/* The path below /http, decoded, without a slash at the end. */
static bool request_path(struct http_request *r, str *ret)
{
    str path;
    if (!percent_decode(r->arena, str_from(r->path, PREFIX), false, &path))
        return false;
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    *ret = path;
    return true;
}

static bool find(const struct https_sender *s, struct http_request *r, struct endpoint_hit *ret,
                 str *ret_path, struct err *e)
{
    if (request_path(r, ret_path) &&
        endpoint_find(&table, s->engine, lower(r->arena, *ret_path), ret))
        return true;
    if (s->starting && s->starting(s->starting_arg))
        return err_set(e, ERR_UNAVAILABLE, "the integration flows are being started");
    return err_set(e, ERR_NOT_FOUND, "no integration flow is deployed at '" STR_FMT "'",
                   STR_ARG(r->path));
}

static bool has_certificate(const struct https_config *c, struct http_request *r)
{
    str dn = r->client_dn.p ? without_blanks(r->arena, r->client_dn) : STR_NONE;
    for (size_t i = 0; dn.p && i < c->nsubjects; i++)
        if (str_eq(dn, c->subjects[i]))
            return true;
    return false;
}

static bool may_call(const struct https_config *c, struct http_request *r, struct err *e)
{
    if (c->by_certificate)
        return has_certificate(c, r) ||
               err_set(e, ERR_FORBIDDEN,
                       "this address asks for a client certificate that its channel names");
    return user_has_role(r->user, c->role) ||
           err_set(e, ERR_FORBIDDEN, "the role '" STR_FMT "' is missing", STR_ARG(c->role));
}

bool https_sender_admit(void *ctx, struct http_request *r, size_t *ret_limit, struct err *e)
{
    const struct https_sender *s = ctx;
    struct endpoint_hit hit;
    struct err unknown = {0};
    str path;
    size_t limit = 0;
    bool found = find(s, r, &hit, &path, &unknown);
    const struct https_config *c = found ? hit.cfg : NULL;
    bool ok = (found && c->by_certificate) || identity_admit(s->identity, r, &limit, e);
    if (ok && !found) {
        *e = unknown;
        ok = false;
    }
    if (ok)
        ok = may_call(c, r, e);
    if (ok)
        *ret_limit = c->most_bytes;
    if (found)
        artifact_unref(hit.artifact);
    return ok;
}

static void add_header(struct exchange *x, struct arena *a, str name, str value)
{
    struct datum *old = fields_get(&x->headers, name);
    if (old)
        value = arena_fmt(a, STR_FMT ", " STR_FMT, STR_ARG(datum_str(a, old)), STR_ARG(value));
    fields_set_text(&x->headers, name, value);
}

static bool passes(const struct https_config *c, str name)
{
    return !header_is_camel(name) && inbound_filter_passes(c->filter, name);
}

static void take_query(const struct https_config *c, struct http_request *r, struct exchange *x)
{
    str rest = r->query, pair, name, value;
    while (str_split(&rest, '&', &pair)) {
        size_t eq = str_find_char(pair, '=', 0);
        str raw = eq == SIZE_MAX ? STR("") : str_from(pair, eq + 1);
        if (percent_decode(r->arena, str_sub(pair, 0, eq), true, &name) && name.n &&
            passes(c, name) && percent_decode(r->arena, raw, true, &value))
            add_header(x, r->arena, name, value);
    }
}

static void fill(const struct https_config *c, struct http_request *r, struct exchange *x, str path,
                 size_t matched)
{
    for (size_t i = 0; i < r->headers.list.n; i++) {
        const struct http_header *h = &r->headers.list.at[i];
        if (passes(c, h->name))
            add_header(x, r->arena, h->name, h->value);
    }
    if (r->query.p)
        take_query(c, r, x);
    str under = path.n > matched ? str_from(path, matched + 1) : STR("");
    fields_set_text(&x->headers, STR("CamelHttpUrl"),
                    arena_fmt(r->arena, STR_FMT STR_FMT, STR_ARG(r->url), STR_ARG(r->path)));
    if (r->query.n)
        fields_set_text(&x->headers, STR("CamelHttpQuery"), r->query);
    fields_set_text(&x->headers, STR("CamelHttpMethod"), r->method);
    fields_set_text(&x->headers, STR("CamelServletContextPath"), c->written);
    if (under.n)
        fields_set_text(&x->headers, STR("CamelHttpPath"), under);
    if (!c->by_certificate)
        fields_set_text(&x->headers, STR("SapAuthenticatedUserName"), user_name(r->user));
    exchange_set_body(x, body_of_blob(blob_ref(r->body)));
}

/* ---- answer ---- */

static void reply_text(struct http_request *r, int status, str text)
{
    r->response.status = status;
    http_set(r, "Content-Type", STR("text/plain; charset=utf-8"));
    buf_add(&r->response.out, text);
    http_reply(r);
}

static void reply_error(struct http_request *r, const struct err *e)
{
    reply_text(r, err_http(e->code), str_of(e->msg));
}

static void reply_headers(struct http_request *r, struct exchange *x)
{
    for (size_t i = 0; i < x->headers.n; i++) {
        const struct field *f = &x->headers.at[i];
        if (!f->value || header_is_internal(f->name) || !header_is_token(f->name))
            continue;
        str value = arena_str(r->arena, header_value(r->arena, datum_str(r->arena, f->value)));
        http_set(r, arena_strdup(r->arena, f->name), value);
    }
}

static int reply_status(struct exchange *x)
{
    int64_t code;
    str text = exchange_header(x, "CamelHttpResponseCode");
    if (text.p && str_to_i64(str_trim(text), &code) && code >= 200 && code <= 599)
        return (int)code;
    return body_size(x->body) ? 200 : 204;
}

/* Text travels as UTF-8 inside; bytes that are no UTF-8 are somebody's own encoding and stay as they are. */
static void reply_body(struct http_request *r, struct exchange *x)
{
    str type = exchange_header(x, "Content-Type");
    str charset = type.p ? charset_of_type(type) : STR_NONE;
    if (!charset.p)
        charset = exchange_property(x, "CamelCharsetName");
    bool same =
        !charset.n || str_eq_nocase(charset, STR("UTF-8")) || str_eq_nocase(charset, STR("UTF8"));
    r->response.out.limit = same ? r->response.out.limit : body_size(x->body) * 4 + 16;
    if (!same && charset_encode(body_bytes(x->body), charset, &r->response.out))
        return;
    buf_reset(&r->response.out);
    r->response.blob = blob_ref(body_blob(x->body));
}

static void finish(void *arg, struct exchange *x)
{
    struct http_request *r = arg;
    str id = arena_str(r->arena, str_of(exchange_message_id(x)));
    if (x->error || message_status(x->message) == MESSAGE_ESCALATED) {
        http_set(r, "SAP_MessageProcessingLogID", id);
        reply_text(r, 500, exchange_failure_text(x));
        return;
    }
    reply_headers(r, x);
    if (!fields_find(&x->headers, STR("SAP_MessageProcessingLogID")))
        http_set(r, "SAP_MessageProcessingLogID", id);
    r->response.status = reply_status(x);
    if (x->body)
        reply_body(r, x);
    http_reply(r);
}

static bool is_known_method(str m)
{
    for (size_t i = 0; i < COUNT(methods); i++)
        if (str_eqz(m, methods[i]))
            return true;
    return false;
}

/* true: the request has been answered. */
static bool csrf_answered(struct http_request *r)
{
    bool reading = str_eqz(r->method, "GET") || str_eqz(r->method, "HEAD");
    if (reading && !csrf_fetch(r))
        return false;
    if (reading)
        r->response.status = 200;
    else if (csrf_check(r))
        return false;
    http_reply(r);
    return true;
}

static void launch(struct endpoint_hit *hit, struct http_request *r, str path)
{
    struct err e = {0};
    const struct start s = {.route = hit->route, .has_reply = true, .sender = user_name(r->user)};
    struct exchange *x = exchange_new(hit->artifact, &s, &e);
    if (!x) {
        reply_error(r, &e);
        return;
    }
    fill(hit->cfg, r, x, path, hit->matched);
    engine_start(x, finish, r);
}

void https_sender_handle(void *ctx, struct http_request *r)
{
    const struct https_sender *s = ctx;
    struct endpoint_hit hit;
    struct err e = {0};
    str path;
    if (!find(s, r, &hit, &path, &e)) { /* undeployed meanwhile */
        reply_error(r, &e);
        return;
    }
    const struct https_config *c = hit.cfg;
    if (str_eqz(r->method, "OPTIONS")) {
        http_set(r, "Allow", STR("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
        r->response.status = 200;
        http_reply(r);
    } else if (!is_known_method(r->method)) {
        reply_text(r, 405, STR("Method Not Allowed"));
    } else if (!c->csrf || !csrf_answered(r)) {
        launch(&hit, r, path);
    }
    artifact_unref(hit.artifact);
}

const struct sender_type sender_https = {
    .component = "HTTPS",
    .cfg_size = sizeof(struct https_config),
    .prepare = prepare,
    .start = start,
    .stop = stop,
    .explain = explain,
    .address = address,
    .protocol = "REST",
};
