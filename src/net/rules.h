/* Rules of HTTP/1.1 messages that need no connection: what is refused before any handler sees it,
 * and when an answer is worth packing. Private to net. */
#ifndef NET_RULES_H
#define NET_RULES_H
#include "base/err.h"
#include "net/server.h"

/* What the header fields say about the message. */
struct http_framing {
    str host;
    bool chunked, has_length, expect_continue;
    uint64_t length;
};
/* RFC 9112: exactly one Host (HTTP/1.1), never a length beside a transfer coding, no repeated
 * framing field, names are tokens, values hold no control characters. ERR_BAD_REQUEST. */
bool http_check_head(const struct http_headers *h, bool http11, struct http_framing *ret,
                     struct err *e) MUST_USE;
/* MHD keeps the head of the request and writes that of the answer in one piece of memory, twice head_limit; what has
 * no place there it drops without a word, so both are measured before. */
size_t http_request_size(str target, const struct http_headers *h);
size_t http_answer_size(const struct http_headers *h);
bool http_is_token(str s);
bool http_is_one_line(str s); /* neither CR nor LF nor NUL */
/* The body has been unpacked: what described its packed form is wrong now. */
void http_drop_coding(struct http_headers *h);
bool http_has_control(str s); /* a byte below 0x20 other than TAB, or DEL */
/* Packs r->response with gzip when it is text over 1 KB and the client accepts it. */
void http_pack(struct http_request *r);
/* Cuts "http://host/path?query" or "/path?query" into path and query. */
bool http_split_target(str target, str *ret_path, str *ret_query) MUST_USE;
/* Routes, longest prefix first. */
struct http_route_entry {
    str prefix;
    const struct http_route *route;
};
struct http_route_entry *http_routes_sorted(struct arena *a, const struct http_route *routes,
                                            size_t n);
const struct http_route *http_route_find(const struct http_route_entry *routes, size_t n, str path);
/* Fills all of r that the head says; r->headers is there already. ERR_BAD_REQUEST. */
bool http_read_head(struct http_request *r, str method, str target, str scheme, bool http11,
                    struct http_framing *f, struct err *e) MUST_USE;
static inline str http_answer_bytes(const struct http_response *a)
{
    return a->blob ? blob_bytes(a->blob) : buf_str(&a->out);
}
enum { HTTP_ANSWER_LIMIT = 64 << 20 };
/* 500 with that text: half an answer must not look like a whole one. */
void http_replace_answer(struct http_request *r, const char *text);
/* e's status and text, where admit has not put its own. */
void http_fill_refusal(struct http_request *r, const struct err *e);
/* s with a NUL behind it, in small when it has place there. */
const char *http_zero_ended(char *small, size_t cap, struct arena *a, str s);
/* A listening socket on a numeric address; "" means every one. port 0: any. ERR_UNAVAILABLE. */
bool net_listen(str address, uint16_t port, int *ret_fd, uint16_t *ret_port,
                struct err *e) MUST_USE;
void net_raise_file_limit(
    void); /* every connection is a descriptor: soft limit up to the hard one */
#endif
