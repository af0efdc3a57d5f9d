/* The rows of the keystore, and what flows and outgoing TLS take from them. */
#include "services/ci/keystore.h"

#include "base/codec.h"
#include "base/time.h"
#include "engine/engine.h"
#include "identity/identity.h"
#include "net/client.h"

enum { TRUST_MAX = 16 << 20 /* bytes of PEM */ };

/* ---- aliases ---- */

bool keystore_alias(struct arena *a, str hexalias, str *ret_alias, struct err *e)
{
    str alias;
    if (!hex_decode(a, hexalias, &alias) || !alias.n || !utf8_valid(alias))
        return err_set(e, ERR_BAD_REQUEST,
                       "Hexalias '" STR_FMT "' is not an alias in hexadecimal digits",
                       STR_ARG(str_sub(hexalias, 0, 100)));
    if (alias.n > KEYSTORE_ALIAS)
        return err_set(e, ERR_BAD_REQUEST, "The alias is longer than %d characters",
                       KEYSTORE_ALIAS);
    for (size_t i = 0; i < alias.n; i++)
        if ((unsigned char)alias.p[i] < ' ')
            return err_set(e, ERR_BAD_REQUEST, "The alias holds a character that is not allowed");
    *ret_alias = alias;
    return true;
}

str keystore_hexalias(struct arena *a, str alias)
{
    return hex_encode(a, alias, true);
}

bool keystore_changeable(str alias, struct err *e)
{
    static const char *const reserved[] = {"hcicertificate", "hcicertificate1",
                                           "hcimsgcertificate"};
    bool ours = str_starts_nocase(alias, STR("sap_"));
    for (size_t i = 0; i < COUNT(reserved); i++)
        ours = ours || str_eq_nocase(alias, str_of(reserved[i]));
    return !ours ||
           err_set(e, ERR_FORBIDDEN, "Alias '" STR_FMT "' is reserved for SAP", STR_ARG(alias));
}

/* ---- rows ---- */

static const struct model_type *entry_type(const struct ci *ci)
{
    return model_set_named(ci->model, STR("KeystoreEntries"))->type;
}

static struct entity *key_of(struct odata_call *c, str alias)
{
    struct entity *key = entity_new(c->arena, entry_type(c->ctx));
    entity_set(key, "Hexalias", VALUE_TEXT(keystore_hexalias(c->arena, alias)));
    return key;
}

bool keystore_find(struct odata_call *c, str alias, struct entity **ret, struct err *e)
{
    *ret = NULL;
    return odata_row(c, key_of(c, alias), ret, e);
}

bool keystore_chain(struct arena *a, const struct entity *entry, certificates *ret, struct err *e)
{
    return certificate_read_all(a, entity_text(entry, "chain"), ret, e);
}

bool keystore_key(struct odata_call *c, const struct entity *entry, str *ret, struct err *e)
{
    const struct value *sealed = entity_at(entry, "sealed");
    if (sealed->kind != V_BYTES)
        return err_set(e, ERR_BAD_REQUEST, "Alias '" STR_FMT "' is not a key pair",
                       STR_ARG(entity_text(entry, "Alias")));
    return store_unseal(c->store, c->arena, sealed->s, ret, e);
}

static void set_text(struct entity *en, const char *property, str s)
{
    entity_set(en, property, s.p ? VALUE_TEXT(s) : VALUE_NULL);
}

void keystore_show(struct entity *en, const struct certificate *x)
{
    set_text(en, "KeyType", x->key_type);
    set_text(en, "SerialNumber", x->serial);
    set_text(en, "SignatureAlgorithm", x->signature_algorithm);
    set_text(en, "SubjectDN", x->subject);
    set_text(en, "IssuerDN", x->issuer);
    set_text(en, "FingerprintSha1", x->sha1);
    set_text(en, "FingerprintSha256", x->sha256);
    set_text(en, "FingerprintSha512", x->sha512);
    entity_set(en, "KeySize", VALUE_INT(x->key_size));
    entity_set(en, "Version", VALUE_INT(x->version));
    entity_set(en, "ValidNotBefore", VALUE_INT(x->not_before_ms));
    entity_set(en, "ValidNotAfter", VALUE_INT(x->not_after_ms));
}

static void fill(struct odata_call *c, struct entity *en, const struct keystore_entry *n,
                 const struct entity *old)
{
    struct value now = VALUE_INT(time_now_ms()), who = VALUE_TEXT(user_name(c->user));
    entity_set(en, "Hexalias", VALUE_TEXT(keystore_hexalias(c->arena, n->alias)));
    entity_set(en, "Alias", VALUE_TEXT(n->alias));
    entity_set(en, "keystore", VALUE_TEXT(STR(KEYSTORE_SYSTEM)));
    entity_set(en, "Type", VALUE_TEXT(n->key.p ? STR("Key Pair") : STR("Certificate")));
    entity_set(en, "Owner", VALUE_TEXT(STR("Tenant Administrator")));
    entity_set(en, "Status", VALUE_TEXT(STR("unchanged")));
    entity_set(en, "CreatedBy", old ? *entity_at(old, "CreatedBy") : who);
    entity_set(en, "CreatedTime", old ? *entity_at(old, "CreatedTime") : now);
    entity_set(en, "LastModifiedBy", who);
    entity_set(en, "LastModifiedTime", now);
    entity_set(en, "chain", VALUE_TEXT(certificate_pem(c->arena, n->chain)));
    entity_set(en, "sealed",
               n->key.p ? VALUE_BYTES(store_seal(c->store, c->arena, n->key)) : VALUE_NULL);
    set_text(en, "EllipticCurve", n->chain->at[0].curve);
    keystore_show(en, &n->chain->at[0]);
}

static bool has_room(struct odata_call *c, struct err *e)
{
    struct value n;
    bool found;
    if (!query_row(c->store, c->arena, "SELECT COUNT(*) FROM keystore_entry", NULL, 0, &n, 1,
                   &found, e))
        return false;
    return n.i < KEYSTORE_ENTRIES ||
           err_set(e, ERR_TOO_LARGE, "The keystore holds %d entries already", KEYSTORE_ENTRIES);
}

bool keystore_put(struct odata_call *c, const struct keystore_entry *n, struct err *e)
{
    struct entity *old, *en = entity_new(c->arena, entry_type(c->ctx));
    if (!keystore_changeable(n->alias, e) || !keystore_find(c, n->alias, &old, e))
        return false;
    if (old && !n->replace)
        return err_set(e, ERR_CONFLICT, "Alias '" STR_FMT "' already exists in the keystore",
                       STR_ARG(n->alias));
    if (!old && !has_room(c, e))
        return false;
    fill(c, en, n, old);
    struct store_batch *b = store_batch_new();
    if (old)
        odata_batch_delete(b, old);
    odata_batch_insert(b, en);
    return store_commit_wait(c->store, b, e) && keystore_trust(c->ctx, e);
}

/* ---- outgoing calls ---- */

static bool add_trusted(void *arg, const struct value *v, size_t n)
{
    struct buf *out = arg;
    if (n && v[0].kind == V_TEXT)
        buf_add(out, v[0].s);
    return true;
}

bool keystore_trust(struct ci *ci, struct err *e)
{
    AUTO(buf) struct buf pem = BUF(TRUST_MAX);
    struct http_client *client = ci->engine ? engine_config(ci->engine)->http : NULL;
    if (!client)
        return true;
    if (!store_query(
            ci->store,
            "SELECT chain FROM keystore_entry WHERE type = 'Certificate' ORDER BY hexalias", NULL,
            0, add_trusted, &pem, e) ||
        !buf_check(&pem, e))
        return false;
    http_client_trust(client, buf_str(&pem));
    return true;
}

bool keystore_credential(struct ci *ci, bool needs_key, str alias, struct arena *a,
                         struct credential *ret, struct err *e)
{
    struct value bind = VALUE_TEXT(keystore_hexalias(a, alias)), row[2];
    bool found;
    if (!query_row(ci->store, a, "SELECT chain, sealed FROM keystore_entry WHERE hexalias = ?",
                   &bind, 1, row, 2, &found, e))
        return false;
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "no keystore entry with alias '" STR_FMT "' found",
                       STR_ARG(alias));
    if (needs_key && row[1].kind != V_BYTES)
        return err_set(e, ERR_NOT_FOUND,
                       "the keystore entry with alias '" STR_FMT "' is not a key pair",
                       STR_ARG(alias));
    *ret = (struct credential){.user = STR(""), .password = STR(""), .cert = text_of(a, row[0])};
    return row[1].kind != V_BYTES || store_unseal(ci->store, a, row[1].s, &ret->key, e);
}
