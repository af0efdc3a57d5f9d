/* A hash of addresses. A look-up tries the whole address, then its parents; the newest entry of an address wins,
 * so that a redeployment takes over before the old version stops. */
#include "adapters/endpoint.h"

#include <stdlib.h>

struct endpoint {
    struct endpoint *next; /* older ones of the bucket */
    struct artifact *artifact;
    const struct route *route;
    const void *cfg;
    bool wildcard;
    size_t n;
    char address[];
};

static struct endpoint **bucket_of(struct endpoints *t, str address)
{
    return &t->buckets[str_hash(address) % ENDPOINT_BUCKETS];
}

static str address_of(const struct endpoint *p)
{
    return (str){p->address, p->n};
}

/* Does wide, a wildcard, serve what narrow names? */
static bool covers(str wide, str narrow)
{
    return str_starts(narrow, wide) && (narrow.n == wide.n || narrow.p[wide.n] == '/');
}

static bool collide(const struct endpoint *p, str address, bool wildcard)
{
    str other = address_of(p);
    return str_eq(other, address) || (p->wildcard && covers(other, address)) ||
           (wildcard && covers(address, other));
}

static bool is_older_version(const struct endpoint *p, const struct artifact *a)
{
    return p->artifact != a && str_eq(artifact_info(p->artifact)->id, artifact_info(a)->id);
}

static const struct endpoint *find_collision(const struct endpoints *t, const struct artifact *a,
                                             str address, bool wildcard)
{
    for (size_t i = 0; i < ENDPOINT_BUCKETS; i++)
        for (const struct endpoint *p = t->buckets[i]; p; p = p->next)
            if (artifact_engine(p->artifact) == artifact_engine(a) && !is_older_version(p, a) &&
                collide(p, address, wildcard))
                return p;
    return NULL;
}

bool endpoint_add(struct endpoints *t, struct artifact *a, const struct route *r, const void *cfg,
                  str address, bool wildcard, struct err *e)
{
    struct endpoint *p = mem_alloc(sizeof *p + address.n + 1);
    *p = (struct endpoint){
        .artifact = a, .route = r, .cfg = cfg, .wildcard = wildcard, .n = address.n};
    memcpy(p->address, address.p, address.n);
    pthread_mutex_lock(&t->lock);
    const struct endpoint *taken = find_collision(t, a, address, wildcard);
    if (taken) {
        str other = artifact_info(taken->artifact)->id;
        err_set(e, ERR_CONFLICT,
                "the address '" STR_FMT "' is taken by '" STR_FMT "' of artifact '" STR_FMT "'",
                STR_ARG(address), STR_ARG(address_of(taken)), STR_ARG(other));
        free(p);
    } else {
        struct endpoint **to = bucket_of(t, address);
        p->next = *to;
        *to = p;
    }
    pthread_mutex_unlock(&t->lock);
    return !taken;
}

void endpoint_remove(struct endpoints *t, const struct artifact *a, const struct route *r)
{
    pthread_mutex_lock(&t->lock);
    for (size_t i = 0; i < ENDPOINT_BUCKETS; i++)
        for (struct endpoint **at = &t->buckets[i]; *at;) {
            struct endpoint *p = *at;
            if (p->artifact != a || p->route != r) {
                at = &p->next;
                continue;
            }
            *at = p->next;
            free(p);
        }
    pthread_mutex_unlock(&t->lock);
}

static const struct endpoint *find_exact(struct endpoints *t, const struct engine *g, str address,
                                         bool wildcard)
{
    for (const struct endpoint *p = *bucket_of(t, address); p; p = p->next)
        if (str_eq(address_of(p), address) && (p->wildcard || !wildcard) &&
            artifact_engine(p->artifact) == g)
            return p;
    return NULL;
}

bool endpoint_find(struct endpoints *t, const struct engine *g, str address,
                   struct endpoint_hit *ret)
{
    pthread_mutex_lock(&t->lock);
    const struct endpoint *p = find_exact(t, g, address, false);
    for (size_t n = address.n; !p && n > 0;) {
        n = str_rfind_char(str_sub(address, 0, n), '/');
        if (n == SIZE_MAX)
            break;
        p = find_exact(t, g, str_sub(address, 0, n), true);
    }
    if (p)
        *ret = (struct endpoint_hit){artifact_ref(p->artifact), p->route, p->cfg, p->n};
    pthread_mutex_unlock(&t->lock);
    return p != NULL;
}
