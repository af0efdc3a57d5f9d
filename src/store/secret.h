/* secret: sealing with the store's key file, password hashes, comparisons in constant time. */
#ifndef STORE_SECRET_H
#define STORE_SECRET_H
#include "base/arena.h"
#include "base/err.h"

/* Argon2id, 19 MiB, 2 passes: about 40 ms and 19 MiB per call, so callers remember who has been
 * verified (by secret_sha256, not by the password) and limit how many checks run at once. */
enum { SECRET_HASH = 128, SECRET_PASSWORD = 1024 };
/* ret: NUL-terminated text with parameters and salt. ERR_TOO_LARGE over SECRET_PASSWORD bytes. */
bool secret_hash_password(str password, char ret[SECRET_HASH], struct err *e) MUST_USE;
bool secret_check_password(str password, const char *hash) MUST_USE;

enum { SECRET_SHA256 = 32 };
void secret_sha256(str bytes, unsigned char ret[SECRET_SHA256]);
bool secret_equal(str a, str b) MUST_USE; /* time depends on the lengths only */

/* Private to store/: the key behind store_seal. Sealed bytes: version 1, nonce, XSalsa20-Poly1305.
 */
struct secret_key;
/* DIR/secret.key, 64 hex digits; made when the directory holds no store yet. Refuses a mode that
 * lets others read it. */
bool secret_key_open(const char *dir, struct secret_key **ret, struct err *e) MUST_USE;
void secret_key_close(struct secret_key *k); /* NULL is fine */
str secret_seal(const struct secret_key *k, struct arena *a, str plain);
bool secret_unseal(const struct secret_key *k, struct arena *a, str sealed, str *ret,
                   struct err *e) MUST_USE;
#endif
