/* The listening socket, and room for many connections. */
#include "net/rules.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

bool net_listen(str address, uint16_t want, int *ret_fd, uint16_t *ret_port, struct err *e)
{
    char host[64], port[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_PASSIVE},
                    *ai;
    snprintf(host, sizeof host, STR_FMT, STR_ARG(address));
    snprintf(port, sizeof port, "%u", want);
    if (getaddrinfo(address.n ? host : NULL, port, &hints, &ai))
        return err_set(e, ERR_BAD_REQUEST, "'%s' is not an address to listen on", host);
    int on = 1, off = 0, fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool ok = fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (ok && ai->ai_family == AF_INET6)
        ok = !setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    ok = ok && !bind(fd, ai->ai_addr, ai->ai_addrlen) && !listen(fd, 4096);
    struct sockaddr_storage bound;
    socklen_t n = sizeof bound;
    ok = ok && !getsockname(fd, (struct sockaddr *)&bound, &n) &&
         !getnameinfo((struct sockaddr *)&bound, n, NULL, 0, port, sizeof port, NI_NUMERICSERV);
    if (!ok) {
        err_set(e, ERR_UNAVAILABLE, "cannot listen on %s port %u: %s", host, want, strerror(errno));
        if (fd >= 0)
            close(fd);
    }
    freeaddrinfo(ai);
    *ret_fd = fd;
    *ret_port = (uint16_t)strtoul(port, NULL, 10);
    return ok;
}

void net_raise_file_limit(void)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
        r.rlim_cur = r.rlim_max;
        setrlimit(RLIMIT_NOFILE, &r);
    }
}
