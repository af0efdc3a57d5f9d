/* HTTP server. Bytes become a struct http_request with its body complete (a blob, so a large one is
 * in a file); the handler answers with http_reply, at once or later from any thread. This is the one
 * room that knows libmicrohttpd.
 * Rejected before any handler: CL+TE, repeated Content-Length/Transfer-Encoding/Host, missing Host,
 * headers slower than the header deadline, bodies over the route's limit (413). */
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
    str method;          /* as received */
    str path;            /* raw, still percent-encoded, without the query */
    str query;           /* raw; STR_NONE when there is no '?' */
    str url;             /* scheme://host[:port] as the client called it (Host header) */
    struct http_headers headers;
    struct blob *body; /* never NULL; empty when none was sent */
    str peer;          /* address text */
    str client_dn;     /* subject of a verified client certificate, or STR_NONE */
    const void *user;  /* set by the identity layer: struct app user; NULL when anonymous */
    struct http_response {
        int status;
        struct http_headers headers;
        struct buf out;    /* small answers are written here ... */
        struct blob *blob; /* ... or a reference is put here; it wins over out */
    } response;
};
void http_set(struct http_request *r, const char *name, str value); /* a response header; the value must outlive the request */
/* Sends r->response. Exactly once per request, from any thread; r is gone afterwards. */
void http_reply(struct http_request *r);

typedef void http_handler(void *ctx, struct http_request *r);
/* Called before the body arrives. May refuse: return false with e filled. *ret_limit: body bytes. */
typedef bool http_admit(void *ctx, struct http_request *r, size_t *ret_limit, struct err *e);

struct http_route {
    const char *prefix; /* "/api/v1"; matches itself and what continues with '/'. Longest wins */
    http_handler *handle;
    http_admit *admit; /* NULL: 40 MB */
    void *ctx;
};
struct http_server_config {
    str address; /* "127.0.0.1" or "::" */
    uint16_t port; /* 0: any */
    unsigned threads; /* 0: one per core */
    str tls_cert, tls_key, tls_client_ca; /* PEM texts; STR_NONE: plain HTTP */
    unsigned header_deadline_ms, idle_timeout_ms, max_connections;
    const struct http_route *routes; /* must outlive the server */
    size_t nroutes;
};
struct http_server;
bool http_server_start(const struct http_server_config *c, struct http_server **ret, struct err *e)
    MUST_USE;
uint16_t http_server_port(const struct http_server *s);
/* Refuses new connections, waits up to grace_ms for requests in flight, then closes. */
void http_server_stop(struct http_server *s, unsigned grace_ms);
#endif
