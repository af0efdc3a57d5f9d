/* uri_path: the path of a request against the model. What it addresses and which way leads there. */
#ifndef ODATA_URI_PATH_H
#define ODATA_URI_PATH_H
#include "odata/odata.h"

enum { URI_MAX_STEPS = 16 };
enum uri_kind {
    URI_SERVICE,
    URI_METADATA,
    URI_BATCH,
    URI_FEED,     /* a set, or a to-many navigation */
    URI_ENTITY,   /* an entity by its key, or by a to-one navigation */
    URI_PROPERTY, /* of an entity; complex or primitive */
    URI_FUNCTION
};
struct uri_step {
    const struct model_set *set;
    const struct model_nav *nav; /* NULL for the first */
    struct entity *key;          /* NULL: the collection, or a to-one navigation */
};
struct uri {
    enum uri_kind kind;
    VEC(struct uri_step) steps;
    const struct model_type *type; /* of the addressed entity */
    const struct model_function *function;
    struct entity *function_key; /* Function(key): one of the entities it returns; else NULL */
    const struct model_property *property;
    uint16_t slot;     /* where the property's values begin within the entity's */
    bool links;        /* .../$links/Nav: the last step is that navigation */
    bool count, value; /* /$count, /$value */
};
/* path: percent-encoded, behind the service root. Errors: ERR_BAD_REQUEST for syntax and wrong keys,
 * ERR_NOT_FOUND for unknown names. */
bool uri_parse(const struct model *m, struct arena *a, str path, struct uri *ret,
               struct err *e) MUST_USE;
static inline const struct uri_step *uri_last(const struct uri *u)
{
    return &u->steps.at[u->steps.n - 1];
}
#endif
