/* pool: threads that take jobs in order from a bounded queue. */
#ifndef BASE_POOL_H
#define BASE_POOL_H
#include "base/err.h"

/* Cores that the calling thread may run on: a container's or a taskset's, not the machine's. */
unsigned pool_cores(void);

struct pool;
typedef void pool_fn(void *arg);
/* threads 0: one per core. cap: most jobs waiting. name: thread name, at most 15 characters. */
struct pool *pool_new(const char *name, unsigned threads, size_t cap);
/* false: full or stopping; nothing was queued. */
bool pool_try(struct pool *p, pool_fn *fn, void *arg) MUST_USE;
/* Queues past cap: for work that has been accepted already (a parked exchange goes on). */
void pool_add(struct pool *p, pool_fn *fn, void *arg);
void pool_free(struct pool *p); /* runs what is queued, then joins; NULL is fine */
#endif
