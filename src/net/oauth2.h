/* Access tokens by the client credentials grant (RFC 6749 4.4) for outgoing calls. A token is fetched
 * once for all who ask, and kept until 60 s before it expires. */
#ifndef NET_OAUTH2_H
#define NET_OAUTH2_H
#include "net/client.h"

struct oauth2;
struct oauth2 *oauth2_new(struct http_client *client); /* which must outlive it */
void oauth2_free(
    struct oauth2 *o); /* after http_client_stop, which ends every fetch; NULL is fine */

struct oauth2_request {
    /* Filled by the caller; borrowed until done is called. */
    str token_url, client_id, client_secret;
    str scope;    /* STR_NONE: none */
    bool in_body; /* id and secret as form fields instead of a Basic header */
    bool tls_no_verify;
    str proxy;                              /* as in http_call */
    unsigned timeout_ms;                    /* 0: 60 s */
    struct arena *arena;                    /* the caller's: the token is copied into it */
    void (*done)(struct oauth2_request *r); /* once; on this thread when the token is at hand */
    void *arg;
    /* Filled when done is called. */
    bool ok;
    struct err err; /* ERR_UPSTREAM (names status and the server's error text), ERR_TIMEOUT */
    str token;
};
void oauth2_token(struct oauth2 *o, struct oauth2_request *r);
/* The receiver answered 401 to this token: the next request fetches a new one. */
void oauth2_forget(struct oauth2 *o, str token);
#endif
