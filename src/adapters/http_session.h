/* http_session: cookies that receivers set, kept for later calls of the exchange or of the flow
 * (httpSessionHandling). Domain is the host that set them; paths and expiry are not looked at. */
#ifndef ADAPTERS_HTTP_SESSION_H
#define ADAPTERS_HTTP_SESSION_H
#include "engine/program.h"

/* The value of a Cookie header for a host, in x's arena; STR_NONE: none. */
str http_session_cookies(struct exchange *x, str host);
/* One Set-Cookie header. */
void http_session_store(struct exchange *x, str host, str set_cookie);
/* The flow's cookies are forgotten (tests, undeployment). */
void http_session_forget(str artifact_id);
#endif
