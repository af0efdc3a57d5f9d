/* keystore: entries of the keystore "system" as rows. Certificates stand there as PEM, private keys sealed; a key never
 * leaves but to a flow's own call. */
#ifndef SERVICES_CI_KEYSTORE_H
#define SERVICES_CI_KEYSTORE_H
#include "format/keypair.h"
#include "services/ci/parts.h"

#define KEYSTORE_SYSTEM "system"
enum { KEYSTORE_ALIAS = 250 /* bytes */, KEYSTORE_ENTRIES = 2000 };

/* The alias that a hexalias holds, and the form it is stored in (upper case). ERR_BAD_REQUEST. */
bool keystore_alias(struct arena *a, str hexalias, str *ret_alias, struct err *e) MUST_USE;
str keystore_hexalias(struct arena *a, str alias);
/* ERR_FORBIDDEN: SAP's own aliases. */
bool keystore_changeable(str alias, struct err *e) MUST_USE;
/* *ret NULL: there is none. */
bool keystore_find(struct odata_call *c, str alias, struct entity **ret, struct err *e) MUST_USE;
bool keystore_chain(struct arena *a, const struct entity *entry, certificates *ret,
                    struct err *e) MUST_USE;
bool keystore_key(struct odata_call *c, const struct entity *entry, str *ret,
                  struct err *e) MUST_USE;
/* Adds an entry; key STR_NONE: a certificate. ERR_CONFLICT unless replace; ERR_TOO_LARGE: the keystore is full. */
struct keystore_entry {
    str alias, key;
    const certificates *chain;
    bool replace;
};
bool keystore_put(struct odata_call *c, const struct keystore_entry *n, struct err *e) MUST_USE;
/* What a certificate says, as properties of an entry or of a certificate of its chain. */
void keystore_show(struct entity *en, const struct certificate *x);
/* Outgoing TLS trusts the certificates of the keystore as they are now. */
bool keystore_trust(struct ci *ci, struct err *e) MUST_USE;
/* For flows: kind "KeyPair" must hold a key, "KeystoreEntry" may. */
bool keystore_credential(struct ci *ci, bool needs_key, str alias, struct arena *a,
                         struct credential *ret, struct err *e) MUST_USE;
#endif
