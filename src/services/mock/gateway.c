/* What SAP Gateway asks besides OData: a session cookie and a CSRF token for it (odata-v2.md 12). The
 * token is a keyed hash of the session, so nothing is remembered. */
#include "services/mock/parts.h"

#include "base/codec.h"

#include <inttypes.h>

static str token_of(struct mock *m, struct arena *a, str session)
{
    str text = arena_fmt(a, STR_FMT "|" STR_FMT, STR_ARG(m->secret), STR_ARG(session));
    return arena_fmt(
        a, "%016" PRIx64 "%016" PRIx64, str_hash(text),
        str_hash(arena_fmt(a, STR_FMT "|" STR_FMT, STR_ARG(text), STR_ARG(m->secret))));
}

static str session_of(const struct http_request *r)
{
    for (size_t i = 0; i < r->headers.list.n; i++) {
        str rest = r->headers.list.at[i].value, one;
        if (!str_eq_nocase(r->headers.list.at[i].name, STR("Cookie")))
            continue;
        while (str_split(&rest, ';', &one)) {
            size_t eq = str_find_char(one, '=', 0);
            if (str_starts(str_trim(one), STR("SAP_SESSIONID")) && eq != SIZE_MAX)
                return str_trim(str_from(one, eq + 1));
        }
    }
    return STR_NONE;
}

static void fetch(struct mock *m, struct http_request *r)
{
    str session = session_of(r);
    if (!session.n) {
        session = id_uuid(r->arena);
        http_set(r, "Set-Cookie",
                 arena_fmt(r->arena, "SAP_SESSIONID_MCK_001=" STR_FMT "; path=/; HttpOnly",
                           STR_ARG(session)));
        http_set(r, "Set-Cookie", STR("sap-usercontext=sap-client=001; path=/"));
    }
    http_set(r, "x-csrf-token", token_of(m, r->arena, session));
}

bool gateway_check(struct mock *m, struct http_request *r)
{
    bool reads =
        str_eqz(r->method, "GET") || str_eqz(r->method, "HEAD") || str_eqz(r->method, "OPTIONS");
    str token = http_header(&r->headers, "X-CSRF-Token"), session = session_of(r);
    if (reads) {
        if (str_eq_nocase(token, STR("fetch")))
            fetch(m, r);
        return true;
    }
    if (session.n && str_eq(token, token_of(m, r->arena, session)))
        return true;
    r->response.status = 403;
    http_set(r, "x-csrf-token", STR("Required"));
    http_set(r, "Content-Type", STR("text/plain;charset=utf-8"));
    buf_addz(&r->response.out, "CSRF token validation failed");
    return false;
}
