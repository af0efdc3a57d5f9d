/* app: a running Tidemill: store, identity, engine, services and the HTTP server, wired together. */
#ifndef APP_APP_H
#define APP_APP_H
#include "engine/engine.h"
#include "net/server.h"

struct app;
struct app_config {
    str data;   /* directory for everything; made when missing */
    str listen; /* "127.0.0.1:8080", "[::1]:8080", ":8443" (all addresses) */
    bool dev;   /* loopback and plain HTTP only; user and client dev/dev */
    bool allow_plain; /* plain HTTP beyond loopback: behind a proxy that ends TLS */
    str store;  /* URL of a shared store, or STR_NONE: SQLite in data */
    str tls_cert, tls_key, tls_client_ca; /* file names, or STR_NONE */
    const str *host_map;
    size_t nhost_map;
    str smtp_map;
    unsigned workers;
    unsigned retention_days; /* of message processing logs */
    str devops_config; /* file instead of the built-in status profiles; STR_NONE: none */
    unsigned script_limit_s, script_memory_mb, script_hosts; /* 0: script.h */
    str script_cgroup; /* directory, or STR_NONE */
    str base_url;            /* how clients reach us, for service keys and endpoints; STR_NONE: from listen */
};
/* Errors say what to change. Prints a first start's secrets once, on stdout. */
bool app_start(const struct app_config *c, struct app **ret, struct err *e) MUST_USE;
uint16_t app_port(const struct app *a);
/* Answers requests in flight, lets exchanges finish for some seconds, closes the store. NULL is fine. */
void app_stop(struct app *a);

/* ---- without a server: `tidemill run` ---- */
struct offline_run {
    str bundle;         /* ZIP bytes */
    struct body *body;  /* taken; NULL: none */
    const str *headers; /* "name=value" */
    size_t nheaders;
    const str *properties;
    size_t nproperties;
    const str *host_map;
    size_t nhost_map;
    str smtp_map;
    void (*observe)(void *arg, const struct step_seen *s); /* MAY */
    void *observe_arg;
    struct buf *problems; /* what keeps the flow from running, a line each */
    /* Called with the final exchange: its error, body, headers. */
    exchange_done_fn *done;
    void *done_arg;
};
/* Compiles the bundle and runs one message through its first way in. false: it did not come to a run. */
bool offline_run(const struct offline_run *o, struct err *e) MUST_USE;
/* Compiles and prints the program, or else all that keeps it from running, a line each. */
bool offline_explain(str bundle, struct buf *out, struct err *e) MUST_USE;
#endif
