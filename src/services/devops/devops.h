/* devops: the Focused Build External DevOps service, /sap/opu/odata/SALM/EXT_DEVOPS_INTEG_SRV.
 * devops.edmx is the service, devops.json its default configuration (machine.h); the files beside
 * them are what behaves: status changes, texts, attachments. Work items come in through our own
 * administration (devops_admin_*), never through the public service. */
#ifndef SERVICES_DEVOPS_DEVOPS_H
#define SERVICES_DEVOPS_DEVOPS_H
#include "base/json.h"
#include "engine/engine.h"
#include "net/server.h"

#define DEVOPS_ROOT "/sap/opu/odata/SALM/EXT_DEVOPS_INTEG_SRV"
struct devops;
struct devops_config {
    struct store *store;   /* borrowed */
    str settings;          /* devops.json of the customer, STR_NONE: the built-in one */
    struct engine *engine; /* writes run on its blocking pool; NULL: on the calling thread */
};
/* ERR_BAD_REQUEST: the settings; the message names the row. */
bool devops_open(const struct devops_config *c, struct devops **ret, struct err *e) MUST_USE;
void devops_close(struct devops *d); /* NULL is fine */
/* ctx: the struct devops. The route DEVOPS_ROOT; CSRF and role are checked here. */
http_handler devops_odata;
/* The routes around it, /sap/opu/odata: no such service (403). */
http_handler devops_no_service;

/* ---- administration (JSON; docs/DEVOPS.md) ---- */
struct devops_admin {
    struct devops *devops;
    struct arena *arena;
    str user;            /* who does it, for the audit */
    str id;              /* a guid or an objectId */
    const struct jr *in; /* request body, or NULL */
    struct jw *out;
};
struct devops_filter {
    str status, process, project; /* STR_NONE: any */
    int64_t top, skip;
};
bool devops_admin_list(struct devops_admin *a, const struct devops_filter *f,
                       struct err *e) MUST_USE;
bool devops_admin_show(struct devops_admin *a, struct err *e) MUST_USE;
/* in: the properties of a WorkItem, at least processType and description. */
bool devops_admin_create(struct devops_admin *a, struct err *e) MUST_USE;
/* in: {"userStatus": "E0009", "force": true}: force leaves the graph out of account. */
bool devops_admin_set_status(struct devops_admin *a, struct err *e) MUST_USE;
/* in: {"workItems": [], "releases": [], "texts": [], "attachments": [], "categories": []}, all in one
 * commit; what exists already is replaced. */
bool devops_admin_import(struct devops_admin *a, struct err *e) MUST_USE;
#endif
