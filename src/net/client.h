/* Outgoing HTTP and SMTP on curl_multi_poll threads: connections are reused, nothing waits. The one
 * room that knows libcurl. HTTP/1.1, or HTTP/2 where TLS negotiates it. Redirects are not followed;
 * proxies of the environment are ignored; server certificates are verified. */
#ifndef NET_CLIENT_H
#define NET_CLIENT_H
#include "net/server.h"

struct http_client;
struct http_client_config {
    unsigned threads; /* 0: one per core */
    /* "FROM=TO" as given to --map-host, both scheme://host[:port]; FROM may be "*" for all that no other
     * row names. A mapped request goes to TO as if its URL had been written so: path and query stay,
     * Host is that of TO; X-Forwarded-Host carries the host it was meant for. */
    const str *host_map;
    size_t nhost_map;
    str smtp_map; /* host:port of --map-smtp, or STR_NONE; mail goes there without TLS and login */
};
/* ERR_BAD_REQUEST: a row of a map cannot be read. Texts are copied. */
bool http_client_start(const struct http_client_config *c, struct http_client **ret,
                       struct err *e) MUST_USE;
/* Certificates (PEM) that are trusted besides the system's authorities from the next call on; "": none. A copy is kept. */
void http_client_trust(struct http_client *c, str pem);
/* Calls in flight end with ERR_UNAVAILABLE, as do those sent by their done functions. NULL is fine. */
void http_client_stop(struct http_client *c);

struct http_call {
    /* Filled by the caller; all borrowed until done is called. */
    str method,
        url; /* http or https; characters that a URL may not hold are the caller's to encode */
    /* Content-Length and Transfer-Encoding are ignored: the body decides. Accept-Encoding set here
     * leaves the answer packed, otherwise gzip is asked for and unpacked. */
    struct http_headers headers;
    struct blob *body;     /* NULL: none */
    unsigned timeout_ms;   /* from the start to the last byte; 0: 60 s */
    size_t max_response;   /* bytes, after unpacking; 0: 100 MB */
    str user, password;    /* Basic, when user is not STR_NONE */
    str proxy;             /* http://host:port; STR_NONE: none */
    str tls_ca;            /* PEM: trusted instead of the system's authorities; STR_NONE: those */
    str tls_cert, tls_key; /* PEM: client certificate with its chain; STR_NONE: none */
    bool
        tls_no_verify; /* accept any server certificate; only where somebody asked for it by name */
    /* SMTP when method is "SMTP": url is smtp://host:port (STARTTLS when offered) or smtps://host:port,
     * body the MIME message with CRLF line ends. ok then means that the server took the message. */
    str mail_from;
    VEC(str) mail_to;
    bool tls_required;                    /* SMTP: no message without STARTTLS */
    void (*done)(struct http_call *call); /* once, on a client thread; must not block */
    void *arg;
    /* Filled when done is called; texts live in arena. */
    struct arena *arena; /* the caller's; must not be touched by the caller meanwhile */
    bool ok;             /* an HTTP answer was received, whatever its status */
    /* When not ok: ERR_UPSTREAM, ERR_TIMEOUT, ERR_TOO_LARGE, ERR_UNAVAILABLE (stopping); ERR_BAD_REQUEST
     * for a call that cannot be sent (CR or LF in a header, no http URL). */
    struct err *err; /* in arena; NULL when ok */
    int status;
    str reason; /* "" over HTTP/2 */
    struct http_headers response;
    struct blob *response_body; /* the caller's reference; never NULL when ok */
};
/* From any thread; never blocks. */
void http_client_send(struct http_client *c, struct http_call *call);
#endif
