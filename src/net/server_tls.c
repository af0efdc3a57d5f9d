#include "net/server_tls.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

str tls_client_dn(struct arena *a, void *session)
{
    unsigned n = 0, status = 1;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &n);
    gnutls_x509_crt_t crt;
    str dn = STR_NONE;
    if (!chain || !n || gnutls_certificate_verify_peers2(session, &status) || status)
        return dn;
    if (gnutls_x509_crt_init(&crt))
        return dn;
    gnutls_datum_t text = {0};
    if (!gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER) &&
        !gnutls_x509_crt_get_dn3(crt, &text, 0))
        dn = arena_str(a, (str){(const char *)text.data, text.size});
    gnutls_free(text.data);
    gnutls_x509_crt_deinit(crt);
    return dn;
}
