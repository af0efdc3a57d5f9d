/* Who is at the other end of a TLS session. Private to net; the one place that knows GnuTLS. */
#ifndef NET_SERVER_TLS_H
#define NET_SERVER_TLS_H
#include "base/arena.h"

/* Subject (RFC 4514) of the client certificate of a gnutls_session_t when it was verified against
 * the configured authorities; STR_NONE when none was sent or it does not verify. */
str tls_client_dn(struct arena *a, void *session);
#endif
