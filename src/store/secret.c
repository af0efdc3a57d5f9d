/* The only user of libsodium. The key lives in guarded, locked memory. */
#include "store/secret.h"

#include "base/file.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    VERSION = 1,
    KEY = crypto_secretbox_KEYBYTES,
    NONCE = crypto_secretbox_NONCEBYTES,
    HEAD = 1 + NONCE,
    PASSES = 2,
    MEMORY = 19 << 20,
};
struct secret_key {
    unsigned char bytes[KEY];
};

static void set_up(void)
{
    if (sodium_init() < 0)
        abort();
}

static const unsigned char *bytes(str s)
{
    return (const unsigned char *)(s.p ? s.p : "");
}

/* ---- passwords ---- */
bool secret_hash_password(str password, char ret[SECRET_HASH], struct err *e)
{
    set_up();
    if (password.n > SECRET_PASSWORD)
        return err_set(e, ERR_TOO_LARGE, "a password has at most %d bytes", SECRET_PASSWORD);
    if (crypto_pwhash_str(ret, password.p ? password.p : "", password.n, PASSES, MEMORY))
        abort(); /* out of memory */
    return true;
}

bool secret_check_password(str password, const char *hash)
{
    set_up();
    return password.n <= SECRET_PASSWORD &&
           crypto_pwhash_str_verify(hash, password.p ? password.p : "", password.n) == 0;
}

void secret_sha256(str s, unsigned char ret[SECRET_SHA256])
{
    crypto_hash_sha256(ret, bytes(s), s.n);
}

/* Blocks are compared by vector instructions, the rest byte by byte. */
bool secret_equal(str a, str b)
{
    enum { BLOCK = crypto_verify_64_BYTES };
    int differ = 0;
    if (a.n != b.n)
        return false;
    for (; a.n >= BLOCK; a = str_from(a, BLOCK), b = str_from(b, BLOCK))
        differ |= crypto_verify_64(bytes(a), bytes(b));
    return (differ | sodium_memcmp(bytes(a), bytes(b), a.n)) == 0;
}

/* ---- the key file ---- */
static bool read_key(const char *path, struct secret_key *k, struct err *e)
{
    struct stat st;
    if (stat(path, &st) == 0 && (st.st_mode & 077))
        return err_set(e, ERR_FORBIDDEN,
                       "the key file '%s' may be used by others (mode %04o): chmod 600", path,
                       (unsigned)st.st_mode & 07777);
    char hex[2 * KEY + 2];
    FILE *f = fopen(path, "re");
    if (!f)
        return err_set(e, ERR_UNAVAILABLE, "the key file '%s' cannot be read: %s", path,
                       strerror(errno));
    setvbuf(f, NULL, _IONBF, 0);
    size_t n = fread(hex, 1, sizeof hex, f), got = 0;
    fclose(f);
    bool ok = sodium_hex2bin(k->bytes, KEY, hex, n, "\n", &got, NULL) == 0 && got == KEY;
    sodium_memzero(hex, sizeof hex);
    return ok || err_set(e, ERR_BAD_REQUEST, "the key file '%s' does not hold %d hex digits", path,
                         2 * KEY);
}

static bool make_key(const char *path, struct secret_key *k, struct err *e)
{
    char hex[2 * KEY + 1];
    randombytes_buf(k->bytes, KEY);
    sodium_bin2hex(hex, sizeof hex, k->bytes, KEY);
    hex[2 * KEY] = '\n'; /* in place of the NUL */
    bool ok = file_write(path, (str){hex, sizeof hex}, 0600, e);
    sodium_memzero(hex, sizeof hex);
    return ok;
}

/* A new key beside old data would make its secrets unreadable without a word. */
static bool find_key(const char *dir, struct secret_key *k, struct err *e)
{
    char path[1024], data[1024];
    snprintf(path, sizeof path, "%s/secret.key", dir);
    snprintf(data, sizeof data, "%s/store.db", dir);
    if (access(path, F_OK) == 0)
        return read_key(path, k, e);
    if (access(data, F_OK) == 0)
        return err_set(
            e, ERR_UNAVAILABLE,
            "the key file '%s' is missing: restore it, or write %d random hex digits into it "
            "to give up the secrets sealed so far",
            path, 2 * KEY);
    return make_key(path, k, e);
}

bool secret_key_open(const char *dir, struct secret_key **ret, struct err *e)
{
    set_up();
    struct secret_key *k = sodium_malloc(sizeof *k);
    if (!k)
        abort();
    if (!find_key(dir, k, e)) {
        sodium_free(k);
        return false;
    }
    sodium_mprotect_readonly(k);
    *ret = k;
    return true;
}

void secret_key_close(struct secret_key *k)
{
    sodium_free(k);
}

/* ---- sealing ---- */
str secret_seal(const struct secret_key *k, struct arena *a, str plain)
{
    size_t n = HEAD + crypto_secretbox_MACBYTES + plain.n;
    unsigned char *p = arena_alloc(a, n);
    p[0] = VERSION;
    randombytes_buf(p + 1, NONCE);
    crypto_secretbox_easy(p + HEAD, bytes(plain), plain.n, p + 1, k->bytes);
    return (str){(char *)p, n};
}

bool secret_unseal(const struct secret_key *k, struct arena *a, str sealed, str *ret, struct err *e)
{
    const unsigned char *p = bytes(sealed);
    if (sealed.n < HEAD + crypto_secretbox_MACBYTES || p[0] != VERSION)
        return err_set(e, ERR_INTERNAL, "these bytes are not a sealed secret");
    size_t n = sealed.n - HEAD;
    unsigned char *plain = arena_alloc(a, n - crypto_secretbox_MACBYTES + 1);
    if (crypto_secretbox_open_easy(plain, p + HEAD, n, p + 1, k->bytes))
        return err_set(e, ERR_INTERNAL,
                       "a sealed secret was changed, or sealed with another key file");
    *ret = (str){(char *)plain, n - crypto_secretbox_MACBYTES};
    return true;
}
