#include "adapters/http_config.h"

#include "adapters/header_filter.h"
#include "adapters/http_session.h"
#include "adapters/http_url.h"

#include <ctype.h>

enum { DEFAULT_TIMEOUT_MS = 60000, MAX_TIMEOUT_MS = 24 * 3600 * 1000 };

static const struct {
    const char *name;
    bool body; /* sent whatever httpShouldSendBody says */
    bool body_if_asked;
} methods[] = {
    {"POST",    true,  true },
    {"GET",     false, true },
    {"PUT",     true,  true },
    {"PATCH",   true,  true },
    {"DELETE",  false, true },
    {"HEAD",    false, true },
    {"TRACE",   false, false},
    {"OPTIONS", false, false},
};

static const struct {
    const char *name;
    enum http_auth auth;
} auths[] = {
    {"None",                      AUTH_NONE       },
    {"Basic",                     AUTH_BASIC      },
    {"OAuth2 Client Credentials", AUTH_OAUTH2     },
    {"Client Certificate",        AUTH_CERTIFICATE},
};

static size_t find_method(str name)
{
    size_t i = 0;
    while (i < COUNT(methods) && !str_eqz(name, methods[i].name))
        i++;
    return i;
}

static str upper(struct arena *a, str s)
{
    char *z = arena_strdup(a, s);
    for (size_t i = 0; i < s.n; i++)
        z[i] = (char)toupper((unsigned char)z[i]);
    return (str){z, s.n};
}

static void prepare_method(struct http_config *c, struct prepare *p)
{
    str method = upper(p->arena, str_trim(prepare_text_or(p, "httpMethod", "POST")));
    if (str_eqz(method, "DYNAMIC"))
        c->method_source =
            prepare_simple(p, prepare_text(p, "methodSourceExpression"), SIMPLE_TEXT);
    else if (find_method(method) < COUNT(methods))
        c->method = method;
    else
        prepare_unsupported(p, "httpMethod '" STR_FMT "'", STR_ARG(method));
}

static void prepare_auth(struct http_config *c, struct prepare *p)
{
    str name = str_trim(prepare_text_or(p, "authenticationMethod", "None"));
    c->credential = prepare_simple(p, str_trim(prepare_text(p, "credentialName")), SIMPLE_TEXT);
    for (size_t i = 0; i < COUNT(auths); i++)
        if (str_eq_nocase(name, str_of(auths[i].name))) {
            c->auth = auths[i].auth;
            if (c->auth == AUTH_CERTIFICATE)
                c->credential =
                    prepare_simple(p, str_trim(prepare_text(p, "privateKeyAlias")), SIMPLE_TEXT);
            return;
        }
    prepare_unsupported(p, "authenticationMethod '" STR_FMT "'", STR_ARG(name));
}

static void prepare_retry(struct http_config *c, struct prepare *p)
{
    c->retry_connection = prepare_bool(p, "retryOnConnectionFailure", false);
    c->retries = (unsigned)prepare_int(p, "retryIteration", 1, 0, 3);
    c->retry_interval_s = (unsigned)prepare_int(p, "retryInterval", 5, 0, 60);
    c->retry_codes = str_trim(prepare_text(p, "httpErrorResponseCodes"));
    if (prepare_bool(p, "retryOnException", false))
        prepare_unsupported(p, "retryOnException 'true'");
}

static void prepare_proxy(struct prepare *p)
{
    str type = str_trim(prepare_text_or(p, "proxyType", "default"));
    static const char *const direct[] = {"default", "none", "sapcc", "internet", "on-premise"};
    for (size_t i = 0; i < COUNT(direct); i++)
        if (str_eq_nocase(type, str_of(direct[i])))
            return;
    prepare_unsupported(p, "proxyType '" STR_FMT "'", STR_ARG(type));
}

void http_config_prepare(void *cfg, struct prepare *p)
{
    struct http_config *c = cfg;
    c->program = p->program;
    c->address = prepare_simple(p, prepare_text(p, "httpAddressWithoutQuery"), SIMPLE_TEXT);
    c->query = prepare_simple(p, prepare_text(p, "httpAddressQuery"), SIMPLE_TEXT);
    c->all_request_headers = !map_get(p->properties, STR("allowedRequestHeaders"));
    c->all_response_headers = !map_get(p->properties, STR("allowedResponseHeaders"));
    c->request_headers = prepare_simple(p, prepare_text(p, "allowedRequestHeaders"), SIMPLE_TEXT);
    c->response_headers = prepare_simple(p, prepare_text(p, "allowedResponseHeaders"), SIMPLE_TEXT);
    c->send_body = prepare_bool(p, "httpShouldSendBody", false);
    c->throw_on_failure = prepare_bool(p, "throwExceptionOnFailure", true);
    c->attach_failures = prepare_bool(p, "enableMPLAttachments", false);
    c->timeout_ms =
        (unsigned)prepare_int(p, "httpRequestTimeout", DEFAULT_TIMEOUT_MS, 0, MAX_TIMEOUT_MS);
    if (!c->timeout_ms)
        c->timeout_ms = MAX_TIMEOUT_MS;
    prepare_method(c, p);
    prepare_auth(c, p);
    prepare_retry(c, p);
    prepare_proxy(p);
}

bool http_config_text(const struct simple *s, struct exchange *x, str *ret, struct err *e)
{
    *ret = STR("");
    return !s || simple_text(s, x, x->arena, ret, e);
}

static bool request_url(const struct http_config *c, struct exchange *x, str *ret, struct err *e)
{
    str address, query;
    str uri = exchange_header(x, "CamelHttpUri"), path = exchange_header(x, "CamelHttpPath");
    if (!http_config_text(c->address, x, &address, e) || !http_config_text(c->query, x, &query, e))
        return err_ctx(e, "address");
    if (uri.n && (!c->address || simple_is_constant(c->address)))
        address = uri;
    if (!str_trim(query).n)
        query = exchange_header(x, "CamelHttpQuery");
    *ret = http_url(x->arena, address, path, query);
    if (str_starts_nocase(*ret, STR("http://")) || str_starts_nocase(*ret, STR("https://")))
        return true;
    return err_set(e, ERR_BAD_REQUEST, "the address '" STR_FMT "' is no http or https URL",
                   STR_ARG(*ret));
}

static bool request_method(const struct http_config *c, struct exchange *x, str *ret, struct err *e)
{
    str method;
    if (c->method.p) {
        *ret = c->method;
        return true;
    }
    if (!http_config_text(c->method_source, x, &method, e))
        return err_ctx(e, "method");
    method = upper(x->arena, str_trim(method));
    *ret = method.n ? method : STR("POST");
    return find_method(*ret) < COUNT(methods) ||
           err_set(e, ERR_BAD_REQUEST, "the HTTP method '" STR_FMT "' is unknown", STR_ARG(method));
}

static bool request_headers(const struct http_config *c, struct exchange *x, struct http_call *call,
                            struct err *e)
{
    str list;
    if (!http_config_text(c->request_headers, x, &list, e))
        return err_ctx(e, "allowedRequestHeaders");
    for (size_t i = 0; i < x->headers.n; i++) {
        const struct field *f = &x->headers.at[i];
        bool type = str_eq_nocase(f->name, STR("Content-Type"));
        if (!f->value || header_is_internal(f->name) || !header_is_token(f->name) ||
            (!type && !c->all_request_headers && !header_list_has(list, f->name)) ||
            (c->auth != AUTH_NONE && str_eq_nocase(f->name, STR("Authorization"))))
            continue;
        struct http_header h = {f->name, header_value(x->arena, datum_str(x->arena, f->value))};
        vec_add(x->arena, &call->headers.list, h);
    }
    str cookies = http_session_cookies(x, http_url_host(call->url));
    if (cookies.p)
        vec_add(x->arena, &call->headers.list, (struct http_header){STR("Cookie"), cookies});
    return true;
}

bool http_config_request(const struct http_config *c, struct exchange *x, struct http_call *call,
                         struct err *e)
{
    if (!request_url(c, x, &call->url, e) || !request_method(c, x, &call->method, e) ||
        !request_headers(c, x, call, e))
        return false;
    size_t m = find_method(call->method);
    if (x->body && (methods[m].body || (methods[m].body_if_asked && c->send_body)))
        call->body = blob_ref(body_blob(x->body));
    call->timeout_ms = c->timeout_ms;
    return true;
}
