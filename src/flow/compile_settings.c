/* compile_settings: the runtime configuration, which are the properties of the collaboration. */
#include "flow/compile.h"

static str unquote(str s)
{
    bool quoted = s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0];
    return quoted ? str_sub(s, 1, s.n - 1) : s;
}

/* xmlns:p=uri;xmlns:q="uri" */
static void read_namespaces(struct compile *c)
{
    struct program *p = c->program;
    str rest = iflw_property(&c->flow.properties, "namespaceMapping"), one;
    while (str_split(&rest, ';', &one)) {
        one = str_trim(one);
        size_t eq = str_find_char(one, '=', 0);
        if (eq == SIZE_MAX || !str_starts(one, STR("xmlns")))
            continue;
        str prefix = str_trim(str_sub(one, 5, eq));
        str *uri = arena_new_of(p->arena, str);
        *uri = unquote(str_trim(str_from(one, eq + 1)));
        if (prefix.n && prefix.p[0] == ':')
            prefix = str_from(prefix, 1);
        map_put(&p->namespaces, prefix, uri);
    }
}

void compile_settings(struct compile *c)
{
    const struct map *from = &c->flow.properties;
    struct program *p = c->program;
    str session = iflw_property(from, "httpSessionHandling");
    read_namespaces(c);
    p->allowed_headers = str_trim(iflw_property(from, "allowedHeaderList"));
    p->return_exception = str_eqz(iflw_property(from, "returnExceptionToSender"), "true");
    p->http_session = str_eqz(session, "onExchange")          ? SESSION_EXCHANGE
                      : str_eqz(session, "onIntegrationFlow") ? SESSION_FLOW
                                                              : SESSION_NONE;
}
