/* err: what went wrong (code), for whom (msg), on the way to what (ctx). Lives on the caller's
 * stack, never allocates. Every function that can fail returns bool and takes struct err * last. */
#ifndef BASE_ERR_H
#define BASE_ERR_H
#include "base/str.h"

#define ERR_MAP(X)                                                     \
    X(ERR_NONE, 200, "OK")                                             \
    X(ERR_BAD_REQUEST, 400, "Bad Request")                             \
    X(ERR_UNAUTHORIZED, 401, "Unauthorized")                           \
    X(ERR_FORBIDDEN, 403, "Forbidden")                                 \
    X(ERR_NOT_FOUND, 404, "Not Found")                                 \
    X(ERR_METHOD, 405, "Method Not Allowed")                           \
    X(ERR_NOT_ACCEPTABLE, 406, "Not Acceptable")                       \
    X(ERR_CONFLICT, 409, "Conflict")                                   \
    X(ERR_PRECONDITION, 412, "Precondition Failed")                    \
    X(ERR_TOO_LARGE, 413, "Request Entity Too Large")                  \
    X(ERR_MEDIA_TYPE, 415, "Unsupported Media Type")                   \
    X(ERR_PRECONDITION_REQUIRED, 428, "Precondition Required")         \
    X(ERR_TOO_MANY, 429, "Too Many Requests")                          \
    X(ERR_INTERNAL, 500, "Internal Server Error")                      \
    /* the caller is told why, with the 500 of the real system */      \
    X(ERR_REFUSED, 500, "Internal Server Error")                       \
    X(ERR_NOT_IMPLEMENTED, 501, "Not Implemented")                     \
    X(ERR_UPSTREAM, 502, "Bad Gateway")                                \
    X(ERR_UNAVAILABLE, 503, "Service Unavailable")                     \
    X(ERR_TIMEOUT, 504, "Gateway Timeout")
enum err_code {
#define X(code, http, phrase) code,
    ERR_MAP(X)
#undef X
};
struct err {
    enum err_code code;
    char msg[480]; /* for the client: names the offending value */
    char ctx[200]; /* the path, for operators */
    char id[40];   /* the message's own code in its face ("/SALM/EXT_DEVOPS/002"); "": that of code */
    const char *file;
    int line;
};
/* Fills e and returns false, so that `return err_set(...)` reads well. */
#define err_set(e, code, ...) err_set_at((e), __FILE__, __LINE__, (code), __VA_ARGS__)
bool err_set_at(struct err *e, const char *file, int line, enum err_code code, const char *fmt, ...)
    PRINTF(5, 6);
/* Adds "doing what" in front of the context on the way up; returns false. */
bool err_ctx(struct err *e, const char *fmt, ...) PRINTF(2, 3);
/* Gives the message its code: `return err_set(e, ...) || err_id(e, "...")`; returns false. */
bool err_id(struct err *e, const char *id);
int err_http(enum err_code code);
const char *err_phrase(enum err_code code); /* the HTTP reason phrase */
#endif
