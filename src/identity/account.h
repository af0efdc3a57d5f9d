/* account: inside identity. Users and clients with their roles, kept in memory and in the table identity_account. */
#ifndef IDENTITY_ACCOUNT_H
#define IDENTITY_ACCOUNT_H
#include "base/map.h"
#include "identity/identity.h"

#include <pthread.h>
#include <stdatomic.h>

enum account_kind { ACCOUNT_USER, ACCOUNT_CLIENT };
struct account { /* immutable; lives until the identity is closed */
    struct identity *identity;
    enum account_kind kind;
    str name;
    str hash;  /* argon2id for users, SHA-256 in hex for the random secrets of clients */
    str plain; /* --dev only */
    str roles; /* as given, comma separated */
    VEC(str) granted;
    bool all;
};
/* A verified Authorization header, so that argon2 runs once per caller and not per request. */
struct verified {
    unsigned char digest[32];
    const struct account *account;
    int64_t until_ms;
};
enum { VERIFIED = 1024, VERIFIED_MS = 300000, SEEN = 4096 };
/* Wrong passwords of a user from an address: ten at once, then one a second; what is more is refused unseen, so that
 * guessing neither succeeds nor keeps the HTTP threads busy with argon2. A slot holds when its debt is paid. */
enum { GUESSERS = 1024, WRONG_MS = 1000, PATIENCE_MS = 10000 };
/* A token that was unsealed a moment ago: unsealing costs more than the rest of authentication. */
enum { OPENED = 256, OPENED_MS = 5000, OPENED_TOKEN = 512 };
struct opened {
    char token[OPENED_TOKEN];
    size_t n;
    const struct account *account;
    int64_t until_ms;
};
struct identity {
    struct store *store;
    struct arena *arena; /* accounts, the replaced ones included */
    pthread_rwlock_t lock;
    struct map users, clients; /* name -> struct account */
    pthread_mutex_t hashing;   /* one argon2 at a time: 19 MB each */
    pthread_mutex_t verified_lock;
    struct verified verified[VERIFIED];
    struct opened opened[OPENED];
    int64_t started_ms;
    /* When a session was last used, by hash of its number; those that share a slot keep each other alive. */
    _Atomic int64_t seen[SEEN];
    unsigned generation; /* of accounts, under verified_lock: checks before a change are not kept */
    atomic_llong guessers[GUESSERS];
};
/* What r->user points to. */
enum how { BY_BASIC, BY_BEARER, BY_SESSION };
struct user {
    const struct account *account;
    enum how how;
    const struct session_face *face;
};
/* How one face asks for a logon and shows sessions. The sealed ticket in the cookie is the same for all. */
struct session_face {
    const char *realm;
    const char *html; /* body of a 401; NULL: the reason in plain text */
    struct session_cookie {
        const char *name;
        enum { COOKIE_TICKET, COOKIE_NUMBER, COOKIE_FIXED } kind;
        const char *fixed, *attributes, *tls_attributes;
    } cookies[2]; /* in the order they are set */
    bool renewed; /* every fetch sets the cookies again, which extends the session */
    const char *refusal;
};
extern const struct session_face session_ci, session_gateway;
const struct account *account_find(struct identity *i, enum account_kind kind, str name);
/* Name and password or secret; NULL: wrong, or too many wrong ones from that peer. Slow for users: argon2. */
const struct account *account_check(struct identity *i, enum account_kind kind, str name,
                                    str password, str peer);

/* Sealed texts "kind|expiry|rest" that only we can make: tokens, session cookies, CSRF tokens. base64url. */
str ticket_make(struct identity *i, struct arena *a, char kind, int64_t until_ms, str rest);
bool ticket_read(struct identity *i, struct arena *a, char kind, str ticket, str *ret_rest);

/* Value of a cookie of the request, or STR_NONE. */
str cookie_value(const struct http_request *r, const char *name);
/* The session's account, when the request carries a live session cookie. */
const struct account *session_account(struct identity *i, struct http_request *r);
/* "Basic …" to its two parts. */
bool basic_split(struct arena *a, str authorization, str *ret_name, str *ret_password);
#endif
