/* Inside the odata room: a service with what is worked out once per type and set, and one request on
 * its way through the stages (odata.c). */
#ifndef ODATA_SERVICE_H
#define ODATA_SERVICE_H
#include "odata/odata.h"
#include "odata/options.h"
#include "odata/uri_path.h"

enum {
    ODATA_PAGE = 1000,          /* rows of one answer */
    ODATA_MAX_SCAN = 200000,    /* rows looked at in memory for one request */
    ODATA_MAX_INLINE_DEPTH = 16 /* nested entities of a body */
};

/* Constant pieces of answers and statements. */
struct type_info {
    const struct model_type *type;
    bool versioned;          /* has ETags */
    str *keys;               /* per property: "Name": with the comma before it */
    str *deferred;           /* per navigation: ,"Nav":{"__deferred":{"uri":" */
    str *nav_tails;          /* per navigation: /Nav"}} */
    str meta;                /* ","type":"NS.T" */
    str columns;             /* t0."a",t0."b": all slots */
    struct store_sql by_key; /* SELECT .. WHERE key */
};
struct set_info {
    const struct model_set *set;
    const struct type_info *type;
    const struct odata_set_hook *hook; /* NULL: none */
    bool table;
};
struct odata_service {
    struct odata_config config;
    struct arena *arena;
    const struct model *model;
    str root;                                     /* "/api/v1" */
    struct type_info *types;                      /* by model_type.index */
    struct set_info *sets;                        /* by model_set.index */
    const struct odata_function_hook **functions; /* by place in model.functions */
};
enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_MERGE, METHOD_DELETE, METHOD_UNKNOWN };
enum format { FORMAT_JSON, FORMAT_ATOM, FORMAT_XML };

struct odata_request {
    struct odata_service *service;
    struct http_request *http;
    struct arena *arena;
    struct buf *out;
    str base; /* "https://host/api/v1/": safe in JSON and XML */
    enum method method;
    bool head;
    struct uri uri;
    struct options options;
    enum format format;
    str content_type; /* of the answer in that format */
    struct odata_call call;
    /* An action that has answered only the beginning sets more: it puts the next piece into http->response and
     * clears or keeps more. After an error there, the rest of the answer is cut off. */
    bool (*more)(struct odata_request *rq, struct err *e);
    void *more_ctx;
};
static inline const struct set_info *info_of(const struct odata_service *s,
                                             const struct model_set *set)
{
    return &s->sets[set->index];
}
static inline const struct type_info *type_info_of(const struct odata_service *s,
                                                   const struct model_type *t)
{
    return &s->types[t->index];
}
#endif
