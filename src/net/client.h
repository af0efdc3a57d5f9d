/* Outgoing HTTP and SMTP on curl_multi_poll threads: connections are reused, nothing waits. The one
 * room that knows libcurl. */
#ifndef NET_CLIENT_H
#define NET_CLIENT_H
#include "net/server.h"

struct http_client;
struct http_client_config {
    unsigned threads;    /* 0: one per core */
    const str *host_map; /* "FROM=TO" as given to --map-host; "*" matches all */
    size_t nhost_map;
    str smtp_map; /* host:port of --map-smtp, or STR_NONE */
};
bool http_client_start(const struct http_client_config *c, struct http_client **ret,
                       struct err *e) MUST_USE;
void http_client_stop(struct http_client *c); /* transfers in flight end with ERR_UNAVAILABLE */

struct http_call {
    /* filled by the caller; all borrowed until done is called */
    str method, url;
    struct http_headers headers;
    struct blob *body; /* NULL: none */
    unsigned timeout_ms;
    size_t max_response; /* bytes; 0: 100 MB */
    str user, password;  /* Basic, when user is not STR_NONE */
    str proxy;           /* STR_NONE: none */
    /* SMTP when method is "SMTP": url is smtp://host:port, body the MIME message */
    str mail_from;
    VEC(str) mail_to;
    bool tls_required;
    void (*done)(struct http_call *call); /* on a client thread; must not block */
    void *arg;
    /* filled when done is called; texts live in arena */
    struct arena *arena; /* the caller's; must not be touched by the caller meanwhile */
    bool ok;             /* an HTTP answer was received, whatever its status */
    struct err err;      /* when not ok: ERR_UPSTREAM, ERR_TIMEOUT, ERR_TOO_LARGE */
    int status;
    str reason;
    struct http_headers response;
    struct blob *response_body; /* the caller's reference; never NULL when ok */
};
void http_client_send(struct http_client *c, struct http_call *call);
#endif
