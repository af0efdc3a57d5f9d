/* Which handler serves a path. */
#include "net/rules.h"

#include <stdlib.h>

static int by_length_down(const void *a, const void *b)
{
    const struct http_route_entry *x = a, *y = b;
    size_t n = x->prefix.n, m = y->prefix.n;
    return (n < m) - (n > m);
}

struct http_route_entry *http_routes_sorted(struct arena *a, const struct http_route *routes,
                                            size_t n)
{
    struct http_route_entry *ret = arena_new_array(a, struct http_route_entry, n + 1);
    for (size_t i = 0; i < n; i++)
        ret[i] = (struct http_route_entry){str_of(routes[i].prefix), &routes[i]};
    qsort(ret, n, sizeof *ret, by_length_down);
    return ret;
}

const struct http_route *http_route_find(const struct http_route_entry *routes, size_t n, str path)
{
    for (size_t i = 0; i < n; i++) {
        str prefix = routes[i].prefix;
        if (str_starts(path, prefix) && (path.n == prefix.n || path.p[prefix.n] == '/' ||
                                         !prefix.n || path.p[prefix.n - 1] == '/'))
            return routes[i].route;
    }
    return NULL;
}
