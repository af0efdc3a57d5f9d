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
bool http_is_token(str s);
bool http_has_control(str s); /* a byte below 0x20 other than TAB, or DEL */
/* Packs r->response with gzip when it is text over 1 KB and the client accepts it. */
void http_pack(struct http_request *r);
/* Cuts "http://host/path?query" or "/path?query" into path and query. */
bool http_split_target(str target, str *ret_path, str *ret_query) MUST_USE;
/* A listening socket on a numeric address; "" means every one. port 0: any. ERR_UNAVAILABLE. */
bool net_listen(str address, uint16_t port, int *ret_fd, uint16_t *ret_port,
                struct err *e) MUST_USE;
void net_raise_file_limit(
    void); /* every connection is a descriptor: soft limit up to the hard one */
#endif
