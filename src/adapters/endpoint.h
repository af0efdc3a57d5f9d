/* endpoint: the addresses on which started senders wait for messages. One table per kind of sender, shared by all
 * engines of the process; entries of different engines do not see each other. Thread-safe. */
#ifndef ADAPTERS_ENDPOINT_H
#define ADAPTERS_ENDPOINT_H
#include "engine/engine.h"

#include <pthread.h>

enum { ENDPOINT_BUCKETS = 512 };
struct endpoint;
struct endpoints {
    pthread_mutex_t lock;
    struct endpoint *buckets[ENDPOINT_BUCKETS];
};
#define ENDPOINTS                         \
    {                                     \
        .lock = PTHREAD_MUTEX_INITIALIZER \
    }

/* address is copied and compared byte by byte. wildcard: it also serves what continues with '/', and then no other
 * artifact may have an address there. A newer version of the same artifact may repeat an address and wins.
 * ERR_CONFLICT names the artifact that has it. */
bool endpoint_add(struct endpoints *t, struct artifact *a, const struct route *r, const void *cfg,
                  str address, bool wildcard, struct err *e) MUST_USE;
void endpoint_remove(struct endpoints *t, const struct artifact *a, const struct route *r);
struct endpoint_hit {
    struct artifact *artifact; /* a reference, the caller's */
    const struct route *route;
    const void *cfg;
    size_t matched; /* bytes of the address; the rest is the part under the wildcard */
};
bool endpoint_find(struct endpoints *t, const struct engine *g, str address,
                   struct endpoint_hit *ret);
#endif
