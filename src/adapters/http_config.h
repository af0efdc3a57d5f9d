/* http_config: the prepared channel of an HTTP receiver, and the request it makes of a message. */
#ifndef ADAPTERS_HTTP_CONFIG_H
#define ADAPTERS_HTTP_CONFIG_H
#include "engine/engine.h"

enum http_auth { AUTH_NONE, AUTH_BASIC, AUTH_OAUTH2, AUTH_CERTIFICATE };
struct http_config {
    const struct program *program;
    struct simple *address, *query, *method_source, *credential; /* NULL: empty */
    struct simple *request_headers, *response_headers;           /* lists; NULL: empty */
    bool all_request_headers, all_response_headers;              /* the key is absent */
    str method;                                                  /* STR_NONE: Dynamic */
    enum http_auth auth;
    bool send_body, throw_on_failure, attach_failures;
    unsigned timeout_ms;
    bool retry_connection;
    unsigned retries, retry_interval_s;
    str retry_codes; /* "500,503" */
};
void http_config_prepare(void *cfg, struct prepare *p);
/* Fills method, url, headers, body (a reference, the caller's to release) and timeout of call. */
bool http_config_request(const struct http_config *c, struct exchange *x, struct http_call *call,
                         struct err *e) MUST_USE;
/* Text of an optional expression; empty for NULL. */
bool http_config_text(const struct simple *s, struct exchange *x, str *ret, struct err *e) MUST_USE;
#endif
