/* Authentication of a request: Bearer token, Basic, or session cookie, in this order. */
#include "identity/account.h"

#include "base/codec.h"
#include "base/time.h"
#include "store/secret.h"

bool basic_split(struct arena *a, str authorization, str *ret_name, str *ret_password)
{
    str text;
    if (!str_starts_nocase(authorization, STR("Basic ")) ||
        !base64_decode(a, str_trim(str_from(authorization, 6)), &text))
        return false;
    size_t colon = str_find_char(text, ':', 0);
    if (colon == SIZE_MAX)
        return false;
    *ret_name = str_sub(text, 0, colon);
    *ret_password = str_from(text, colon + 1);
    return true;
}

/* A place in the table of verified headers; the lock is held. */
static struct verified *verified_slot(struct identity *i, const unsigned char digest[32])
{
    return &i->verified[(digest[0] | (unsigned)digest[1] << 8) % VERIFIED];
}

/* *ret_generation: of the accounts, for keep_verified. A caller that comes back stays known. */
static const struct account *find_verified(struct identity *i, const unsigned char digest[32],
                                           unsigned *ret_generation)
{
    pthread_mutex_lock(&i->verified_lock);
    struct verified *slot = verified_slot(i, digest);
    int64_t now = time_monotonic_ms();
    bool hit = !memcmp(slot->digest, digest, sizeof slot->digest) && slot->until_ms > now;
    const struct account *found = hit ? slot->account : NULL;
    if (hit)
        slot->until_ms = now + VERIFIED_MS;
    *ret_generation = i->generation;
    pthread_mutex_unlock(&i->verified_lock);
    return found;
}

static void keep_verified(struct identity *i, const unsigned char digest[32],
                          const struct account *account, unsigned generation)
{
    pthread_mutex_lock(&i->verified_lock);
    struct verified *slot = verified_slot(i, digest);
    if (generation == i->generation) {
        memcpy(slot->digest, digest, sizeof slot->digest);
        slot->account = account;
        slot->until_ms = time_monotonic_ms() + VERIFIED_MS;
    }
    pthread_mutex_unlock(&i->verified_lock);
}

static const struct account *by_basic(struct identity *i, const struct http_request *r,
                                      str authorization)
{
    unsigned char digest[32];
    unsigned generation;
    str name, password;
    secret_sha256(authorization, digest);
    const struct account *found = find_verified(i, digest, &generation);
    if (found || !basic_split(r->arena, authorization, &name, &password))
        return found;
    found = account_check(i, ACCOUNT_USER, name, password, r->peer);
    if (!found) /* service keys may call flow endpoints with Basic */
        found = account_check(i, ACCOUNT_CLIENT, name, password, r->peer);
    if (found)
        keep_verified(i, digest, found, generation);
    return found;
}

static const struct account *find_opened(struct identity *i, str token, unsigned *ret_generation)
{
    struct opened *slot = &i->opened[str_hash(token) % OPENED];
    pthread_mutex_lock(&i->verified_lock);
    bool hit = slot->account && slot->until_ms > time_monotonic_ms() &&
               secret_equal(token, (str){slot->token, slot->n});
    const struct account *found = hit ? slot->account : NULL;
    *ret_generation = i->generation;
    pthread_mutex_unlock(&i->verified_lock);
    return found;
}

static void keep_opened(struct identity *i, str token, const struct account *account,
                        unsigned generation)
{
    struct opened *slot = &i->opened[str_hash(token) % OPENED];
    pthread_mutex_lock(&i->verified_lock);
    if (generation == i->generation && token.n <= sizeof slot->token) {
        memcpy(slot->token, token.p, token.n);
        slot->n = token.n;
        slot->account = account;
        slot->until_ms = time_monotonic_ms() + OPENED_MS;
    }
    pthread_mutex_unlock(&i->verified_lock);
}

/* The rest of a token is "u" or "c" and the name. */
static const struct account *by_bearer(struct identity *i, struct arena *a, str token)
{
    str rest;
    unsigned generation;
    token = str_trim(token);
    const struct account *found = find_opened(i, token, &generation);
    if (found || !ticket_read(i, a, 't', token, &rest) || !rest.n)
        return found;
    found = account_find(i, rest.p[0] == 'u' ? ACCOUNT_USER : ACCOUNT_CLIENT, str_from(rest, 1));
    if (found)
        keep_opened(i, token, found, generation);
    return found;
}

static bool refuse(const struct session_face *f, struct http_request *r, bool wrong, struct err *e)
{
    http_set(r, "WWW-Authenticate", arena_fmt(r->arena, "Basic realm=\"%s\"", f->realm));
    if (f->html) {
        http_set(r, "Content-Type", STR("text/html; charset=utf-8"));
        buf_addz(&r->response.out, f->html);
    }
    return err_set(
        e, ERR_UNAUTHORIZED,
        wrong ? "The credentials are wrong or the token has expired."
              : "Credentials are missing: send Basic or a Bearer token from /oauth/token.");
}

static bool admit(struct identity *i, const struct session_face *f, struct http_request *r,
                  struct err *e)
{
    str authorization = http_header(&r->headers, "Authorization");
    const struct account *account;
    enum how how;
    if (str_starts_nocase(authorization, STR("Bearer "))) {
        account = by_bearer(i, r->arena, str_from(authorization, 7));
        how = BY_BEARER;
    } else if (authorization.p) {
        account = by_basic(i, r, authorization);
        how = BY_BASIC;
    } else {
        account = session_account(i, r);
        how = BY_SESSION;
    }
    if (!account)
        return refuse(f, r, authorization.p != NULL, e);
    struct user *u = arena_new_of(r->arena, struct user);
    *u = (struct user){account, how, f};
    r->user = u;
    return true;
}

bool identity_admit(void *ctx, struct http_request *r, size_t *ret_limit, struct err *e)
{
    (void)ret_limit; /* the route's own */
    return admit(ctx, &session_ci, r, e);
}

bool identity_admit_gateway(void *ctx, struct http_request *r, size_t *ret_limit, struct err *e)
{
    (void)ret_limit;
    return admit(ctx, &session_gateway, r, e);
}

str user_name(const void *user)
{
    return user ? ((const struct user *)user)->account->name : STR("");
}

bool user_has_role(const void *user, str role)
{
    const struct account *a = user ? ((const struct user *)user)->account : NULL;
    if (!a || a->all || !role.n)
        return a != NULL;
    for (size_t n = 0; n < a->granted.n; n++)
        if (str_eq(a->granted.at[n], role))
            return true;
    return false;
}
