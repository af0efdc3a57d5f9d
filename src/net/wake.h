/* wake: ends the wait of a loop's thread from another thread. Private to net. */
#ifndef NET_WAKE_H
#define NET_WAKE_H
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct wake {
    int fd; /* eventfd */
    _Atomic bool woken;
};
static inline struct wake wake_new(void)
{
    return (struct wake){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
}
static inline void wake_free(struct wake *w)
{
    close(w->fd);
}
/* One write for all calls until the loop comes round. */
static inline void wake(struct wake *w)
{
    if (!atomic_exchange(&w->woken, true))
        eventfd_write(w->fd, 1);
}
/* Until wake, fd has something, or the time is over; ms -1: for ever. */
static inline void wake_wait(struct wake *w, int fd, int ms)
{
    struct pollfd fds[] = {
        {fd,    POLLIN, 0},
        {w->fd, POLLIN, 0}
    };
    eventfd_t n;
    if (poll(fds, 2, ms) > 0 && fds[1].revents) {
        eventfd_read(w->fd, &n);
        atomic_store(&w->woken, false);
    }
}
#endif
