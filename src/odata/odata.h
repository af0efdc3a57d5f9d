/* odata: one OData V2 service on a model. Sets with a table are served from the store; a set or
 * function with a hook is served by it. Never names a service.
 * Life of a request: path and options are parsed and checked, roles are checked, then rows come from
 * the table or the hook; $filter, $orderby, paging, $select and $expand work the same on both. */
#ifndef ODATA_ODATA_H
#define ODATA_ODATA_H
#include "base/json.h"
#include "model/model.h"
#include "net/server.h"
#include "store/store.h"

/* ---- entities ---- */
/* An entity in memory: one value per slot of its type (see model.h). */
struct entity {
    const struct model_type *type;
    struct value *values;
    bool *given; /* per slot: the request named it; NULL: all */
    /* Deep insert: what a request nested; a to-many navigation has one element per entity. */
    VEC(struct entity_inline {
        const struct model_nav *nav;
        struct entity *child; /* with bind: only the key is given */
        bool bind;            /* refers to an entity that exists */
    })
    inlines;
    struct blob *media; /* create: the raw body for a media set, with its type; else NULL */
    str media_type;     /* read: content_type in __metadata; STR_NONE: application/octet-stream */
};
typedef VEC(struct entity *) entities;
struct entity *entity_new(struct arena *a, const struct model_type *t); /* all null */
/* The value of a property ("Id", "IntegrationArtifact/Id"); aborts on unknown names. */
struct value *entity_at(const struct entity *en, const char *path);
str entity_text(const struct entity *en, const char *path);           /* V_TEXT, or STR_NONE */
void entity_set(struct entity *en, const char *path, struct value v); /* text is borrowed */
bool entity_given(const struct entity *en, const char *path);

/* ---- hooks ---- */
struct odata_call { /* what a hook gets */
    struct arena *arena;
    struct http_request *request; /* for its headers; http_set adds response headers */
    struct odata_service *service;
    struct store *store;
    void *ctx;                             /* the service's */
    const void *user;                      /* request->user */
    const struct model_set *set;           /* the set whose hook is called; NULL in functions */
    const struct model_function *function; /* the function that is called; NULL in sets */
    /* The chain of keys from the URI, outermost first: Packages('p')/Artifacts(Id=..,Version=..) */
    const struct odata_key {
        const struct model_set *set;
        const struct entity *key;
    } * path;
    size_t
        npath; /* the last element is the addressed entity or, with nav and no key of its own, its parent */
    const struct model_nav
        *nav; /* the collection or to-one entity was reached through it; or NULL */
    const struct entity
        *key; /* the addressed entity's key; NULL: the collection, or a to-one nav */
    const struct entity
        *parent; /* the key of the last parent in the path; NULL: addressed directly */
    bool links;  /* update, remove: through $links */
    bool merge;  /* update: MERGE or PATCH; else PUT */
    int status;  /* a hook may set it: the answer's status instead of the set's */
    /* A writing hook may set them: the answer is a feed of feed_set's entities with 200, or has no body (create). */
    const struct model_set *feed_set;
    entities feed;
    bool no_body;
};
/* A custom query option (?overdueonly=true), decoded and without surrounding quotes; STR_NONE: absent. */
str odata_option(const struct odata_call *c, const char *name);

/* Raw bytes: a media read, or a function that answers no entity. status 0: 200. */
struct odata_raw {
    int status;
    str content_type, filename; /* filename: Content-Disposition: attachment, or STR_NONE */
    struct blob *blob;          /* takes the reference; NULL: no body */
};
/* Any function may be NULL: then the table serves it, or 501 when there is none. list and read run
 * on the HTTP thread and must not block longer than a store read; the others may block.
 * ERR_NOT_FOUND with the message "" gives "Requested entity could not be found." */
struct odata_set_hook {
    const char *name; /* = tm:hook */
    /* All entities of the collection (c->nav: those of the parent); filter etc. are applied after. */
    bool (*list)(struct odata_call *c, entities *ret, struct err *e);
    /* By c->key, or through a to-one navigation when that is NULL. *ret stays NULL: 404
     * (204 when c->status says so), or null in an $expand. */
    bool (*read)(struct odata_call *c, struct entity **ret, struct err *e);
    /* MAY, table-served sets: one more SQL condition on list and $count (column names without a table
     * name), for custom query options. *ret_sql NULL: none. */
    bool (*restrict_list)(struct odata_call *c, const char **ret_sql,
                          struct value *ret_binds /* [8] */, size_t *ret_nbinds, struct err *e);
    /* MAY, table-served sets: before a row is inserted, fills what the request may leave out (keys). */
    bool (*complete)(struct odata_call *c, struct entity *in, struct err *e);
    /* *ret: what is answered; NULL: in. */
    bool (*create)(struct odata_call *c, struct entity *in, struct entity **ret, struct err *e);
    bool (*update)(struct odata_call *c, struct entity *in, struct err *e); /* also PUT $links */
    bool (*remove)(struct odata_call *c, struct err *e);                    /* also DELETE $links */
    bool (*media)(struct odata_call *c, struct odata_raw *ret, struct err *e);
    bool (*media_put)(struct odata_call *c, str content_type, struct blob *in, struct err *e);
};
/* What a function answers: entities or complex values (list) or primitives (values) by the model,
 * or raw when raw.blob or raw.status is set. */
struct odata_result {
    entities list;
    VEC(struct value) values;
    struct odata_raw raw;
};
struct odata_function_hook {
    const char *name; /* = tm:hook */
    /* args: one per parameter in the model's order; V_NULL: not given. May block. */
    bool (*call)(struct odata_call *c, const struct value *args, struct odata_result *ret,
                 struct err *e);
};

/* ---- rows of tables, for hooks ---- */
/* Rows where ("pid = ? AND kind = ?", column names; NULL: all), ordered by key. */
bool odata_rows(struct odata_call *c, const struct model_type *t, const char *where,
                const struct value *binds, size_t nbinds, entities *ret, struct err *e) MUST_USE;
/* The row with that key (an entity whose key values are set); *ret NULL: none. */
bool odata_row(struct odata_call *c, const struct entity *key, struct entity **ret,
               struct err *e) MUST_USE;
/* Statements for a batch: insert (fails as ERR_CONFLICT when the key exists), update of the given
 * slots (all when en->given is NULL) and delete, both of exactly one row, else ERR_NOT_FOUND. */
void odata_batch_insert(struct store_batch *b, const struct entity *en);
void odata_batch_update(struct store_batch *b, const struct entity *key, const struct entity *en);
void odata_batch_delete(struct store_batch *b, const struct entity *key);

/* Media streams of types with tm:media, kept beside the rows. key: the entity or its key. Statements
 * of a batch; the file of a large stream that is replaced or dropped goes with it. */
bool odata_media_put(struct store *s, struct store_batch *b, const struct entity *key, str bytes,
                     struct err *e) MUST_USE;
bool odata_media_drop(struct store *s, struct store_batch *b, const struct entity *key,
                      struct err *e) MUST_USE;
/* ERR_NOT_FOUND when there is none. */
bool odata_media_get(struct store *s, struct arena *a, const struct entity *key, struct blob **ret,
                     struct err *e) MUST_USE;

/* ---- the service ---- */
struct odata_service;
/* An entity, or a complex value, from a JSON object as bodies have it, nested and bound entities
 * included. It is the service's own: MaxLength, Precision and Scale are not checked. */
bool odata_entity_of_json(struct odata_service *s, struct arena *a, const struct model_type *t,
                          const struct jr *object, struct entity **ret, struct err *e) MUST_USE;
/* A primitive value as bodies have it. */
bool odata_value_of_json(struct arena *a, const struct model_property *p, const struct jr *v,
                         struct value *ret, struct err *e) MUST_USE;
/* Statements that insert it with all that is nested in it, and its media; rows that are there already
 * take over what it gives. */
bool odata_batch_tree(struct odata_service *s, struct arena *a, struct store_batch *b,
                      const struct model_set *set, struct entity *en, struct err *e) MUST_USE;
/* A statement that deletes all rows of a type. */
void odata_batch_clear(struct store_batch *b, const struct model_type *t);
void odata_batch_clear_links(struct store_batch *b, const struct model_links *l); /* all pairs */
struct odata_config {
    const char *root; /* "/api/v1" */
    const struct model *model;
    struct store *store;
    const struct odata_set_hook *sets;
    size_t nsets;
    const struct odata_function_hook *functions;
    size_t nfunctions;
    const struct odata_set_hook *any_set;           /* for sets without tm:hook; NULL: none */
    const struct odata_function_hook *any_function; /* for functions without tm:hook; NULL: 501 */
    void *ctx;
    unsigned page_size; /* 0: 1000 */
    bool
        json_by_default; /* for callers without Accept, or with any type accepted: JSON, not Atom */
    /* Where SAP Gateway and the Olingo library differ, as Gateway: error documents (their code is the
     * err_id that a hook gave), 501 for operations that a set does not serve, $metadata whatever
     * Accept says. */
    bool gateway;
    bool type_functions; /* isof and cast in $filter and $orderby, which neither of the two knows */
    bool (*has_role)(const void *user, str role); /* NULL: every role */
    /* Writes and functions run there; ctx as above. NULL: on the calling thread (tests). */
    void (*run_blocking)(void *ctx, void (*fn)(void *), void *arg);
    /* MAY: sees each request with its answer, just before that is sent. */
    void (*answered)(void *ctx, struct http_request *r);
};
/* Defines the model's tables in the store; ERR_INTERNAL when a hook of the model is not in the
 * tables, or one in the tables is not in the model. */
bool odata_open(const struct odata_config *c, struct odata_service **ret, struct err *e) MUST_USE;
void odata_close(struct odata_service *s); /* NULL is fine */
http_handler odata_handle;                 /* ctx: struct odata_service * */
/* Answers r with the service's error document: for refusals before odata_handle. Sends it. */
void odata_refuse(struct odata_service *s, struct http_request *r, const struct err *e);
#endif
