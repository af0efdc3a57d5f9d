/* The first byte chooses the reader. What is accepted is read again as the same. */
#include "format/keypair.h"

#include <stdlib.h>

static void check(struct arena *a, const certificates *c)
{
    certificates again = {0};
    struct err e = {0};
    if (!c->n || c->n > CERTIFICATE_CHAIN_MAX)
        abort();
    str text = certificate_pem(a, c);
    if (text.n <= KEYPAIR_MAX && (!certificate_read_all(a, text, &again, &e) || again.n != c->n))
        abort();
    for (size_t i = 0; i < again.n; i++)
        if (!str_eq(again.at[i].der, c->at[i].der))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    AUTO(arena) struct arena *a = arena_new();
    struct err e = {0};
    struct certificate one;
    struct key_pair pair;
    certificates all = {0};
    bool ok;
    if (!n)
        return 0;
    str bytes = {(const char *)data + 1, n - 1};
    switch (data[0] % 3) {
    case 0:
        ok = certificate_read(a, bytes, &one, &e);
        if (ok)
            vec_add(a, &all, one);
        break;
    case 1:
        ok = certificate_read_all(a, bytes, &all, &e);
        break;
    default:
        ok = pkcs12_read(a, bytes, STR("pw"), &pair, &e);
        if (ok)
            all = pair.chain;
    }
    if (ok)
        check(a, &all);
    else if (e.code != ERR_BAD_REQUEST && e.code != ERR_TOO_LARGE && e.code != ERR_FORBIDDEN)
        abort();
    return 0;
}
