/* The server's open connections, as the reaper and a stop see them. Private to net.
 * The reaper's clock is everybody's: a request needs no system call to note the time. */
#ifndef NET_CONNS_H
#define NET_CONNS_H
#include "base/arena.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

struct MHD_Connection;
enum phase { NEW, IDLE, HEAD, BUSY }; /* BUSY: headers complete, answer not yet sent */
struct conn {
    struct conn *prev, *next;
    struct MHD_Connection *mhd;
    int fd;
    _Atomic int phase;
    _Atomic int64_t since_ms; /* of the phase */
    struct arena *arena;      /* of client_dn */
    str peer, client_dn;      /* peer.p NULL: not looked up yet */
    char address[INET6_ADDRSTRLEN];
};
struct conns {
    pthread_mutex_t lock; /* first */
    struct conn *first;
    _Atomic int64_t now_ms;
    int64_t header_ms, idle_ms;
    pthread_t reaper;
    _Atomic bool ending;
};
void conns_init(struct conns *s, int64_t header_ms, int64_t idle_ms);
struct conn *conns_add(struct conns *s, struct MHD_Connection *mhd, int fd);
void conns_remove(struct conns *s, struct conn *c); /* frees c */
/* From here to conns_unwatch the reaper moves the clock and shuts down what has not finished its headers in
 * time. Between requests libmicrohttpd's idle timeout rules; who trickles the next request line gets
 * header_ms on top. */
void conns_watch(struct conns *s);
void conns_unwatch(struct conns *s);
/* Shuts down all connections, or those that are not BUSY; returns how many are. */
size_t conns_shut(struct conns *s, bool all);
/* The same again and again until none is BUSY or until_ms has come. */
size_t conns_drain(struct conns *s, bool all, int64_t until_ms);
/* 413 on the bare socket, which then is to be closed. */
void conn_too_large(struct conn *c);
void conn_name(struct conn *c, const struct sockaddr *sa); /* fills peer; NULL: "" */

static inline void conn_enter(struct conns *s, struct conn *c, enum phase phase)
{
    int64_t now = atomic_load_explicit(&s->now_ms, memory_order_relaxed);
    atomic_store_explicit(&c->since_ms, now, memory_order_relaxed);
    atomic_store_explicit(&c->phase, (int)phase, memory_order_relaxed);
}
static inline int64_t conn_age_ms(struct conns *s, struct conn *c)
{
    return atomic_load_explicit(&s->now_ms, memory_order_relaxed) -
           atomic_load_explicit(&c->since_ms, memory_order_relaxed);
}
#endif
