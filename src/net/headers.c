/* Header fields of requests and answers. */
#include "net/rules.h"

str http_header(const struct http_headers *h, const char *name)
{
    str want = str_of(name);
    for (size_t i = 0; i < h->list.n; i++)
        if (str_eq_nocase(h->list.at[i].name, want))
            return h->list.at[i].value;
    return STR_NONE;
}

void http_set(struct http_request *r, const char *name, str value)
{
    struct http_headers *h = &r->response.headers;
    str key = str_of(name);
    bool adds = str_eq_nocase(key, STR("Set-Cookie"));
    for (size_t i = 0; i < h->list.n && !adds; i++)
        if (str_eq_nocase(h->list.at[i].name, key)) {
            h->list.at[i].value = value;
            return;
        }
    vec_add(r->arena, &h->list, (struct http_header){key, value});
}

void http_drop_coding(struct http_headers *h)
{
    if (!http_header(h, "Content-Encoding").p)
        return;
    size_t n = 0;
    for (size_t i = 0; i < h->list.n; i++) {
        str name = h->list.at[i].name;
        if (!str_eq_nocase(name, STR("Content-Encoding")) &&
            !str_eq_nocase(name, STR("Content-Length")))
            h->list.at[n++] = h->list.at[i];
    }
    h->list.n = n;
}

bool http_is_one_line(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\r' || s.p[i] == '\n' || !s.p[i])
            return false;
    return true;
}

enum { FIELD_COST = 64 }; /* what MHD keeps for a header or a query parameter, beyond its bytes */

static size_t head_size(const struct http_headers *h, size_t each)
{
    size_t n = 0;
    for (size_t i = 0; i < h->list.n; i++)
        n += h->list.at[i].name.n + h->list.at[i].value.n + sizeof ": \r\n" + each;
    return n;
}

size_t http_request_size(str target, const struct http_headers *h)
{
    size_t n = target.n + head_size(h, FIELD_COST);
    for (size_t i = 0; (i = str_find_char(target, '&', i)) != SIZE_MAX; i++)
        n += FIELD_COST;
    return n;
}

size_t http_answer_size(const struct http_headers *h)
{
    return head_size(h, 0);
}

const char *http_zero_ended(char *small, size_t cap, struct arena *a, str s)
{
    if (s.n >= cap)
        return arena_strdup(a, s);
    memcpy(small, s.p, s.n);
    small[s.n] = 0;
    return small;
}

void http_replace_answer(struct http_request *r, const char *text)
{
    struct http_response *a = &r->response;
    buf_reset(&a->out);
    a->headers.list.n = 0;
    a->status = 500;
    a->out.limit = HTTP_ANSWER_LIMIT;
    blob_unref(a->blob);
    a->blob = NULL;
    a->more = NULL;
    buf_addz(&a->out, text);
    http_set(r, "Content-Type", STR("text/plain; charset=utf-8"));
}

void http_fill_refusal(struct http_request *r, const struct err *e)
{
    struct http_response *a = &r->response;
    a->status = a->status ? a->status : err_http(e->code);
    if (a->out.n || a->blob)
        return;
    buf_addz(&a->out, e->msg);
    buf_add_char(&a->out, '\n');
    http_set(r, "Content-Type", STR("text/plain; charset=utf-8"));
}
