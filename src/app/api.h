/* api: our own API, /tidemill/v1. tidemill.openapi.json is its table: paths, methods, roles, success
 * codes and whether a body is wanted are read from it; an operation's C function is found by its
 * operationId. api_open refuses an operation without a function and a function without an operation. */
#ifndef APP_API_H
#define APP_API_H
#include "base/json.h"
#include "net/server.h"

struct admin;
struct api_call {
    struct admin *admin;
    struct http_request *request;
    struct arena *arena;
    str id;              /* the {id} of the path, decoded; STR_NONE: it has none */
    const struct jr *in; /* the body; NULL when the operation takes none */
    struct jw out;
};
struct api_operation {
    const char *id; /* operationId */
    bool (*run)(struct api_call *c, struct err *e);
};
extern const struct api_operation user_operations[], workitem_operations[],
    usage_operations[]; /* end with id NULL */

struct api;
/* Lives in the arena. */
bool api_open(struct arena *a, struct api **ret, struct err *e) MUST_USE;
/* Fills the response: the status and what the operation wrote. ERR_NOT_FOUND, ERR_METHOD, ERR_FORBIDDEN,
 * or the operation's own. */
bool api_run(struct api *api, struct admin *admin, struct http_request *r, struct err *e) MUST_USE;
#endif
