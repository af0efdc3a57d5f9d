/* Tickets, sessions and CSRF tokens. Nothing of them is kept in memory: a ticket is a sealed text that carries
 * what it stands for, so it survives a restart and costs no table. A CSRF token carries its session's number. */
#include "identity/account.h"

#include "base/codec.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdatomic.h>

enum { IDLE_MS = 1800000, SESSION_MS = 86400000 /* at most, however busy */ };

#define LAX "; Path=/; HttpOnly; SameSite=Lax"
const struct session_face session_ci = {
    .realm = "Tidemill",
    .cookies = {{"JSESSIONID", COOKIE_TICKET, NULL, LAX, "; Secure"},
                {"__VCAP_ID__", COOKIE_NUMBER, NULL, LAX, "; Secure"}},
    .refusal =
        "CSRF token validation failed: fetch one with X-CSRF-Token: Fetch and send it with the session cookies.",
};
/* Pipelines split these two lines at ';' and ',' and take the third piece: order and attributes are fixed. */
const struct session_face session_gateway = {
    .realm = "SAP NetWeaver Application Server [SM1/001]",
    .html =
        "<html><head><title>Logon failed</title></head><body><h1>401 Unauthorized</h1>"
        "<p>Logon failed: user name or password is missing or wrong.</p></body></html>\n",
    .cookies = {{"sap-usercontext", COOKIE_FIXED, "sap-client=001", "; path=/", ""},
                {"SAP_SESSIONID_SM1_001", COOKIE_TICKET, NULL, "; path=/", "; secure; HttpOnly"}},
    .renewed = true,
    .refusal = "CSRF token validation failed",
};
static const char *const session_names[] = {"JSESSIONID", "SAP_SESSIONID_SM1_001"};

str ticket_make(struct identity *i, struct arena *a, char kind, int64_t until_ms, str rest)
{
    str text = arena_fmt(a, "%c|%" PRId64 "|" STR_FMT, kind, until_ms, STR_ARG(rest));
    str code = base64_encode(a, store_seal(i->store, a, text));
    char *z = arena_strdup(a, code);
    size_t n = code.n;
    while (n && z[n - 1] == '=')
        n--;
    for (size_t k = 0; k < n; k++)
        z[k] = z[k] == '+' ? '-' : z[k] == '/' ? '_' : z[k];
    return (str){z, n};
}

bool ticket_read(struct identity *i, struct arena *a, char kind, str ticket, str *ret_rest)
{
    struct err e = {0};
    str sealed, text, until;
    int64_t until_ms;
    if (ticket.n > 4096 || !base64_decode(a, ticket, &sealed) ||
        !store_unseal(i->store, a, sealed, &text, &e) || text.n < 2 || text.p[0] != kind ||
        text.p[1] != '|')
        return false;
    text = str_from(text, 2);
    if (!str_split(&text, '|', &until) || !str_to_i64(until, &until_ms) || until_ms < time_now_ms())
        return false;
    *ret_rest = text;
    return true;
}

str cookie_value(const struct http_request *r, const char *name)
{
    str want = str_of(name);
    for (size_t n = 0; n < r->headers.list.n; n++) {
        str rest = r->headers.list.at[n].value, pair;
        if (!str_eq_nocase(r->headers.list.at[n].name, STR("Cookie")))
            continue;
        while (str_split(&rest, ';', &pair)) {
            pair = str_trim(pair);
            if (str_starts(pair, want) && pair.n > want.n && pair.p[want.n] == '=')
                return str_from(pair, want.n + 1);
        }
    }
    return STR_NONE;
}

/* Idle for too long? Uses count from the last start on at least: what came before is not known. */
static bool is_alive(struct identity *i, str number, int64_t issued)
{
    _Atomic int64_t *seen = &i->seen[str_hash(number) % SEEN];
    int64_t now = time_now_ms(), last = atomic_load(seen);
    last = issued > last ? issued : last;
    last = i->started_ms > last ? i->started_ms : last;
    if (now - last > IDLE_MS)
        return false;
    atomic_store(seen, now);
    return true;
}

/* A session's rest: "ISSUED|NUMBER|u or c|name". */
static bool session_read(struct identity *i, struct http_request *r, const char *cookie,
                         str *ret_number, str *ret_who)
{
    str rest, issued, ticket = cookie_value(r, cookie);
    int64_t ms;
    if (!ticket.p || !ticket_read(i, r->arena, 's', ticket, &rest) ||
        !str_split(&rest, '|', &issued) || !str_to_i64(issued, &ms) ||
        !str_split(&rest, '|', ret_number) || !is_alive(i, *ret_number, ms))
        return false;
    *ret_who = rest;
    return true;
}

static str who(struct arena *a, const struct account *account)
{
    return arena_fmt(a, "%c" STR_FMT, account->kind == ACCOUNT_USER ? 'u' : 'c',
                     STR_ARG(account->name));
}

const struct account *session_account(struct identity *i, struct http_request *r)
{
    str number, name;
    for (size_t n = 0; n < COUNT(session_names); n++)
        if (session_read(i, r, session_names[n], &number, &name) && name.n)
            return account_find(i, name.p[0] == 'u' ? ACCOUNT_USER : ACCOUNT_CLIENT,
                                str_from(name, 1));
    return NULL;
}

/* The number of the caller's own session among those of the request; wanted STR_NONE: any. */
static bool own_session(const struct user *u, struct http_request *r, str wanted, str *ret_number)
{
    str name, own = who(r->arena, u->account);
    for (size_t n = 0; n < COUNT(session_names); n++)
        if (session_read(u->account->identity, r, session_names[n], ret_number, &name) &&
            str_eq(name, own) && (!wanted.p || str_eq(wanted, *ret_number)))
            return true;
    return false;
}

static void set_cookies(const struct user *u, struct http_request *r, str number)
{
    struct arena *a = r->arena;
    int64_t now = time_now_ms();
    bool tls = str_starts(r->url, STR("https:"));
    str rest = arena_fmt(a, "%" PRId64 "|" STR_FMT "|" STR_FMT, now, STR_ARG(number),
                         STR_ARG(who(a, u->account)));
    for (size_t n = 0; n < COUNT(u->face->cookies); n++) {
        const struct session_cookie *c = &u->face->cookies[n];
        str value = str_of(c->fixed);
        if (c->kind == COOKIE_TICKET)
            value = ticket_make(u->account->identity, a, 's', now + SESSION_MS, rest);
        else if (c->kind == COOKIE_NUMBER)
            value = str_sub(number, 0, 8);
        http_set(r, "Set-Cookie",
                 arena_fmt(a, "%s=" STR_FMT "%s%s", c->name, STR_ARG(value), c->attributes,
                           tls ? c->tls_attributes : ""));
    }
}

bool csrf_fetch(struct http_request *r)
{
    const struct user *u = r->user;
    str number;
    if (!u || !str_eq_nocase(http_header(&r->headers, "X-CSRF-Token"), STR("fetch")))
        return false;
    bool known = own_session(u, r, STR_NONE, &number);
    if (!known)
        number = id_uuid(r->arena);
    if (!known || u->face->renewed)
        set_cookies(u, r, number);
    http_set(r, "X-CSRF-Token",
             ticket_make(u->account->identity, r->arena, 'x', time_now_ms() + SESSION_MS,
                         number)); /* lives as its session */
    return true;
}

bool csrf_check(struct http_request *r)
{
    const struct user *u = r->user;
    str number, token;
    if (!u || u->how == BY_BEARER)
        return true;
    if (ticket_read(u->account->identity, r->arena, 'x', http_header(&r->headers, "X-CSRF-Token"),
                    &token) &&
        own_session(u, r, token, &number))
        return true;
    r->response.status = 403;
    http_set(r, "X-CSRF-Token", STR("Required"));
    http_set(r, "Content-Type", STR("text/plain;charset=UTF-8"));
    buf_reset(&r->response.out);
    buf_addz(&r->response.out, u->face->refusal);
    return false;
}
