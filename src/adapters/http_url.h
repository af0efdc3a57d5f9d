/* http_url: the address an HTTP receiver calls (semantics.md 3a). */
#ifndef ADAPTERS_HTTP_URL_H
#define ADAPTERS_HTTP_URL_H
#include "base/buf.h"

/* address, then '/' and path when it is not empty, then query (without '?') when it is not empty, else the query that
 * address has. What a URL may not hold is percent-encoded, existing escapes stay. In the arena. */
str http_url(struct arena *a, str address, str path, str query);
str http_url_host(str url); /* "host:port" of a URL, borrowed */
#endif
