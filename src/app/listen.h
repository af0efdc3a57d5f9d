/* listen: the address a server listens on, as people write it. */
#ifndef APP_LISTEN_H
#define APP_LISTEN_H
#include "base/arena.h"
#include "base/err.h"

/* "HOST:PORT", "[::1]:PORT" or ":PORT" (all addresses); "localhost" is 127.0.0.1. The address is a copy in a. */
bool listen_split(struct arena *a, str listen, str *ret_address, uint16_t *ret_port,
                  struct err *e) MUST_USE;
bool listen_is_loopback(str address);
#endif
