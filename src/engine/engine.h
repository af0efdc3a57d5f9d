/* engine: the loop that runs programs, artifacts (deployed programs) and the message processing log.
 * Never names a step, an adapter or a service: it is handed their tables by app. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H
#include "base/pool.h"
#include "engine/program.h"
#include "net/client.h"
#include "store/store.h"

/* ---- credentials: who keeps them is the service's business ---- */
struct credential {
    str user, password; /* Basic; OAuth2: client id and secret */
    str token_url, scope, resource;
    bool client_in_body; /* OAuth2: client authentication in the body, else Basic */
    str cert, key; /* PEM: certificate chain and private key of a KeyPair */
};
/* kind: "UserCredential", "OAuth2ClientCredential", "SecureParameter", "KeyPair", "KeystoreEntry" (of which key may be
 * absent). In the arena. ERR_NOT_FOUND names alias. */
typedef bool credential_fn(void *arg, const char *kind, str alias, struct arena *a, struct credential *ret, struct err *e);

enum log_levels { MPL_NONE, MPL_ERROR, MPL_INFO, MPL_DEBUG, MPL_TRACE };
/* One executed step, for --trace and tests; called on the worker that ran it. */
struct step_seen {
    const struct operation *operation;
    const struct exchange *exchange;
    int64_t start_us, end_us;
    const struct err *error; /* NULL: fine */
};
struct engine_config {
    struct store *store;        /* with the tables of the message processing log defined */
    struct http_client *http;
    struct script_hosts *scripts; /* MAY */
    struct oauth2 *oauth2;      /* MAY: tokens for outgoing calls */
    unsigned workers;           /* 0: one per core */
    unsigned blocking;          /* threads of the blocking pool; 0: 8 */
    size_t max_exchanges;       /* more are refused with ERR_UNAVAILABLE; 0: 20,000 */
    size_t max_steps;           /* operations of one exchange; 0: 10,000,000 */
    credential_fn *credential;
    void *credential_arg;
    /* MAY: the target value of deployed value mappings; texts: source agency, identifier, value, target agency,
     * identifier. STR_NONE: no entry. */
    bool (*value_mapping)(void *arg, const str *five, struct arena *a, str *ret, struct err *e);
    void *value_mapping_arg;
    void (*observe)(void *arg, const struct step_seen *s); /* MAY */
    void *observe_arg;
};
bool engine_open(const struct engine_config *c, struct engine **ret, struct err *e) MUST_USE;
/* Stops artifacts, waits up to grace_ms for exchanges in flight (the rest is ABANDONED), closes. */
void engine_close(struct engine *g, unsigned grace_ms);
const struct engine_config *engine_config(const struct engine *g);
void engine_run_blocking(struct engine *g, pool_fn *fn, void *arg); /* a job on the blocking pool */
/* Calls fn(arg) on a worker at about that time; returns an id for engine_cancel. */
uint64_t engine_at(struct engine *g, int64_t monotonic_ms, pool_fn *fn, void *arg);
bool engine_cancel(struct engine *g, uint64_t id); /* false: ran already or is about to */

/* ---- artifacts: what is deployed ---- */
enum artifact_status { ARTIFACT_STARTING, ARTIFACT_STARTED, ARTIFACT_STOPPING, ARTIFACT_ERROR };
struct artifact_info {
    str id, name, version, package_id, package_name;
    str type; /* "INTEGRATION_FLOW", "SCRIPT_COLLECTION", "VALUE_MAPPING", "MESSAGE_MAPPING" */
};
/* Starts a program (taken; NULL for artifacts without one) under info.id, replacing a running one: messages in
 * flight finish on the old program. first: deployed by somebody, not a restart of the server.
 * ERR_CONFLICT: an endpoint is taken; the old one goes on then and the program is freed. */
bool engine_deploy(struct engine *g, const struct artifact_info *info, struct program *take, bool first, struct err *e) MUST_USE;
bool engine_undeploy(struct engine *g, str id); /* false: not there */
struct artifact *engine_artifact(struct engine *g, str id); /* a reference, or NULL */
struct artifact *artifact_ref(struct artifact *a);
void artifact_unref(struct artifact *a);
const struct artifact_info *artifact_info(const struct artifact *a);
const struct program *artifact_program(const struct artifact *a);
struct engine *artifact_engine(const struct artifact *a);
enum log_levels artifact_log_level(const struct artifact *a);
enum log_levels exchange_log_level(const struct exchange *x); /* of this message */
bool engine_set_log_level(struct engine *g, str id, enum log_levels l); /* kept on redeployment */

/* ---- messages ---- */
/* What a message's start knows beyond its content. */
struct start {
    const struct route *route;
    bool has_reply;         /* a caller waits */
    str correlation_id;     /* STR_NONE: a new one, equal to the message id */
    str sender;             /* participant or user, for the log */
    str local_component, transaction_id; /* STR_NONE */
};
/* A new exchange with empty content (the caller fills body, headers, properties), to be handed to engine_start or
 * exchange_discard. NULL with e: too many (ERR_UNAVAILABLE). */
struct exchange *exchange_new(struct artifact *a, const struct start *s, struct err *e) MUST_USE;
void exchange_discard(struct exchange *x);
/* Called once, on a worker or the store's writer thread (or within engine_start, for messages that need no commit),
 * after the log is on disk: x holds the final content; x->error is NULL when it succeeded. Must not block; x is freed after
 * it returns. */
typedef void exchange_done_fn(void *arg, struct exchange *x);
/* Runs the first steps on the calling thread, until the message waits, ends or some 200 us are over; called from
 * within a step, it runs after that step's exchange has parked or ended. */
void engine_start(struct exchange *x, exchange_done_fn *done, void *arg);
/* A parked exchange goes on; exactly once per STEP_WAIT, from any thread, also before run has returned. */
void engine_resume(struct exchange *x);
enum message_status { MESSAGE_PROCESSING, MESSAGE_COMPLETED, MESSAGE_FAILED, MESSAGE_ESCALATED, MESSAGE_RETRY,
                      MESSAGE_CANCELLED, MESSAGE_DISCARDED, MESSAGE_ABANDONED };
enum message_status message_status(const struct message *m);
const char *message_status_name(enum message_status s); /* "COMPLETED" */
/* Effects that must be on disk together with the log, or at once: statements go into the returned batch;
 * with TRANSACTION_REQUIRED it is the message's own, committed with the log when the exchange completes and
 * dropped when it fails; *ret_now then is false. Otherwise the caller commits it itself (store_commit + WAIT). */
struct store_batch *exchange_effects(struct exchange *x, bool *ret_now);
/* A statement for the end, whatever the transaction: applied with the log when the message completes, else dropped.
 * Thread-safe. */
void exchange_at_end(struct exchange *x, const char *sql, const struct value *binds, size_t n);
/* The text a caller gets for a failed exchange (semantics.md 3), in x's arena. */
str exchange_failure_text(struct exchange *x);
struct engine_stats { uint64_t started, completed, failed, in_flight; };
void engine_stats(const struct engine *g, struct engine_stats *ret);
#endif
