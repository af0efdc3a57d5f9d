/* parts: what the files of this folder share. */
#ifndef SERVICES_CI_PARTS_H
#define SERVICES_CI_PARTS_H
#include "flow/flow.h"
#include "odata/odata.h"
#include "services/ci/ci.h"

#include <pthread.h>
#include <stdatomic.h>

enum { DEPLOY_LOCKS = 16 };
struct ci {
    struct store *store;
    struct engine *engine;
    const struct registry *registry;
    struct model *model;
    struct odata_service *service;
    atomic_uint starting; /* artifacts that ran before the restart and do not yet */
    /* An artifact is deployed and undeployed by one thread at a time: lock by hash of its id. */
    pthread_mutex_t deploying[DEPLOY_LOCKS];
    struct value_mappings *mappings;
};

/* ---- the four kinds of artifacts ---- */
struct kind {
    const char *name; /* "Integration": {name}DesigntimeArtifact(s) in sets, types and functions */
    const char *runtime_type; /* of IntegrationRuntimeArtifacts */
    const char *bundle_type;  /* SAP-BundleType of its manifest */
    const char *export_type;  /* in exported packages */
    bool task;                /* its deployment answers a task id */
    /* Content of a kind without a program; NULL: flow_compile decides. */
    bool (*check)(const struct bundle *b, struct err *e);
};
extern const struct kind ci_kinds[];
extern const size_t ci_nkinds;
/* By the name of a set, a function or a kind; aborts on others: the EDMX and the table belong together. */
const struct kind *kind_in(str name);

/* ---- stored design-time artifacts (artifacts.c) ---- */
#define VERSION_DRAFT \
    "Active"    /* version of a draft: changed since it was last saved as a version */
struct stored { /* texts in the arena */
    const struct kind *kind;
    str id, version, package_id, symbolic_name;
    str current; /* the active version */
    str name, description, sender, receiver, comment;
    str created_by, created_at, modified_by, modified_at; /* times: ms since 1970 as text */
    str content;                                          /* STR_NONE: not read */
};
bool artifacts_define(struct store *s, struct err *e) MUST_USE;
/* version "active" in any case: the current one. *ret NULL: there is none. */
bool artifact_find(struct odata_call *c, const struct kind *k, str id, str version, bool content,
                   struct stored **ret, struct err *e) MUST_USE;
/* The same by a key entity of the kind's set; ERR_NOT_FOUND when there is none. */
bool artifact_of(struct odata_call *c, const struct entity *key, bool content, struct stored **ret,
                 struct err *e) MUST_USE;
typedef bool artifact_fn(void *arg, const struct stored *s);
/* Those of a package, or all with STR_NONE, in order of their names; without content. */
bool artifact_list(struct odata_call *c, const struct kind *k, str package, artifact_fn *fn,
                   void *arg, struct err *e) MUST_USE;
/* Stores s as the current version; its content replaces that of an equal version, and a draft goes. */
void artifact_store(struct odata_call *c, struct store_batch *b, struct stored *s);
/* ERR_BAD_REQUEST when it is an old version. */
bool artifact_changeable(const struct stored *s, struct err *e) MUST_USE;
void artifact_delete(struct store_batch *b, str id);
void artifact_delete_package(struct store_batch *b, str package);
/* What the bundle says becomes the artifact's: version, description, symbolic name. */
bool artifact_describe(struct odata_call *c, struct stored *s, const struct bundle *b,
                       struct err *e) MUST_USE;
/* "1.0.1", also with a qualifier ("1.0.0.qualifier"). */
bool artifact_check_version(str v, struct err *e) MUST_USE;
/* Its content, parsed; and back. */
bool artifact_bundle(const struct stored *s, struct bundle **ret, struct err *e) MUST_USE;
bool artifact_pack(struct odata_call *c, struct stored *s, struct bundle *b,
                   struct err *e) MUST_USE;
/* The artifact that the URI's parent names, with its bundle (to be freed). */
bool artifact_open_parent(struct odata_call *c, struct stored **ret, struct bundle **ret_bundle,
                          struct err *e) MUST_USE;
/* Packs the changed bundle and stores the artifact, on disk when it returns. */
bool artifact_keep(struct odata_call *c, struct stored *s, struct bundle *b, struct err *e) MUST_USE;

/* ---- packages as files (package_zip.c) ---- */
bool package_export(struct odata_call *c, const struct entity *package, struct blob **ret,
                    struct err *e) MUST_USE;
/* Sets the package's properties and adds its artifacts to the batch. */
bool package_import(struct odata_call *c, str content, struct entity *package,
                    struct store_batch *batch, struct err *e) MUST_USE;

/* ---- deployment (deploy.c) ---- */
bool deploy_define(struct store *s, struct err *e) MUST_USE;
bool deploy_start(struct ci *ci, struct err *e) MUST_USE;
pthread_mutex_t *deploy_lock(struct ci *ci, str id);

/* What is deployed besides flows: script collections go to the script hosts, value mappings to value_mapping.c. */
void deploy_withdraw(struct ci *ci, str id);

/* ---- deployed value mappings (value_mapping.c) ---- */
struct value_mappings *value_mappings_new(void);
void value_mappings_free(struct value_mappings *v); /* NULL is fine */
bool value_mappings_put(struct value_mappings *v, str id, const struct map *files, struct err *e) MUST_USE;
void value_mappings_remove(struct value_mappings *v, str id);

/* ---- the tables of hooks, one per file ---- */
extern const struct odata_set_hook packages_hook, designtime_hook, configurations_hook,
    resources_hook, runtime_hook, runtime_error_hook, endpoints_hook, entry_points_hook,
    api_definitions_hook, logs_hook, log_error_hook, attachments_hook, secure_parameters_hook,
    user_credentials_hook, oauth2_credentials_hook, custom_parameters_hook, data_stores_hook,
    data_store_entries_hook, variables_hook, trace_messages_hook, keystore_entries_hook,
    keystores_hook, chain_certificates_hook, certificate_resources_hook,
    certificate_chain_resources_hook, signing_requests_hook, key_pair_resources_hook,
    key_pair_generation_hook;
extern const struct odata_function_hook deploy_hook, save_as_version_hook;

/* ---- small things ---- */
str now_text(struct arena *a);                /* ms since 1970 */
str text_of(struct arena *a, struct value v); /* copy of a column's text; "" for null */
/* First row into ret (copies in the arena); *ret_found false: none. */
bool query_row(struct store *s, struct arena *a, const char *sql, const struct value *binds,
               size_t nbinds, struct value *ret, size_t n, bool *ret_found, struct err *e) MUST_USE;
#endif
