/* admin: our own API under /tidemill/v1 (api.h), apart from SAP's paths, and the small pages of the server itself:
 * /, /livez, /readyz, /metrics. ctx of every handler: struct admin. */
#ifndef APP_ADMIN_H
#define APP_ADMIN_H
#include "engine/engine.h"
#include "identity/identity.h"
#include "services/ci/ci.h"
#include "services/devops/devops.h"

struct admin {
    struct identity *identity;
    struct engine *engine;
    struct store *store;
    struct ci *ci;
    struct devops *devops;
    struct api *api;
    str base_url;
    int64_t started_ms;
};
http_handler admin_handle;   /* what tidemill.openapi.json lists */
http_handler admin_root;     /* GET /: the URLs; answers a CSRF fetch, as one client does it there */
http_handler admin_live, admin_ready, admin_metrics;
#endif
