/* keypair: X.509 certificates, private keys and the files that carry them (DER, PEM, PKCS#7, PKCS#12). The one room
 * that knows OpenSSL. What is read is foreign: sizes meet a limit before the library sees them. */
#ifndef FORMAT_KEYPAIR_H
#define FORMAT_KEYPAIR_H
#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"

enum {
    CERTIFICATE_MAX = 64 << 10, /* bytes of one certificate's file, base64 or not */
    KEYPAIR_MAX = 128 << 10,    /* bytes of a PKCS#12 or PKCS#7 file */
    CERTIFICATE_CHAIN_MAX = 20, /* certificates in one file */
    PKCS12_ITERATIONS =
        1000000, /* of one password in a file; a file that asks for more is refused */
};
/* Texts in the arena, as Java's keystore shows them. */
struct certificate {
    str der, pem;             /* pem: with its lines and a line break at the end */
    str subject, issuer;      /* "CN=x,O=y": RFC 2253 */
    str serial;               /* decimal */
    str key_type;             /* "RSA", "EC", "DSA", "EdDSA" */
    str curve;                /* "secp256r1"; STR_NONE: no elliptic curve */
    str signature_algorithm;  /* "SHA256withRSA" */
    str sha1, sha256, sha512; /* lower-case hex of the DER form, two digits and a colon each */
    int key_size, version;    /* bits; 3 */
    int64_t not_before_ms, not_after_ms; /* since 1970 */
};
typedef VEC(struct certificate) certificates;
struct key_pair {
    str key;            /* PKCS#8 in PEM, not encrypted */
    certificates chain; /* the key's own certificate first */
};

/* One certificate, in DER, PEM or plain base64. ERR_BAD_REQUEST, ERR_TOO_LARGE. */
bool certificate_read(struct arena *a, str bytes, struct certificate *ret, struct err *e) MUST_USE;
/* All certificates of a PEM text, or of a PKCS#7 file (DER, PEM, base64); at least one, at most CERTIFICATE_CHAIN_MAX. */
bool certificate_read_all(struct arena *a, str bytes, certificates *ret, struct err *e) MUST_USE;
str certificate_pem(struct arena *a, const certificates *c); /* one text */
/* ERR_FORBIDDEN: the password does not open it. ERR_BAD_REQUEST: no PKCS#12 with a key and its certificate. */
bool pkcs12_read(struct arena *a, str bytes, str password, struct key_pair *ret,
                 struct err *e) MUST_USE;

struct key_request {
    const char *key_type;                /* "RSA", "EC" */
    int key_size;                        /* RSA: 2048 to 8192 bits */
    const char *curve;                   /* EC: "secp256r1", .. */
    const char *digest;                  /* of the signature: "SHA256", "SHA384", "SHA512" */
    int64_t not_before_ms, not_after_ms; /* since 1970 */
    struct key_subject {                 /* STR_NONE: left out */
        str common_name, unit, organization, locality, state, country, email;
    } subject;
};
/* A key with a certificate that it signed itself. */
bool key_pair_generate(struct arena *a, const struct key_request *q, struct key_pair *ret,
                       struct err *e) MUST_USE;
bool key_pair_fits(str key, const struct certificate *c) MUST_USE; /* key: PEM */
/* PKCS#10 in PEM, with the subject of the certificate. key: PEM. */
bool key_pair_signing_request(struct arena *a, str key, const struct certificate *c, str *ret,
                              struct err *e) MUST_USE;
#endif
