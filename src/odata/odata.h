/* odata: one OData V2 service on a model. Sets with a table are served from the store; a set or
 * function with a hook is served by it. Never names a service. */
#ifndef ODATA_ODATA_H
#define ODATA_ODATA_H
#include "model/model.h"
#include "net/server.h"
#include "store/store.h"

/* An entity in memory: one value per property of its type, in the type's order. */
struct entity {
    const struct model_type *type;
    struct value *values;
    bool *given;     /* which properties the request named; NULL when all */
    VEC(struct entity_inline { const struct model_nav *nav; struct entity *child; }) inlines;
};
struct value *entity_at(const struct entity *en, const char *property); /* aborts on unknown names */
struct entity *entity_new(struct arena *a, const struct model_type *t); /* all null */
typedef VEC(struct entity *) entities;

struct odata_call { /* what a hook gets */
    struct arena *arena;
    struct http_request *request;
    void *ctx; /* the service's */
    const void *user;
    const struct model_set *set;           /* the set whose hook is called; NULL in functions */
    const struct model_function *function; /* the function that is called; NULL in sets */
    /* The chain of keys from the URI, outermost first: Packages('p')/Artifacts(Id=..,Version=..) */
    const struct odata_key { const struct model_set *set; const struct entity *key; } *path;
    size_t npath; /* the last element is the addressed entity or, with nav and no key of its own, its parent */
    const struct model_nav *nav; /* the collection or to-one entity was reached through this navigation; or NULL */
};
/* Result of a media read or of a function with a raw answer. */
struct odata_raw {
    int status;
    str content_type, filename; /* filename: Content-Disposition, or STR_NONE */
    struct blob *blob;
};
/* Any function may be NULL: then the table serves it, or 501 when there is none. They may block (run
 * on the blocking pool) except read/list. */
struct odata_set_hook {
    const char *name; /* = tm:hook */
    bool (*list)(struct odata_call *c, entities *ret, struct err *e);   /* filter etc. applied after */
    bool (*read)(struct odata_call *c, struct entity **ret, struct err *e); /* *ret NULL: 204 */
    /* MAY, table-served sets: one more SQL condition on list and $count (column names without a table name), for
     * custom query options. *ret_sql NULL: none. */
    bool (*restrict_list)(struct odata_call *c, const char **ret_sql, struct value *ret_binds /* [8] */, size_t *ret_nbinds,
                          struct err *e);
    bool (*create)(struct odata_call *c, struct entity *in, struct entity **ret, struct err *e);
    bool (*update)(struct odata_call *c, struct entity *in, struct err *e); /* also PUT $links with a body */
    bool (*remove)(struct odata_call *c, struct err *e);                    /* also DELETE $links */
    bool (*media)(struct odata_call *c, struct odata_raw *ret, struct err *e);
    bool (*media_put)(struct odata_call *c, str content_type, struct blob *in, struct err *e);
};
struct odata_function_hook {
    const char *name; /* = tm:hook */
    /* Fills either *ret (entity/entities by the model) or *raw (status != 0). */
    bool (*call)(struct odata_call *c, const struct value *args, entities *ret, struct odata_raw *raw,
                 struct err *e);
};
struct odata_service;
struct odata_config {
    const char *root; /* "/api/v1" */
    const struct model *model;
    struct store *store;
    const struct odata_set_hook *sets;
    size_t nsets;
    const struct odata_function_hook *functions;
    size_t nfunctions;
    void *ctx;
    unsigned page_size;
    bool (*has_role)(const void *user, str role);
    void (*run_blocking)(void *ctx, void (*fn)(void *), void *arg); /* writes run there; ctx as above */
};
bool odata_open(const struct odata_config *c, struct odata_service **ret, struct err *e) MUST_USE;
void odata_close(struct odata_service *s);
http_handler odata_handle; /* ctx: struct odata_service * */
#endif
