/* ci: the Cloud Integration face, /api/v1. ci.edmx is the service (sets, tables, roles, hooks); the
 * files beside it are what behaves: packages, design-time artifacts, deployment, what runs, logs and
 * security material. */
#ifndef SERVICES_CI_CI_H
#define SERVICES_CI_CI_H
#include "engine/engine.h"

struct ci;
struct ci_config {
    struct store *store;             /* borrowed */
    const struct registry *registry; /* steps and adapters for flow_compile; borrowed */
    bool json_by_default;            /* for callers that accept anything: JSON instead of Atom */
};
/* Loads the service and defines its tables, those of the message processing log included: before
 * engine_open. */
bool ci_open(const struct ci_config *c, struct ci **ret, struct err *e) MUST_USE;
/* After engine_close. NULL is fine. */
void ci_close(struct ci *ci);
/* Hands over the engine, whose blocking pool runs writes and deployments, and starts what is
 * deployed, in the background. Once, before the first request. */
bool ci_start_deployed(struct ci *ci, struct engine *engine, struct err *e) MUST_USE;
/* Some of that is still to come (arg: the struct ci). */
bool ci_starting(void *arg);
/* Handler for the route /api/v1 (ctx: the struct ci); checks CSRF tokens, too (api.md 1.6). */
http_handler ci_odata;
/* The credentials that flows name (arg: the struct ci). */
credential_fn ci_credential;
/* For engine_config.value_mapping and registry.artifact_files (arg: the struct ci). */
bool ci_value_mapping(void *arg, const str *five, struct arena *a, str *ret, struct err *e);
bool ci_artifact_files(void *arg, const char *type, str id, struct arena *a, struct map *ret, struct err *e);
#endif
