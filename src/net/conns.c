#include "net/conns.h"

#include "base/time.h"

#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

void conns_init(struct conns *s, int64_t header_ms, int64_t idle_ms)
{
    *s = (struct conns){.now_ms = time_monotonic_ms(), .header_ms = header_ms, .idle_ms = idle_ms};
    pthread_mutex_init(&s->lock, NULL);
}

struct conn *conns_add(struct conns *s, struct MHD_Connection *mhd, int fd)
{
    struct conn *c = mem_alloc(sizeof *c);
    *c = (struct conn){.mhd = mhd, .fd = fd};
    conn_enter(s, c, NEW);
    pthread_mutex_lock(&s->lock);
    c->next = s->first;
    if (c->next)
        c->next->prev = c;
    s->first = c;
    pthread_mutex_unlock(&s->lock);
    return c;
}

void conns_remove(struct conns *s, struct conn *c)
{
    pthread_mutex_lock(&s->lock);
    if (c->next)
        c->next->prev = c->prev;
    if (c->prev)
        c->prev->next = c->next;
    else
        s->first = c->next;
    pthread_mutex_unlock(&s->lock);
    arena_free(c->arena);
    free(c);
}

static void reap(struct conns *s)
{
    const int64_t allowed[] = {[NEW] = s->header_ms,
                               [IDLE] = s->idle_ms + s->header_ms,
                               [HEAD] = s->header_ms,
                               [BUSY] = INT64_MAX};
    atomic_store(&s->now_ms, time_monotonic_ms());
    pthread_mutex_lock(&s->lock);
    for (struct conn *c = s->first; c; c = c->next)
        if (conn_age_ms(s, c) > allowed[atomic_load(&c->phase)])
            shutdown(c->fd, SHUT_RDWR);
    pthread_mutex_unlock(&s->lock);
}

static void *reaper_main(void *arg)
{
    struct conns *s = arg;
    int64_t tick = s->header_ms / 4;
    tick = tick < 10 ? 10 : tick > 200 ? 200 : tick;
    while (!s->ending) {
        usleep((useconds_t)(tick * 1000));
        reap(s);
    }
    return NULL;
}

void conns_watch(struct conns *s)
{
    if (pthread_create(&s->reaper, NULL, reaper_main, s))
        abort();
}

void conns_unwatch(struct conns *s)
{
    s->ending = true;
    pthread_join(s->reaper, NULL);
}

size_t conns_shut(struct conns *s, bool all)
{
    size_t busy = 0;
    pthread_mutex_lock(&s->lock);
    for (struct conn *c = s->first; c; c = c->next) {
        bool in_flight = atomic_load(&c->phase) == BUSY;
        busy += in_flight;
        if (all || !in_flight)
            shutdown(c->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&s->lock);
    return busy;
}

size_t conns_drain(struct conns *s, bool all, int64_t until_ms)
{
    size_t busy;
    while ((busy = conns_shut(s, all)) && time_monotonic_ms() < until_ms)
        usleep(5000);
    return busy;
}

void conn_too_large(struct conn *c)
{
    static const char text[] =
        "HTTP/1.1 413 Request Entity Too Large\r\nConnection: close\r\n"
        "Content-Type: text/plain\r\nContent-Length: 23\r\n\r\n"
        "The body is too large.\n";
    (void)!send(c->fd, text, sizeof text - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void conn_name(struct conn *c, const struct sockaddr *sa)
{
    socklen_t n =
        sa && sa->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (sa)
        getnameinfo(sa, n, c->address, sizeof c->address, NULL, 0, NI_NUMERICHOST);
    c->peer = str_of(c->address);
    if (str_starts(c->peer, STR("::ffff:"))) /* IPv4 on a socket of both families */
        c->peer = str_from(c->peer, 7);
}
