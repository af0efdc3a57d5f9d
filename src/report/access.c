#include "report/access.h"

static str first_text(const struct jr *object, const char *const *names)
{
    for (; *names; names++)
        if (jr_text(object, *names).n)
            return jr_text(object, *names);
    return STR_NONE;
}

static str without_slash(str url)
{
    while (str_ends(url, STR("/")))
        url.n--;
    return url;
}

bool access_of_key(struct arena *a, str json, struct access *ret, struct err *e)
{
    static const char *const ids[] = {"clientid", "clientId", "client_id", NULL},
                             *const secrets[] = {"clientsecret", "clientSecret", "client_secret",
                                                 NULL},
                             *const urls[] = {"url", "api_url", "apiUrl", NULL},
                             *const tokens[] = {"tokenurl", "tokenUrl", "token_url",
                                                "tokenServiceURL", NULL};
    struct jr *top;
    if (!jr_parse(a, json, &top, e))
        return false;
    const struct jr *key = jr_get(top, "credentials") ? jr_get(top, "credentials") : top;
    const struct jr *oauth = jr_get(key, "oauth") ? jr_get(key, "oauth")
                             : jr_get(key, "uaa") ? jr_get(key, "uaa")
                                                  : key;
    bool uaa = oauth == jr_get(key, "uaa");
    *ret = (struct access){.url = first_text(uaa ? key : oauth, urls),
                           .token_url = first_text(oauth, tokens),
                           .client_id = first_text(oauth, ids),
                           .client_secret = first_text(oauth, secrets)};
    if (!ret->url.p)
        ret->url = first_text(key, urls);
    if (uaa && !ret->token_url.p && jr_text(oauth, "url").n)
        ret->token_url =
            arena_fmt(a, STR_FMT "/oauth/token", STR_ARG(without_slash(jr_text(oauth, "url"))));
    ret->url = without_slash(ret->url);
    if (ret->url.n && ret->token_url.n && ret->client_id.n && ret->client_secret.n)
        return true;
    return err_set(e, ERR_BAD_REQUEST,
                   "no service key: url, tokenurl, clientid and clientsecret are needed");
}
