/* HTTP server. Bytes become a struct http_request with its body complete (a blob, so a large one is
 * in a file); the handler answers with http_reply, at once or later from any thread. This is the
 * one room that knows libmicrohttpd. Rejected before any handler, with one sentence of text/plain:
 * Content-Length beside Transfer-Encoding, a repeated Content-Length/Transfer-Encoding/Host, a
 * missing Host, control characters, bodies over the limit that admit names (413). URL and headers
 * over head_limit give 414/431, an answer's headers over it 500. Headers slower than the header deadline close the connection. */
#ifndef NET_SERVER_H
#define NET_SERVER_H
#include "base/blob.h"
#include "base/vec.h"

struct http_header {
    str name, value;
};
struct http_headers {
    VEC(struct http_header) list;
};
/* First value of that name (case-insensitive), or STR_NONE. */
str http_header(const struct http_headers *h, const char *name);

struct http_request {
    struct arena *arena; /* lives until the answer has been sent */
    str method;          /* as received: a token of at most 32 characters */
    str path;  /* raw, still percent-encoded, without the query; begins with '/', or is "*" */
    str query; /* raw; STR_NONE when there is no '?' */
    str url;   /* scheme://host[:port] as the client called it (Host header) */
    struct http_headers headers;
    struct blob *body; /* never NULL in the handler, and empty when none was sent; NULL in admit */
    str peer;          /* address text */
    str client_dn;     /* subject of a verified client certificate, or STR_NONE */
    const void *user;  /* set by the identity layer: struct app user; NULL when anonymous */
    struct http_response {
        int status; /* 0: 200 */
        struct http_headers headers;
        struct buf
            out; /* small answers are written here; over its limit (64 MB) the answer is 500 ... */
        struct blob *blob; /* ... or a reference is put here; it wins over out */
        /* MAY: out or blob is only the next piece of an answer without a Content-Length. When the client has
         * taken it, more is called on an HTTP thread, where it must not block, and leads to another
         * http_reply; without more that piece is the last. A piece is not empty. When the client goes
         * away first, more is not called and the request just ends. */
        void (*more)(void *ctx, struct http_request *r);
        void *more_ctx;
        bool
            broken; /* in a later piece: the rest cannot be made; the client sees the connection cut */
    } response;
};
/* Sets a response header, replacing an earlier one of that name ("Set-Cookie" adds). name and value
 * must outlive the request. Content-Length, Date and Connection are the server's business; a value
 * that holds CR or LF is left out. */
void http_set(struct http_request *r, const char *name, str value);
/* Sends r->response. Exactly once per request (or per piece), from any thread; r is gone afterwards. Text,
 * JSON and XML over 1 KB are packed with gzip when the client accepts it; blobs in files and answers in
 * pieces are sent as they are. Status and headers count in the first piece. */
void http_reply(struct http_request *r);

typedef void http_handler(void *ctx, struct http_request *r);
/* Called before the body arrives, on an HTTP thread; must not block. *ret_limit (body bytes) holds
 * HTTP_BODY_LIMIT. May refuse: return false with e filled. The client then gets e's status and
 * either what admit wrote to r->response.out (with a Content-Type it set) or e->msg as text/plain;
 * headers set by admit are kept (WWW-Authenticate). */
typedef bool http_admit(void *ctx, struct http_request *r, size_t *ret_limit, struct err *e);
enum { HTTP_BODY_LIMIT = 40 << 20 };

struct http_route {
    const char
        *prefix; /* "/api/v1"; matches itself and what continues with '/'. Longest wins. "": all */
    http_handler *handle;
    http_admit *admit; /* NULL: anyone, HTTP_BODY_LIMIT */
    void *ctx;
};
struct http_server_config {
    str address;           /* "127.0.0.1" or "::" (both families); a number, not a name */
    uint16_t port;         /* 0: any */
    unsigned threads;      /* 0: one per core */
    str tls_cert, tls_key; /* PEM; STR_NONE: plain HTTP */
    str tls_client_ca;     /* PEM: whose client certificates count; STR_NONE: none is asked for */
    unsigned header_deadline_ms; /* first byte to last header; 0: 20 s */
    unsigned idle_timeout_ms;    /* no byte in either direction; whole seconds; 0: 75 s */
    unsigned max_connections;    /* 0: 16384 */
    /* Bytes of request line and headers, and of an answer's headers; 0: 32 KB. Each connection has memory for both,
     * which libmicrohttpd wipes with each request: 24 KB less save 1 us of 9. */
    unsigned head_limit;
    const struct http_route *routes; /* must outlive the server */
    size_t nroutes;
};
struct http_server;
bool http_server_start(const struct http_server_config *c, struct http_server **ret,
                       struct err *e) MUST_USE;
uint16_t http_server_port(const struct http_server *s);
/* Refuses new connections, closes idle ones, waits up to grace_ms for requests in flight, then
 * closes. Must not be called from a handler. A request whose handler has not replied by then keeps
 * its memory: its http_reply stays allowed and has no effect. NULL is fine. */
void http_server_stop(struct http_server *s, unsigned grace_ms);
#endif
