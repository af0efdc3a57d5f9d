/* The OAuth2 token endpoint (RFC 6749): client credentials and password grant, in all the forms that clients of
 * the real system use (api.md 1.5): parameters in the query, the form or both, the client by Basic or by parameters. */
#include "identity/account.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/time.h"

enum { TOKEN_S = 43199 }; /* as on Cloud Foundry */

static str parameter(const struct http_request *r, const char *name)
{
    str form = blob_bytes(r->body);
    str v = form.n <= 65536 ? query_value(r->arena, form, name) : STR_NONE;
    return v.p ? v : query_value(r->arena, r->query, name);
}

static void answer(struct http_request *r, int status, str body)
{
    r->response.status = status;
    http_set(r, "Content-Type", STR("application/json;charset=UTF-8"));
    http_set(r, "Cache-Control", STR("no-store"));
    http_set(r, "Pragma", STR("no-cache"));
    buf_add(&r->response.out, body);
    http_reply(r);
}

static void refuse(struct http_request *r, int status, const char *error, const char *description)
{
    if (status == 401)
        http_set(r, "WWW-Authenticate", STR("Basic realm=\"Tidemill\""));
    answer(
        r, status,
        arena_fmt(r->arena, "{\"error\":\"%s\",\"error_description\":\"%s\"}", error, description));
}

static void issue(struct http_request *r, const struct account *a)
{
    str rest =
        arena_fmt(r->arena, "%c" STR_FMT, a->kind == ACCOUNT_USER ? 'u' : 'c', STR_ARG(a->name));
    struct jw w;
    AUTO(buf) struct buf b = BUF(65536);
    jw_init(&w, &b);
    jw_object(&w);
    jw_keyz(&w, "access_token");
    jw_str(&w,
           ticket_make(a->identity, r->arena, 't', time_now_ms() + TOKEN_S * INT64_C(1000), rest));
    jw_keyz(&w, "token_type");
    jw_str(&w, STR("bearer"));
    jw_keyz(&w, "expires_in");
    jw_int(&w, TOKEN_S);
    jw_keyz(&w, "scope");
    jw_str(&w, a->roles);
    jw_keyz(&w, "jti");
    jw_str(&w, id_uuid(r->arena));
    jw_object_end(&w);
    answer(r, 200, buf_str(&b));
}

/* The client by Basic or parameters; false: answered. *ret NULL: no client was named. */
static bool client_of(struct identity *i, struct http_request *r, const struct account **ret)
{
    str id, secret;
    *ret = NULL;
    if (!basic_split(r->arena, http_header(&r->headers, "Authorization"), &id, &secret)) {
        id = parameter(r, "client_id");
        secret = parameter(r, "client_secret");
        if (!id.p)
            return true;
    }
    *ret = account_check(i, ACCOUNT_CLIENT, id, secret, r->peer);
    if (!*ret) /* some tools send the two percent-encoded, as RFC 6749 2.3.1 has it */
        if (percent_decode(r->arena, id, false, &id) &&
            percent_decode(r->arena, secret, false, &secret))
            *ret = account_check(i, ACCOUNT_CLIENT, id, secret, r->peer);
    if (!*ret)
        refuse(r, 401, "unauthorized", "Bad credentials");
    return *ret != NULL;
}

static void by_password(struct identity *i, struct http_request *r)
{
    const struct account *a =
        account_check(i, ACCOUNT_USER, parameter(r, "username"), parameter(r, "password"), r->peer);
    if (a)
        issue(r, a);
    else
        refuse(r, 401, "unauthorized", "Bad credentials");
}

void identity_token(void *ctx, struct http_request *r)
{
    struct identity *i = ctx;
    const struct account *client;
    if (!str_eqz(r->method, "POST") && !str_eqz(r->method, "GET")) {
        http_set(r, "Allow", STR("GET, POST"));
        refuse(r, 405, "method_not_allowed", "Request method is not supported");
        return;
    }
    str grant = parameter(r, "grant_type");
    if (!grant.n) {
        refuse(r, 400, "invalid_request", "Missing grant type");
        return;
    }
    if (!client_of(i, r, &client))
        return;
    if (!client)
        refuse(r, 401, "unauthorized", "Client credentials are missing");
    else if (str_eqz(grant, "client_credentials"))
        issue(r, client);
    else if (str_eqz(grant, "password"))
        by_password(i, r);
    else
        refuse(r, 400, "unsupported_grant_type", "Supported are client_credentials and password");
}
