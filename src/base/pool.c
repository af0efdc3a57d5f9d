/* One lock, one condition, a ring that grows only by pool_add. Jobs are coarse (an exchange, a
 * request), so a single queue is not where time goes. */
#include "base/pool.h"

#include "base/arena.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct job {
    pool_fn *fn;
    void *arg;
};
struct pool {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct job *ring;
    size_t first, n, room, cap;
    bool stopping;
    unsigned nthreads;
    char name[16];
    pthread_t threads[];
};

static bool take(struct pool *p, struct job *ret)
{
    pthread_mutex_lock(&p->lock);
    while (!p->n && !p->stopping)
        pthread_cond_wait(&p->more, &p->lock);
    bool got = p->n > 0;
    if (got) {
        *ret = p->ring[p->first];
        p->first = (p->first + 1) % p->room;
        p->n--;
    }
    pthread_mutex_unlock(&p->lock);
    return got;
}

static void *work(void *arg)
{
    struct pool *p = arg;
    struct job j;
    pthread_setname_np(pthread_self(), p->name);
    while (take(p, &j))
        j.fn(j.arg);
    return NULL;
}

unsigned pool_cores(void)
{
    cpu_set_t set; /* of 1024 cores; the call fails where there are more */
    long all = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set)
                                                           : sysconf(_SC_NPROCESSORS_ONLN);
    return all > 0 ? (unsigned)all : 1;
}

struct pool *pool_new(const char *name, unsigned threads, size_t cap)
{
    threads = threads ? threads : pool_cores();
    struct pool *p = mem_alloc(sizeof *p + threads * sizeof p->threads[0]);
    *p = (struct pool){.room = cap ? cap : 1, .cap = cap};
    p->ring = mem_alloc(p->room * sizeof *p->ring);
    snprintf(p->name, sizeof p->name, "%s", name);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->more, NULL);
    for (; p->nthreads < threads; p->nthreads++)
        if (pthread_create(&p->threads[p->nthreads], NULL, work, p))
            abort(); /* like memory: a process without threads cannot go on */
    return p;
}

static void grow(struct pool *p)
{
    struct job *ring = mem_alloc(p->room * 2 * sizeof *ring);
    for (size_t i = 0; i < p->n; i++)
        ring[i] = p->ring[(p->first + i) % p->room];
    free(p->ring);
    p->ring = ring;
    p->first = 0;
    p->room *= 2;
}

static bool put(struct pool *p, struct job j, bool bounded)
{
    pthread_mutex_lock(&p->lock);
    bool ok = !bounded || (p->n < p->cap && !p->stopping);
    if (ok) {
        if (p->n == p->room)
            grow(p);
        p->ring[(p->first + p->n++) % p->room] = j;
        pthread_cond_signal(&p->more);
    }
    pthread_mutex_unlock(&p->lock);
    return ok;
}

bool pool_try(struct pool *p, pool_fn *fn, void *arg)
{
    return put(p, (struct job){fn, arg}, true);
}

void pool_add(struct pool *p, pool_fn *fn, void *arg)
{
    put(p, (struct job){fn, arg}, false);
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_broadcast(&p->more);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->nthreads; i++)
        pthread_join(p->threads[i], NULL);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->more);
    free(p->ring);
    free(p);
}
