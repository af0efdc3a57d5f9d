/* The entity sets of the keystore (api.md 7). Only the keystore "system" has entries; what a backup, a renewal or the
 * history would hold is empty. Every write may answer the entries it made or changed (returnKeystoreEntries). */
#include "services/ci/keystore.h"

#include "base/codec.h"
#include "base/time.h"
#include "identity/identity.h"

static bool is_true(const struct odata_call *c, const char *option)
{
    return str_eq_nocase(odata_option(c, option), STR("true"));
}

static bool is_system(const struct odata_call *c)
{
    str name = odata_option(c, "keystoreName");
    return !name.p || str_eqz(name, KEYSTORE_SYSTEM);
}

static bool deny_other_keystores(const struct odata_call *c, struct err *e)
{
    return is_system(c) || err_set(e, ERR_NOT_IMPLEMENTED,
                                   "Only the keystore '" KEYSTORE_SYSTEM "' can be changed");
}

/* The alias that the URI names: its own key, or that of the entry it goes through. */
static bool alias_of(const struct odata_call *c, str *ret, struct err *e)
{
    const struct entity *key = c->key ? c->key : c->parent;
    return keystore_alias(c->arena, entity_text(key, "Hexalias"), ret, e);
}

/* The entry that the URI names; ERR_NOT_FOUND when there is none. */
static bool entry_of(struct odata_call *c, struct entity **ret, struct err *e)
{
    str alias;
    *ret = NULL;
    if (!alias_of(c, &alias, e) || (is_system(c) && !keystore_find(c, alias, ret, e)))
        return false;
    return *ret || err_set(e, ERR_NOT_FOUND, "%s", "");
}

/* What a write answers: the entry when it is asked for, else nothing. */
static bool answer_entry(struct odata_call *c, str alias, struct err *e)
{
    struct ci *ci = c->ctx;
    struct entity *en;
    c->no_body = true;
    if (!is_true(c, "returnKeystoreEntries"))
        return true;
    if (!keystore_find(c, alias, &en, e))
        return false;
    if (en)
        vec_add(c->arena, &c->feed, en);
    c->feed_set = model_set_named(ci->model, STR("KeystoreEntries"));
    return true;
}

static bool put(struct odata_call *c, str alias, str key, const certificates *chain, struct err *e)
{
    struct keystore_entry n = {alias, key, chain, is_true(c, "update")};
    return keystore_put(c, &n, e) && answer_entry(c, alias, e);
}

/* ---- KeystoreEntries, Keystores ---- */

static bool restrict_entries(struct odata_call *c, const char **ret_sql, struct value *ret_binds,
                             size_t *ret_nbinds, struct err *e)
{
    (void)ret_binds;
    (void)e;
    *ret_sql = is_system(c) ? NULL : "1 = 0";
    *ret_nbinds = 0;
    return true;
}

static bool read_entry(struct odata_call *c, struct entity **ret, struct err *e)
{
    str alias;
    return alias_of(c, &alias, e) && (!is_system(c) || keystore_find(c, alias, ret, e));
}

/* PUT ?renameAlias=new with the body {"Status":null}: nothing else of an entry can be changed. */
static bool rename_entry(struct odata_call *c, struct entity *in, struct err *e)
{
    (void)in;
    struct entity *old, *other;
    str alias, to = odata_option(c, "renameAlias"), hex;
    if (!to.n)
        return err_set(e, ERR_BAD_REQUEST, "The query option renameAlias is missing");
    hex = keystore_hexalias(c->arena, to);
    if (!deny_other_keystores(c, e) || !entry_of(c, &old, e) ||
        !keystore_alias(c->arena, hex, &to, e) ||
        !keystore_changeable(entity_text(old, "Alias"), e) || !keystore_changeable(to, e) ||
        !keystore_find(c, to, &other, e))
        return false;
    if (other)
        return err_set(e, ERR_CONFLICT, "Alias '" STR_FMT "' already exists in the keystore",
                       STR_ARG(to));
    alias = entity_text(old, "Hexalias");
    struct value binds[] = {VALUE_TEXT(hex), VALUE_TEXT(to), VALUE_INT(time_now_ms()),
                            VALUE_TEXT(user_name(c->user)), VALUE_TEXT(alias)};
    struct store_batch *b = store_batch_new();
    store_batch_add(
        b,
        "UPDATE keystore_entry SET hexalias = ?, alias = ?, last_modified_time = ?, last_modified_by = ?"
        " WHERE hexalias = ?",
        binds, COUNT(binds));
    store_batch_expect_one(b, ERR_NOT_FOUND, "");
    return store_commit_wait(c->store, b, e) && answer_entry(c, to, e);
}

static bool delete_entry(struct odata_call *c, struct err *e)
{
    struct ci *ci = c->ctx;
    struct entity *en;
    if (!deny_other_keystores(c, e) || !entry_of(c, &en, e) ||
        !keystore_changeable(entity_text(en, "Alias"), e))
        return false;
    struct store_batch *b = store_batch_new();
    odata_batch_delete(b, en);
    if (!store_commit_wait(c->store, b, e) || !keystore_trust(ci, e))
        return false;
    if (is_true(c, "returnKeystoreEntries")) {
        vec_add(c->arena, &c->feed, en);
        c->feed_set = c->set;
    }
    return true;
}

const struct odata_set_hook keystore_entries_hook = {.name = "keystore_entries",
                                                     .restrict_list = restrict_entries,
                                                     .read = read_entry,
                                                     .update = rename_entry,
                                                     .remove = delete_entry};

static bool read_keystore(struct odata_call *c, struct entity **ret, struct err *e)
{
    struct value row[2];
    bool found;
    if (c->key && !str_eqz(entity_text(c->key, "Name"), KEYSTORE_SYSTEM))
        return true;
    if (!query_row(c->store, c->arena,
                   "SELECT COUNT(*), MAX(last_modified_time) FROM keystore_entry", NULL, 0, row,
                   COUNT(row), &found, e))
        return false;
    struct entity *en = entity_new(c->arena, c->set->type);
    entity_set(en, "Name", VALUE_TEXT(STR(KEYSTORE_SYSTEM)));
    entity_set(en, "Size", VALUE_INT(row[0].i));
    entity_set(en, "LastModifiedTime", row[1]);
    *ret = en;
    return true;
}

const struct odata_set_hook keystores_hook = {.name = "keystores", .read = read_keystore};

/* ---- certificates ---- */

static bool list_chain(struct odata_call *c, entities *ret, struct err *e)
{
    struct entity *entry;
    certificates chain;
    if (!entry_of(c, &entry, e) || !keystore_chain(c->arena, entry, &chain, e))
        return false;
    for (size_t i = 0; i < chain.n; i++) {
        struct entity *en = entity_new(c->arena, c->set->type);
        entity_set(en, "Hexalias", *entity_at(entry, "Hexalias"));
        entity_set(en, "Index", VALUE_INT((int64_t)i));
        entity_set(en, "Alias", *entity_at(entry, "Alias"));
        keystore_show(en, &chain.at[i]);
        vec_add(c->arena, ret, en);
    }
    return true;
}

const struct odata_set_hook chain_certificates_hook = {.name = "chain_certificates",
                                                       .list = list_chain};

static bool confirmed(const struct odata_call *c, struct err *e)
{
    return is_true(c, "fingerprintVerified") ||
           err_set(e, ERR_BAD_REQUEST, "The query option fingerprintVerified=true is missing");
}

static bool is_type(str content_type, const char *const *allowed, size_t n, struct err *e)
{
    str type = content_type;
    str_split(&content_type, ';', &type);
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(str_trim(type), str_of(allowed[i])))
            return true;
    return err_set(e, ERR_MEDIA_TYPE, "Content type '" STR_FMT "' is not supported",
                   STR_ARG(str_sub(type, 0, 100)));
}

static bool get_certificate(struct odata_call *c, struct odata_raw *ret, struct err *e)
{
    struct entity *en;
    certificates chain;
    if (!entry_of(c, &en, e) || !keystore_chain(c->arena, en, &chain, e))
        return false;
    ret->blob = blob_copy(chain.at[is_true(c, "rootCA") ? chain.n - 1 : 0].der);
    ret->content_type = STR("application/pkix-cert");
    return true;
}

static bool put_certificate(struct odata_call *c, str content_type, struct blob *in, struct err *e)
{
    static const char *const types[] = {"application/pkix-cert"};
    struct certificate x;
    certificates one = {0};
    str alias;
    if (!alias_of(c, &alias, e) || !keystore_changeable(alias, e) || !confirmed(c, e) ||
        !is_type(content_type, types, COUNT(types), e) ||
        !certificate_read(c->arena, blob_bytes(in), &x, e))
        return false;
    vec_add(c->arena, &one, x);
    return put(c, alias, STR_NONE, &one, e);
}

const struct odata_set_hook certificate_resources_hook = {
    .name = "certificate_resources", .media = get_certificate, .media_put = put_certificate};

static bool get_chain(struct odata_call *c, struct odata_raw *ret, struct err *e)
{
    struct entity *en;
    if (!entry_of(c, &en, e))
        return false;
    ret->blob = blob_copy(entity_text(en, "chain"));
    ret->content_type = STR("application/x-pem-file");
    return true;
}

/* The answer of a certificate authority to a signing request: a new chain for the key that is there. */
static bool put_chain(struct odata_call *c, str content_type, struct blob *in, struct err *e)
{
    static const char *const types[] = {
        "application/pkcs7-mime", "application/x-pkcs7-certificates", "application/x-pem-file"};
    struct entity *en;
    certificates chain;
    str key;
    if (!confirmed(c, e) || !is_type(content_type, types, COUNT(types), e) ||
        !entry_of(c, &en, e) || !keystore_key(c, en, &key, e) ||
        !certificate_read_all(c->arena, blob_bytes(in), &chain, e))
        return false;
    if (!key_pair_fits(key, &chain.at[0]))
        return err_set(
            e, ERR_BAD_REQUEST,
            "The first certificate of the chain does not belong to the key pair '" STR_FMT "'",
            STR_ARG(entity_text(en, "Alias")));
    struct keystore_entry n = {entity_text(en, "Alias"), key, &chain, true};
    return keystore_put(c, &n, e) && answer_entry(c, n.alias, e);
}

const struct odata_set_hook certificate_chain_resources_hook = {
    .name = "certificate_chain_resources", .media = get_chain, .media_put = put_chain};

static bool get_signing_request(struct odata_call *c, struct odata_raw *ret, struct err *e)
{
    struct entity *en;
    certificates chain;
    str key, text;
    if (!entry_of(c, &en, e) || !keystore_key(c, en, &key, e) ||
        !keystore_chain(c->arena, en, &chain, e) ||
        !key_pair_signing_request(c->arena, key, &chain.at[0], &text, e))
        return false;
    ret->blob = blob_copy(text);
    ret->content_type = STR("application/pkcs10");
    return true;
}

const struct odata_set_hook signing_requests_hook = {.name = "signing_requests",
                                                     .media = get_signing_request};

/* ---- key pairs ---- */

/* Hexalias decides; an Alias beside it must be the same. */
static bool alias_in(struct odata_call *c, const struct entity *in, str *ret, struct err *e)
{
    str hex = entity_text(in, "Hexalias"), alias = entity_text(in, "Alias");
    if (!hex.n)
        hex = keystore_hexalias(c->arena, alias);
    if (!keystore_alias(c->arena, hex, ret, e))
        return false;
    return !alias.n || str_eq(alias, *ret) ||
           err_set(e, ERR_BAD_REQUEST,
                   "Hexalias is not the hexadecimal form of the alias '" STR_FMT "'",
                   STR_ARG(alias));
}

static bool import_key_pair(struct odata_call *c, struct entity *in, struct entity **ret,
                            struct err *e)
{
    (void)ret;
    struct key_pair k;
    struct value file = *entity_at(in, "Resource");
    str alias;
    if (!alias_in(c, in, &alias, e) || !keystore_changeable(alias, e))
        return false;
    if (file.kind != V_BYTES)
        return err_set(e, ERR_BAD_REQUEST, "Resource is missing");
    if (!pkcs12_read(c->arena, file.s, entity_text(in, "Password"), &k, e)) {
        e->code = e->code == ERR_FORBIDDEN ? ERR_BAD_REQUEST : e->code;
        return false;
    }
    return put(c, alias, k.key, &k.chain, e);
}

const struct odata_set_hook key_pair_resources_hook = {.name = "key_pair_resources",
                                                       .create = import_key_pair};

static int64_t time_or(const struct entity *in, const char *property, int64_t otherwise)
{
    const struct value *v = entity_at(in, property);
    return v->kind == V_INT ? v->i : otherwise;
}

/* "SHA256withRSA", "SHA-256/RSA": the kind of key is known already. */
static const char *digest_of(str algorithm)
{
    static const struct {
        const char *name, *digest;
    } rows[] = {
        {"SHA256",  "SHA256"},
        {"SHA-256", "SHA256"},
        {"SHA384",  "SHA384"},
        {"SHA-384", "SHA384"},
        {"SHA512",  "SHA512"},
        {"SHA-512", "SHA512"},
    };
    for (size_t i = 0; algorithm.n && i < COUNT(rows); i++)
        if (str_starts_nocase(algorithm, str_of(rows[i].name)))
            return rows[i].digest;
    return algorithm.n ? NULL : "SHA256";
}

static bool generate(struct odata_call *c, struct entity *in, struct entity **ret, struct err *e)
{
    (void)ret;
    const int64_t year = INT64_C(365) * 86400000, now = time_now_ms();
    str type = entity_text(in, "KeyType"), curve = entity_text(in, "EllipticCurve"), alias;
    struct key_request q = {
        .key_type = type.n ? arena_strdup(c->arena, type) : "RSA",
        .key_size =
            entity_at(in, "KeySize")->kind == V_INT ? (int)entity_at(in, "KeySize")->i : 4096,
        .curve = curve.n ? arena_strdup(c->arena, curve) : "secp256r1",
        .digest = digest_of(entity_text(in, "SignatureAlgorithm")),
        .not_before_ms = time_or(in, "ValidNotBefore", now),
        .not_after_ms = time_or(in, "ValidNotAfter", now + year),
        .subject = {entity_text(in, "CommonName"), entity_text(in, "OrganizationUnit"),
                    entity_text(in, "Organization"), entity_text(in, "Locality"),
                    entity_text(in, "State"), entity_text(in, "Country"), entity_text(in, "Email")},
    };
    struct key_pair k;
    if (!alias_in(c, in, &alias, e) || !keystore_changeable(alias, e))
        return false;
    if (!q.digest)
        return err_set(e, ERR_BAD_REQUEST, "SignatureAlgorithm '" STR_FMT "' is not supported",
                       STR_ARG(entity_text(in, "SignatureAlgorithm")));
    if (!q.subject.common_name.n)
        return err_set(e, ERR_BAD_REQUEST, "CommonName is missing");
    if (entity_at(in, "Extensions")->kind != V_NULL)
        return err_set(e, ERR_NOT_IMPLEMENTED,
                       "Extensions of generated certificates are not supported");
    return key_pair_generate(c->arena, &q, &k, e) && put(c, alias, k.key, &k.chain, e);
}

const struct odata_set_hook key_pair_generation_hook = {.name = "key_pair_generation",
                                                        .create = generate};
