/* OpenSSL behind format/keypair.h. Its errors are queued per thread; every function here leaves the queue empty. */
#include "format/keypair.h"

#include "base/codec.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

enum {
    NAME_MAX_BYTES = 16 << 10,
    PKCS12_PARTS = 8, /* of a file; others make two */
};

static void bio_cleanup(BIO **p)
{
    BIO_free_all(*p);
}
static void x509_cleanup(X509 **p)
{
    X509_free(*p);
}
static void pkey_cleanup(EVP_PKEY **p)
{
    EVP_PKEY_free(*p);
}
static void pkcs12_cleanup(PKCS12 **p)
{
    PKCS12_free(*p);
}
static void pkcs7_cleanup(PKCS7 **p)
{
    PKCS7_free(*p);
}
static void req_cleanup(X509_REQ **p)
{
    X509_REQ_free(*p);
}
static void stack_cleanup(STACK_OF(X509) * *p)
{
    sk_X509_pop_free(*p, X509_free);
}

static bool failed(struct err *e, const char *what)
{
    ERR_clear_error();
    return err_set(e, ERR_BAD_REQUEST, "%s", what);
}

static BIO *reader(str bytes)
{
    BIO *b = BIO_new_mem_buf(bytes.p, (int)bytes.n);
    if (!b)
        abort(); /* out of memory */
    return b;
}

static BIO *writer(void)
{
    BIO *b = BIO_new(BIO_s_mem());
    if (!b)
        abort();
    return b;
}

static str written(struct arena *a, BIO *b)
{
    char *p = NULL;
    long n = BIO_get_mem_data(b, &p);
    return n > 0 ? arena_str(a, (str){p, (size_t)n}) : STR("");
}

/* ---- what a certificate says ---- */

static str name_text(struct arena *a, const X509_NAME *n)
{
    AUTO(bio) BIO *b = writer();
    X509_NAME_print_ex(b, n, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    return str_sub(written(a, b), 0, NAME_MAX_BYTES);
}

static str serial_text(struct arena *a, const X509 *x)
{
    BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
    char *text = n ? BN_bn2dec(n) : NULL;
    str ret = arena_str(a, str_of(text ? text : ""));
    OPENSSL_free(text);
    BN_free(n);
    return ret;
}

static str fingerprint(struct arena *a, str der, const EVP_MD *md)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    AUTO(buf) struct buf out = BUF(3 * EVP_MAX_MD_SIZE);
    if (!EVP_Digest(der.p, der.n, digest, &n, md, NULL))
        n = 0;
    for (unsigned i = 0; i < n; i++)
        buf_addf(&out, i ? ":%02x" : "%02x", digest[i]);
    return arena_str(a, buf_str(&out));
}

static int64_t time_ms(const ASN1_TIME *t)
{
    int days = 0, seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    bool ok = epoch && ASN1_TIME_diff(&days, &seconds, epoch, t);
    ASN1_TIME_free(epoch);
    return ok ? ((int64_t)days * 86400 + seconds) * 1000 : 0;
}

static str signature_text(struct arena *a, const X509 *x)
{
    int nid = X509_get_signature_nid(x), digest = NID_undef, key = NID_undef;
    if (!OBJ_find_sigid_algs(nid, &digest, &key) || digest == NID_undef)
        return arena_str(a, str_of(OBJ_nid2sn(nid)));
    const char *with = key == NID_rsaEncryption          ? "RSA"
                       : key == NID_X9_62_id_ecPublicKey ? "ECDSA"
                                                         : OBJ_nid2sn(key);
    return arena_fmt(a, "%swith%s", OBJ_nid2sn(digest), with);
}

static const struct {
    const char *java, *openssl;
} curves[] = {
    {"secp256r1", "prime256v1"},
    {"secp384r1", "secp384r1" },
    {"secp521r1", "secp521r1" },
};

static void describe_key(struct arena *a, X509 *x, struct certificate *ret)
{
    static const struct {
        int id;
        const char *name;
    } types[] = {
        {EVP_PKEY_RSA,     "RSA"  },
        {EVP_PKEY_RSA_PSS, "RSA"  },
        {EVP_PKEY_EC,      "EC"   },
        {EVP_PKEY_DSA,     "DSA"  },
        {EVP_PKEY_ED25519, "EdDSA"},
        {EVP_PKEY_ED448,   "EdDSA"},
    };
    EVP_PKEY *k = X509_get0_pubkey(x);
    char group[80];
    size_t n = 0;
    if (!k)
        return;
    for (size_t i = 0; i < COUNT(types); i++)
        if (EVP_PKEY_get_base_id(k) == types[i].id)
            ret->key_type = str_of(types[i].name);
    ret->key_size = EVP_PKEY_get_bits(k);
    if (!str_eqz(ret->key_type, "EC") || !EVP_PKEY_get_group_name(k, group, sizeof group, &n))
        return;
    ret->curve = arena_str(a, str_of(group));
    for (size_t i = 0; i < COUNT(curves); i++)
        if (str_eqz(ret->curve, curves[i].openssl))
            ret->curve = str_of(curves[i].java);
}

static bool describe(struct arena *a, X509 *x, struct certificate *ret, struct err *e)
{
    unsigned char *der = NULL;
    int n = i2d_X509(x, &der);
    AUTO(bio) BIO *pem = writer();
    if (n <= 0 || n > CERTIFICATE_MAX || !PEM_write_bio_X509(pem, x)) {
        OPENSSL_free(der);
        return failed(e, "the certificate cannot be read");
    }
    *ret = (struct certificate){
        .der = arena_str(a, (str){(char *)der, (size_t)n}),
        .pem = written(a, pem),
        .subject = name_text(a, X509_get_subject_name(x)),
        .issuer = name_text(a, X509_get_issuer_name(x)),
        .serial = serial_text(a, x),
        .signature_algorithm = signature_text(a, x),
        .version = (int)X509_get_version(x) + 1,
        .not_before_ms = time_ms(X509_get0_notBefore(x)),
        .not_after_ms = time_ms(X509_get0_notAfter(x)),
    };
    OPENSSL_free(der);
    ret->sha1 = fingerprint(a, ret->der, EVP_sha1());
    ret->sha256 = fingerprint(a, ret->der, EVP_sha256());
    ret->sha512 = fingerprint(a, ret->der, EVP_sha512());
    describe_key(a, x, ret);
    ERR_clear_error();
    return true;
}

static bool add(struct arena *a, X509 *x, certificates *ret, struct err *e)
{
    struct certificate c;
    if (ret->n >= CERTIFICATE_CHAIN_MAX)
        return err_set(e, ERR_TOO_LARGE, "more than %d certificates", CERTIFICATE_CHAIN_MAX);
    if (!describe(a, x, &c, e))
        return false;
    vec_add(a, ret, c);
    return true;
}

static bool add_all(struct arena *a, const STACK_OF(X509) * stack, certificates *ret, struct err *e)
{
    for (int i = 0; i < sk_X509_num(stack); i++)
        if (!add(a, sk_X509_value(stack, i), ret, e))
            return false;
    return true;
}

/* ---- reading ---- */

static bool check_size(str bytes, size_t limit, struct err *e)
{
    return bytes.n <= limit || err_set(e, ERR_TOO_LARGE, "more than %zu bytes", limit);
}

static bool is_pem(str bytes)
{
    return str_find(bytes, STR("-----BEGIN "), 0) != SIZE_MAX;
}

/* DER stays; base64 becomes the DER it holds. */
static str to_der(struct arena *a, str bytes)
{
    str der;
    bool binary = bytes.n && bytes.p[0] == '\x30' && bytes.n > 1 && (bytes.p[1] & 0x80);
    return !binary && base64_decode(a, bytes, &der) ? der : bytes;
}

static bool read_pem(struct arena *a, str bytes, certificates *ret, struct err *e)
{
    AUTO(bio) BIO *in = reader(bytes);
    for (;;) {
        AUTO(x509) X509 *x = PEM_read_bio_X509(in, NULL, NULL, NULL);
        if (!x)
            break;
        if (!add(a, x, ret, e))
            return false;
    }
    ERR_clear_error();
    return true;
}

static bool read_pkcs7(struct arena *a, str bytes, certificates *ret, struct err *e)
{
    AUTO(bio) BIO *in = reader(bytes);
    AUTO(pkcs7)
    PKCS7 *p = is_pem(bytes) ? PEM_read_bio_PKCS7(in, NULL, NULL, NULL) : d2i_PKCS7_bio(in, NULL);
    if (!p || !PKCS7_type_is_signed(p) || !p->d.sign)
        return failed(e, "no certificate in it");
    return add_all(a, p->d.sign->cert, ret, e);
}

bool certificate_read(struct arena *a, str bytes, struct certificate *ret, struct err *e)
{
    certificates all = {0};
    if (!check_size(bytes, CERTIFICATE_MAX, e))
        return false;
    if (is_pem(bytes)) {
        if (!read_pem(a, bytes, &all, e))
            return false;
        if (all.n != 1)
            return err_set(e, ERR_BAD_REQUEST, "%zu certificates where one is expected", all.n);
        *ret = all.at[0];
        return true;
    }
    AUTO(bio) BIO *in = reader(to_der(a, bytes));
    AUTO(x509) X509 *x = d2i_X509_bio(in, NULL);
    return x ? describe(a, x, ret, e) : failed(e, "this is no X.509 certificate");
}

bool certificate_read_all(struct arena *a, str bytes, certificates *ret, struct err *e)
{
    certificates all = {0};
    if (!check_size(bytes, KEYPAIR_MAX, e))
        return false;
    bool plain = is_pem(bytes) && str_find(bytes, STR("-----BEGIN PKCS7"), 0) == SIZE_MAX;
    str der = is_pem(bytes) ? bytes : to_der(a, bytes);
    if (!(plain ? read_pem(a, bytes, &all, e) : read_pkcs7(a, der, &all, e)))
        return false;
    if (!all.n)
        return err_set(e, ERR_BAD_REQUEST, "no certificate in it");
    *ret = all;
    return true;
}

str certificate_pem(struct arena *a, const certificates *c)
{
    str *parts = arena_new_array(a, str, c->n + 1);
    for (size_t i = 0; i < c->n; i++)
        parts[i] = c->at[i].pem;
    return arena_join(a, parts, c->n);
}

static bool key_pem(struct arena *a, const EVP_PKEY *k, str *ret, struct err *e)
{
    AUTO(bio) BIO *out = writer();
    if (!PEM_write_bio_PKCS8PrivateKey(out, k, NULL, NULL, 0, NULL, NULL))
        return failed(e, "the private key cannot be written");
    *ret = written(a, out);
    return true;
}

/* ---- PKCS#12: a file says how often its password is hashed, for each of its parts; that is work on our side ---- */

static bool bears(const ASN1_INTEGER *iterations)
{
    int64_t n = 1;
    return !iterations ||
           (ASN1_INTEGER_get_int64(&n, iterations) && n > 0 && n <= PKCS12_ITERATIONS);
}

static bool bears_pbkdf2(const X509_ALGOR *kdf)
{
    PBKDF2PARAM *p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), kdf->parameter);
    bool ok = p && bears(p->iter);
    PBKDF2PARAM_free(p);
    return ok;
}

static bool bears_cipher(const X509_ALGOR *cipher)
{
    bool ok;
    if (OBJ_obj2nid(cipher->algorithm) == NID_pbes2) {
        PBE2PARAM *p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), cipher->parameter);
        ok = p && bears_pbkdf2(p->keyfunc);
        PBE2PARAM_free(p);
    } else {
        PBEPARAM *p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), cipher->parameter);
        ok = p && bears(p->iter);
        PBEPARAM_free(p);
    }
    return ok;
}

static bool bears_bags(const STACK_OF(PKCS12_SAFEBAG) * bags)
{
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++) {
        const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
        int nid = PKCS12_SAFEBAG_get_nid(bag);
        const X509_ALGOR *cipher = NULL;
        if (nid == NID_safeContentsBag) /* bags in a bag: nobody makes them */
            return false;
        if (nid != NID_pkcs8ShroudedKeyBag)
            continue;
        X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(bag), &cipher, NULL);
        if (!bears_cipher(cipher))
            return false;
    }
    return true;
}

/* One part of the file; an encrypted one is opened to see what is in it. */
static bool bears_part(PKCS7 *part, const char *word)
{
    bool locked = PKCS7_type_is_encrypted(part);
    if (locked && (!part->d.encrypted || !bears_cipher(part->d.encrypted->enc_data->algorithm)))
        return false;
    STACK_OF(PKCS12_SAFEBAG) *bags = locked ? PKCS12_unpack_p7encdata(part, word, -1)
                                     : PKCS7_type_is_data(part) ? PKCS12_unpack_p7data(part)
                                                                : NULL;
    bool ok = bears_bags(bags); /* none: the library will say why */
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return ok;
}

static bool check_iterations(const PKCS12 *p, const char *word, struct err *e)
{
    STACK_OF(PKCS7) *parts = PKCS12_unpack_authsafes(p);
    bool ok = sk_PKCS7_num(parts) <= PKCS12_PARTS;
    for (int i = 0; ok && i < sk_PKCS7_num(parts); i++)
        ok = bears_part(sk_PKCS7_value(parts, i), word);
    sk_PKCS7_pop_free(parts, PKCS7_free);
    return ok || failed(e, "the PKCS#12 file asks for too much work to open it");
}

static bool check_password(PKCS12 *p, const char *word, struct err *e)
{
    const ASN1_INTEGER *n = NULL;
    PKCS12_get0_mac(NULL, NULL, NULL, &n, p);
    if (!bears(n))
        return failed(e, "the PKCS#12 file asks for too much work to open it");
    if (PKCS12_verify_mac(p, word, -1))
        return true;
    ERR_clear_error();
    return err_set(e, ERR_FORBIDDEN, "the password does not open the PKCS#12 file");
}

bool pkcs12_read(struct arena *a, str bytes, str password, struct key_pair *ret, struct err *e)
{
    struct key_pair out = {0};
    const char *word = arena_strdup(a, password.p ? password : STR(""));
    if (!check_size(bytes, KEYPAIR_MAX, e))
        return false;
    AUTO(bio) BIO *in = reader(bytes);
    AUTO(pkcs12) PKCS12 *p = d2i_PKCS12_bio(in, NULL);
    if (!p)
        return failed(e, "this is no PKCS#12 file");
    if (!check_password(p, word, e) || !check_iterations(p, word, e))
        return false;
    EVP_PKEY *k = NULL;
    X509 *x = NULL;
    STACK_OF(X509) *more = NULL;
    int parsed = PKCS12_parse(p, word, &k, &x, &more);
    AUTO(pkey) EVP_PKEY *key = k;
    AUTO(x509) X509 *own = x;
    AUTO(stack) STACK_OF(X509) *others = more;
    if (!parsed || !key || !own)
        return failed(e, "the PKCS#12 file holds no private key with its certificate");
    if (!add(a, own, &out.chain, e) || !add_all(a, others, &out.chain, e) ||
        !key_pem(a, key, &out.key, e))
        return false;
    *ret = out;
    return true;
}

/* ---- making ---- */

static EVP_PKEY *new_key(const struct key_request *q)
{
    if (str_eqz(str_of(q->key_type), "RSA"))
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)q->key_size);
    bool ec = str_eqz(str_of(q->key_type), "EC");
    for (size_t i = 0; ec && i < COUNT(curves); i++)
        if (str_eqz(str_of(q->curve), curves[i].java))
            return EVP_PKEY_Q_keygen(NULL, NULL, "EC", curves[i].openssl);
    return NULL;
}

static bool add_part(X509_NAME *n, const char *field, str value)
{
    return !value.n ||
           X509_NAME_add_entry_by_txt(n, field, MBSTRING_UTF8, (const unsigned char *)value.p,
                                      (int)value.n, -1, 0);
}

static bool set_names(X509 *x, const struct key_subject *s)
{
    X509_NAME *n = X509_get_subject_name(x);
    return add_part(n, "C", s->country) && add_part(n, "ST", s->state) &&
           add_part(n, "L", s->locality) && add_part(n, "O", s->organization) &&
           add_part(n, "OU", s->unit) && add_part(n, "CN", s->common_name) &&
           add_part(n, "emailAddress", s->email) && X509_set_issuer_name(x, n);
}

static bool set_serial(X509 *x)
{
    uint64_t n;
    random_bytes(&n, sizeof n);
    return ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), (n >> 1) | 1);
}

static bool self_sign(X509 *x, EVP_PKEY *k, const struct key_request *q)
{
    return X509_set_version(x, X509_VERSION_3) && set_serial(x) && set_names(x, &q->subject) &&
           ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(q->not_before_ms / 1000)) &&
           ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(q->not_after_ms / 1000)) &&
           X509_set_pubkey(x, k) && X509_sign(x, k, EVP_get_digestbyname(q->digest)) > 0;
}

bool key_pair_generate(struct arena *a, const struct key_request *q, struct key_pair *ret,
                       struct err *e)
{
    struct key_pair out = {0};
    bool rsa = str_eqz(str_of(q->key_type), "RSA");
    if (rsa && (q->key_size < 2048 || q->key_size > 8192))
        return err_set(e, ERR_BAD_REQUEST, "key size %d is not supported for RSA", q->key_size);
    AUTO(pkey) EVP_PKEY *k = new_key(q);
    if (!k)
        return failed(e, "this kind of key is not supported");
    AUTO(x509) X509 *x = X509_new();
    if (!x || !self_sign(x, k, q))
        return failed(e, "the certificate cannot be made of these values");
    if (!add(a, x, &out.chain, e) || !key_pem(a, k, &out.key, e))
        return false;
    *ret = out;
    return true;
}

bool key_pair_fits(str key, const struct certificate *c)
{
    AUTO(bio) BIO *key_in = reader(key), *cert_in = reader(c->der);
    AUTO(pkey) EVP_PKEY *k = PEM_read_bio_PrivateKey(key_in, NULL, NULL, NULL);
    AUTO(x509) X509 *x = d2i_X509_bio(cert_in, NULL);
    bool fits = k && x && X509_check_private_key(x, k) == 1;
    ERR_clear_error();
    return fits;
}

bool key_pair_signing_request(struct arena *a, str key, const struct certificate *c, str *ret,
                              struct err *e)
{
    AUTO(bio) BIO *key_in = reader(key), *cert_in = reader(c->der);
    AUTO(bio) BIO *out = writer();
    AUTO(pkey) EVP_PKEY *k = PEM_read_bio_PrivateKey(key_in, NULL, NULL, NULL);
    AUTO(x509) X509 *x = d2i_X509_bio(cert_in, NULL);
    AUTO(req) X509_REQ *r = X509_REQ_new();
    if (!k || !x || !r || !X509_REQ_set_version(r, X509_REQ_VERSION_1) ||
        !X509_REQ_set_subject_name(r, X509_get_subject_name(x)) || !X509_REQ_set_pubkey(r, k) ||
        X509_REQ_sign(r, k, EVP_sha256()) <= 0 || !PEM_write_bio_X509_REQ(out, r))
        return failed(e, "no signing request can be made of this key pair");
    *ret = written(a, out);
    return true;
}
