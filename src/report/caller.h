/* caller: many GETs against one tenant: few at a time, within rate limits, until each has an answer or has failed for
 * good. Knows tokens that expire, 429 with Retry-After, servers that stumble (5xx, resets), and a journal by which an
 * interrupted run goes on. One thread; answers are handed out on it. */
#ifndef REPORT_CALLER_H
#define REPORT_CALLER_H
#include "base/json.h"
#include "net/client.h"

/* Groups of the API with a limit of their own; calls a second a user may make (SAP's published limits). */
enum call_group { CALL_FREE, CALL_DESIGN, CALL_RUNTIME, CALL_LOGS, CALL_GROUPS };

struct access { /* how to come in: a client with its token URL, or a user with a password */
    str url;    /* https://host[:port] */
    str token_url, client_id, client_secret;
    str user, password;
};
struct caller;
struct caller_config {
    const struct access *access;
    unsigned parallel;                                      /* calls at a time */
    bool unlimited;                                         /* no rate limits */
    str journal;                                            /* file; STR_NONE: none */
    void (*progress)(void *arg, size_t done, size_t total); /* MAY; some times a second */
    void *arg;
};
bool caller_open(const struct caller_config *c, struct caller **ret, struct err *e) MUST_USE;
/* completed: the journal is not needed any more. NULL is fine. */
void caller_close(struct caller *c, bool completed);

/* status 0: no answer, e says why. json NULL: none. All lives until the function returns. */
struct call_answer {
    int status;
    const struct jr *json;
    const struct err *e; /* NULL with a 2xx status */
};
typedef void call_done(void *arg, void *item, const struct call_answer *a);
/* path is below the URL and encoded; copied. May be called from a call_done. */
void caller_get(struct caller *c, enum call_group group, str path, call_done *done, void *arg,
                void *item);
/* Until nothing is left to do. false: no way in (the token was refused), or no answer at all. */
bool caller_run(struct caller *c, struct err *e) MUST_USE;
void caller_unlimit(struct caller *c);       /* the server turned out to have no limits */
size_t caller_calls(const struct caller *c); /* made so far, repeats included */
#endif
