/* remote: calls of the command line to a server, one at a time: Basic with a CSRF token, or a Bearer token from a
 * service key as downloaded. */
#ifndef CLI_REMOTE_H
#define CLI_REMOTE_H
#include "base/json.h"
#include "cli/command.h"
#include "net/client.h"

/* Rows for a command's options table. */
#define REMOTE_OPTIONS                                                                                     \
    {"url", 0, OPTION_TEXT, "URL", "http://127.0.0.1:8080", "server to talk to"},                         \
        {"user", 'u', OPTION_TEXT, "NAME", "dev", "user"},                                                \
        {"password-file", 0, OPTION_TEXT, "FILE", NULL,                                                   \
         "file with the password, - for stdin; or TIDEMILL_PASSWORD; the user dev needs none"},           \
    {                                                                                                      \
        "key", 'k', OPTION_TEXT, "FILE", NULL, "service key (JSON) to use instead of a user"              \
    }

struct remote {
    struct http_client *client;
    struct arena *arena;
    str url, authorization;
    str csrf_token, cookies; /* STR_NONE: not fetched yet; not needed with a Bearer token */
    bool bearer;
};
struct answer {
    int status;
    struct http_headers headers;
    str body;
    const struct jr *json; /* NULL: not JSON */
};
bool remote_open(struct cli *c, struct remote *ret, struct err *e) MUST_USE;
void remote_close(struct remote *r);
/* path below the URL; body STR_NONE: none. An HTTP status of 400 and above is an error with the server's text,
 * unless it is one of allow (0-terminated, may be NULL). */
bool remote_call(struct remote *r, const char *method, str path, str body, const int *allow, struct answer *ret,
                 struct err *e) MUST_USE;
/* 'it''s' percent-encoded, for keys in paths. */
str remote_key(struct remote *r, str value);
static inline void remote_cleanup(struct remote *r)
{
    remote_close(r);
}
#endif
