#include "app/listen.h"

bool listen_split(struct arena *a, str listen, str *ret_address, uint16_t *ret_port, struct err *e)
{
    size_t colon = str_rfind_char(listen, ':');
    int64_t port;
    if (colon == SIZE_MAX || !str_to_i64(str_from(listen, colon + 1), &port) || port < 0 ||
        port > 65535)
        return err_set(e, ERR_BAD_REQUEST, "--listen wants HOST:PORT, not '" STR_FMT "'",
                       STR_ARG(listen));
    str host = str_sub(listen, 0, colon);
    if (host.n > 1 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = str_sub(host, 1, host.n - 1);
    *ret_address =
        host.n ? arena_str(a, str_eqz(host, "localhost") ? STR("127.0.0.1") : host) : STR("::");
    *ret_port = (uint16_t)port;
    return true;
}

bool listen_is_loopback(str address)
{
    return str_starts(address, STR("127.")) || str_eqz(address, "::1");
}
