/* identity: who calls. Users and service keys with roles (roles.md), Basic, OAuth2 client credentials and password
 * grant, sessions with CSRF tokens (api.md 1.5, 1.6). Passwords by argon2id; tokens are random and kept as hashes. */
#ifndef IDENTITY_IDENTITY_H
#define IDENTITY_IDENTITY_H
#include "net/server.h"
#include "store/store.h"

struct identity;
struct user;
struct identity_config {
    struct store *store;
    bool dev; /* user dev/dev and OAuth client dev/dev with every role, in memory only */
};
bool identity_open(const struct identity_config *c, struct identity **ret, struct err *e) MUST_USE;
void identity_close(struct identity *i);

/* ---- requests: r->user is a struct user, or NULL ---- */
/* For http_route.admit (ctx: the identity): sets r->user from Authorization or the session cookie. ERR_UNAUTHORIZED when
 * credentials are missing or wrong. */
http_admit identity_admit;
/* The same as SAP Gateway does it (spec devops.md 6): its realm and page, and csrf_fetch sets, in this order,
 * sap-usercontext and SAP_SESSIONID_SM1_001. A session of either face counts in both. */
http_admit identity_admit_gateway;
str user_name(const void *user);                 /* "" for NULL */
bool user_has_role(const void *user, str role);  /* STR_NONE or "": any authenticated user */
/* "X-CSRF-Token: Fetch": puts the token and the session cookies on the answer. true: it was asked for. */
bool csrf_fetch(struct http_request *r);
/* Modifying methods of callers with Basic or a session need a valid token and its session; Bearer callers do not.
 * false: the answer (403, X-CSRF-Token: Required, a sentence) is filled in, not yet sent. Only for modifying methods. */
bool csrf_check(struct http_request *r);

/* ---- /oauth/token and /oauth2/api/v1/token: all request forms of api.md 1.5 (ctx: the identity) ---- */
http_handler identity_token;

/* ---- administration ---- */
/* Roles: names of roles.md, or role collections ("PI_Administrator", …), or "*". Replaces an existing user. */
bool identity_put_user(struct identity *i, str name, str password, const str *roles, size_t nroles, struct err *e) MUST_USE;
bool identity_remove_user(struct identity *i, str name, struct err *e) MUST_USE;
typedef bool identity_user_fn(void *arg, str name, str kind /* "user" or "client" */, str roles /* comma separated */);
bool identity_list(struct identity *i, identity_user_fn *fn, void *arg, struct err *e) MUST_USE;
/* A new client with random id and secret, as the service key's JSON {"oauth":{...}} (api.md 1.5), in the arena. */
bool identity_create_key(struct identity *i, struct arena *a, str base_url, const str *roles, size_t nroles, str *ret_json,
                         struct err *e) MUST_USE;
bool identity_is_empty(struct identity *i); /* no user and no key yet: the first start */
#endif
