/* Bytes over a socket, for tests that must send what no client library would. */
#ifndef TEST_WIRE_H
#define TEST_WIRE_H
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static inline int wire_open(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval limit = {.tv_sec = 20};
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&sa, sizeof sa)) {
        close(fd);
        return -1;
    }
    return fd;
}

static inline void wire_send(int fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* Everything until the other side closes; NUL-terminated. */
static inline size_t wire_rest(int fd, char *to, size_t cap)
{
    size_t n = 0;
    ssize_t got;
    while (n < cap - 1 && (got = recv(fd, to + n, cap - 1 - n, 0)) > 0)
        n += (size_t)got;
    to[n] = 0;
    return n;
}

/* One answer with a Content-Length. */
static inline size_t wire_answer(int fd, char *to, size_t cap)
{
    size_t n = 0;
    ssize_t got;
    to[0] = 0;
    while (n < cap - 1 && (got = recv(fd, to + n, cap - 1 - n, 0)) > 0) {
        to[n += (size_t)got] = 0;
        const char *end = strstr(to, "\r\n\r\n"), *length = strcasestr(to, "\r\ncontent-length:");
        if (end && (!length || n >= (size_t)(end + 4 - to) + strtoul(length + 17, NULL, 10)))
            break;
    }
    return n;
}
#endif
