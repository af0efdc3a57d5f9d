/* model: an OData service as its EDMX file says it, with the attributes of urn:tidemill:odata (tm:)
 * that the standard cannot say. Immutable after model_load. docs/EDMX.md lists the vocabulary. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H
#include "base/map.h"
#include "format/edm.h"

struct model_type;
struct model_property {
    str name;
    enum edm type;
    const struct model_type *complex; /* EDM_COMPLEX only */
    bool nullable, is_key, concurrency;
    unsigned max_length; /* 0: none */
    unsigned precision, scale;
    str column;          /* tm:column; defaults to the name in snake case */
    bool read_only;      /* tm:readonly: ignored in bodies */
    bool hidden;         /* tm:hidden: never written (secrets) */
};
struct model_nav {
    str name;
    const struct model_type *target;
    bool many;
    /* Referential constraint, or tm:join="own=theirs, .." of properties or tm:columns; 0 pairs: only a hook can
     * follow it. */
    VEC(struct model_join { str own, theirs; }) joins;
    str relationship, to_role;
};
struct model_type {
    str name, qualified;
    const struct model_type *base;
    bool complex, abstract, has_stream;
    VEC(struct model_property) properties; /* inherited ones first */
    VEC(struct model_nav) navs;
    VEC(uint16_t) keys; /* indexes into properties */
    str table;          /* tm:table; STR_NONE: no rows, a hook answers */
    VEC(struct model_column { str name; enum edm type; }) columns; /* tm:columns="message_guid Edm.String, ..": columns
                                                                    * beyond the properties; never served */
    VEC(str) indexes;   /* tm:index="a, b DESC; c" */
};
enum { SET_LIST = 1, SET_READ = 2, SET_CREATE = 4, SET_UPDATE = 8, SET_DELETE = 16 };
struct model_set {
    str name;
    const struct model_type *type;
    unsigned operations; /* tm:operations="list read create update delete"; 0: 501 */
    VEC(str) options;    /* tm:options: system query options that are served; empty: all */
    str read_role, write_role; /* tm:read, tm:write; STR_NONE: any user */
    str hook;                  /* tm:hook, or STR_NONE */
    int status_create, status_update, status_delete; /* tm:status="201 204 204" */
    bool in_service_document;
};
struct model_function {
    str name, method, hook, role;
    VEC(struct model_property) parameters;
    const struct model_type *returns_type; /* entity or complex */
    enum edm returns;                      /* EDM_COUNT: nothing */
    bool returns_many;
    const struct model_set *set;
    int status; /* tm:status; 0: 200, or 204 when it returns nothing */
};
struct model {
    struct arena *arena;
    str ns, container;
    str metadata; /* the EDMX with every tm: attribute and the namespace removed: $metadata */
    VEC(struct model_type *) types;
    VEC(struct model_set *) sets;
    VEC(struct model_function *) functions;
};
/* Loads and checks; errors name line and attribute. The model owns its arena. */
bool model_load(str edmx, struct model **ret, struct err *e) MUST_USE;
void model_free(struct model *m);
const struct model_type *model_type_named(const struct model *m, str name); /* plain or qualified */
const struct model_set *model_set_named(const struct model *m, str name);
const struct model_set *model_set_of_type(const struct model *m, const struct model_type *t);
const struct model_function *model_function_named(const struct model *m, str name);
const struct model_property *model_property_named(const struct model_type *t, str name);
const struct model_nav *model_nav_named(const struct model_type *t, str name);
#endif
