#include "net/address.h"

#include "net/rules.h"

/* Cuts a URL after its authority; false when it has none. */
static bool split_origin(str url, str *ret_scheme, str *ret_authority, str *ret_rest)
{
    size_t colon = str_find(url, STR("://"), 0);
    if (colon == SIZE_MAX || !colon)
        return false;
    size_t end = colon + 3;
    while (end < url.n && !strchr("/?#", url.p[end]))
        end++;
    *ret_scheme = str_sub(url, 0, colon);
    *ret_authority = str_sub(url, colon + 3, end);
    *ret_rest = str_from(url, end);
    return ret_authority->n > 0;
}

str url_host(str url)
{
    str scheme, host, rest;
    if (!split_origin(url, &scheme, &host, &rest))
        return STR("");
    size_t at = str_rfind_char(host, '@');
    return at == SIZE_MAX ? host : str_from(host, at + 1);
}

static str without_default_port(str scheme, str host)
{
    str port = str_eq_nocase(scheme, STR("https")) ? STR(":443") : STR(":80");
    return str_ends(host, port) ? str_sub(host, 0, host.n - port.n) : host;
}

bool host_map_add(struct arena *a, struct host_map *m, str rule, struct err *e)
{
    size_t mark = str_find_char(rule, '=', 0);
    str from = str_sub(rule, 0, mark), to = mark == SIZE_MAX ? STR("") : str_from(rule, mark + 1);
    str scheme, host, rest;
    while (str_ends(to, STR("/")))
        to.n--;
    if (!split_origin(to, &scheme, &host, &rest) || rest.n)
        return err_set(e, ERR_BAD_REQUEST,
                       "'" STR_FMT "' is not FROM=TO with TO scheme://host[:port]", STR_ARG(rule));
    if (!str_eq(from, STR("*")) &&
        (!split_origin(from, &scheme, &host, &rest) || (rest.n && !str_eq(rest, STR("/")))))
        return err_set(e, ERR_BAD_REQUEST,
                       "'" STR_FMT "' is not FROM=TO with FROM '*' or scheme://host[:port]",
                       STR_ARG(rule));
    vec_add(a, &m->rules, (struct host_rule){arena_str(a, from), arena_str(a, to)});
    return true;
}

static bool same_origin(str from, str scheme, str host)
{
    str s, h, rest;
    return split_origin(from, &s, &h, &rest) && str_eq_nocase(s, scheme) &&
           str_eq_nocase(without_default_port(s, h), without_default_port(scheme, host));
}

str host_map_apply(struct arena *a, const struct host_map *m, str url)
{
    str scheme, host, rest;
    const struct host_rule *hit = NULL;
    if (!m->rules.n || !split_origin(url, &scheme, &host, &rest))
        return url;
    host = url_host(url);
    for (size_t i = 0; i < m->rules.n; i++) {
        const struct host_rule *r = &m->rules.at[i];
        if (same_origin(r->from, scheme, host)) {
            hit = r;
            break;
        }
        if (!hit && str_eq(r->from, STR("*")))
            hit = r;
    }
    return hit ? arena_fmt(a, STR_FMT STR_FMT, STR_ARG(hit->to), STR_ARG(rest)) : url;
}

bool net_is_host_port(str s)
{
    size_t colon = str_rfind_char(s, ':');
    int64_t port;
    return colon != SIZE_MAX && colon > 0 && str_to_i64(str_from(s, colon + 1), &port) &&
           port > 0 && port < 65536 && str_find_char(s, '/', 0) == SIZE_MAX && http_is_one_line(s);
}
