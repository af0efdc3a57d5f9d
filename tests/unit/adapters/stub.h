/* stub: the other end of receivers, and a caller for senders. */
#ifndef TESTS_ADAPTERS_STUB_H
#define TESTS_ADAPTERS_STUB_H
#include "../steps/harness.h"
#include "net/client.h"

/* Answers:
 *   /echo/...    200, text: "METHOD path?query", one line "name: value" for each header, an empty line, the body
 *   /status/N    status N, header X-Stub: s, body "status N"
 *   /flaky       503 twice, then 200 "ok"
 *   /login       Set-Cookie: sid=1 */
struct stub {
    struct http_server *server;
    char url[64]; /* http://127.0.0.1:port */
    _Atomic int calls;
};
void stub_open(struct stub *s);
void stub_close(struct stub *s);

/* One request to a server, waited for. headers: name, value, ..., NULL. The caller frees. */
struct reply {
    struct http_call call;
    str body;
};
struct reply *stub_call(struct http_client *c, const char *method, const char *url,
                        const char *body, ...);
void reply_free(struct reply *r);
str reply_header(const struct reply *r, const char *name);
bool has_text(str s, const char *part);
#endif
