/* Where a call really goes. Private to net. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H
#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"

struct host_rule {
    str from, to; /* scheme://host[:port] without the default port; from "*": any */
};
struct host_map {
    VEC(struct host_rule) rules;
};
bool host_map_add(struct arena *a, struct host_map *m, str rule, struct err *e) MUST_USE;
/* The URL to call instead, in a; url itself when no rule matches. */
str host_map_apply(struct arena *a, const struct host_map *m, str url);
/* host[:port] of a URL without user and password; "" when there is none. For messages and headers. */
str url_host(str url);
bool net_is_host_port(str s); /* "host:25" */
#endif
