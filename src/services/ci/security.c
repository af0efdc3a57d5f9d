/* security: SecureParameters, UserCredentials and OAuth2ClientCredentials (api.md 7), one
 * implementation. Secrets go in and never come out: the hidden property's column stays null, the
 * column "sealed" holds the encrypted text. */
#include "services/ci/keystore.h"

#include "base/json.h"
#include "base/time.h"
#include "identity/identity.h"

static const struct secret {
    const char *type;   /* entity type */
    const char *secret; /* its hidden property */
    const char *kind;   /* for ci_credential */
    const char *artifact;
    const char *sql; /* sealed, then the fields ci_credential needs */
} secrets[] = {
    {"SecureParameter",        "SecureParam",  "SecureParameter",        NULL,
     "SELECT sealed FROM secure_parameter WHERE name = ?"                            },
    {"UserCredential",         "Password",     "UserCredential",         "CREDENTIALS",
     "SELECT sealed, \"user\" FROM user_credential WHERE name = ?"                   },
    {"OAuth2ClientCredential", "ClientSecret", "OAuth2ClientCredential",
     "OAUTH2_CLIENT_CREDENTIALS",                                                       "SELECT sealed, client_id, token_service_url, scope, resource, client_authentication"
     " FROM oauth2_client_credential WHERE name = ?"},
};

static const struct secret *secret_of(const struct model_type *t)
{
    for (size_t i = 0; i < COUNT(secrets); i++)
        if (str_eqz(t->name, secrets[i].type))
            return &secrets[i];
    return NULL;
}

/* ---- checks ---- */

static bool check_one_of(const struct entity *en, const char *property, const char *const *allowed,
                         size_t n, enum err_code code, struct err *e)
{
    str v = entity_text(en, property);
    for (size_t i = 0; i < n; i++)
        if (str_eqz(v, allowed[i]))
            return true;
    return err_set(e, code, "%s '" STR_FMT "' is not supported", property, STR_ARG(v));
}

static void set_default(struct entity *en, const char *property, str value)
{
    if (!entity_text(en, property).p)
        entity_set(en, property, VALUE_TEXT(value));
}

static bool check(struct entity *en, struct err *e)
{
    static const char *const kinds[] = {"default", "successfactors", "openconnectors"};
    static const char *const authentications[] = {"body", "header"};
    static const char *const content_types[] = {"urlencoded", "json"};
    if (!entity_text(en, "Name").n)
        return err_set(e, ERR_BAD_REQUEST, "Name must not be empty");
    if (str_eqz(en->type->name, "UserCredential")) {
        set_default(en, "Kind", STR("default"));
        if (!check_one_of(en, "Kind", kinds, COUNT(kinds), ERR_REFUSED, e))
            return false;
        if (str_eqz(entity_text(en, "Kind"), "successfactors") && !entity_text(en, "CompanyId").n)
            return err_set(e, ERR_BAD_REQUEST, "CompanyId is missing");
    }
    if (str_eqz(en->type->name, "OAuth2ClientCredential")) {
        set_default(en, "ClientAuthentication", STR("body"));
        set_default(en, "ScopeContentType", STR("urlencoded"));
        return check_one_of(en, "ClientAuthentication", authentications, COUNT(authentications),
                            ERR_BAD_REQUEST, e) &&
               check_one_of(en, "ScopeContentType", content_types, COUNT(content_types),
                            ERR_BAD_REQUEST, e);
    }
    return true;
}

/* ---- writing ---- */

static void seal(struct odata_call *c, struct entity *en, str plain)
{
    const struct secret *s = secret_of(en->type);
    if (plain.p)
        entity_set(en, "sealed", VALUE_BYTES(store_seal(c->store, c->arena, plain)));
    entity_set(en, s->secret, VALUE_NULL);
    const char *deployed_by = s->artifact ? "SecurityArtifactDescriptor/DeployedBy" : "DeployedBy";
    const char *deployed_on = s->artifact ? "SecurityArtifactDescriptor/DeployedOn" : "DeployedOn";
    const char *status = s->artifact ? "SecurityArtifactDescriptor/Status" : "Status";
    if (s->artifact)
        entity_set(en, "SecurityArtifactDescriptor/Type", VALUE_TEXT(str_of(s->artifact)));
    entity_set(en, deployed_by, VALUE_TEXT(user_name(c->user)));
    entity_set(en, deployed_on, VALUE_INT(time_now_ms()));
    entity_set(en, status, VALUE_TEXT(STR("DEPLOYED")));
}

/* CustomParameters of a deep insert, kept as JSON. */
static void keep_parameters(struct odata_call *c, struct entity *en)
{
    static const char *const names[] = {"Key", "Value", "SendAsPartOf"};
    struct buf out = BUF(1 << 20);
    struct jw w;
    if (!str_eqz(en->type->name, "OAuth2ClientCredential"))
        return;
    jw_init(&w, &out);
    jw_array(&w);
    for (size_t i = 0; i < en->inlines.n; i++) {
        if (!str_eqz(en->inlines.at[i].nav->name, "CustomParameters"))
            continue;
        jw_object(&w);
        for (size_t k = 0; k < COUNT(names); k++) {
            jw_keyz(&w, names[k]);
            jw_str(&w, entity_text(en->inlines.at[i].child, names[k]));
        }
        jw_object_end(&w);
    }
    jw_array_end(&w);
    entity_set(en, "parameters", VALUE_TEXT(arena_str(c->arena, buf_str(&out))));
    buf_free(&out);
}

static bool create(struct odata_call *c, struct entity *in, struct entity **ret, struct err *e)
{
    (void)ret;
    str name = entity_text(in, "Name"), plain = entity_text(in, secret_of(in->type)->secret);
    if (!check(in, e))
        return false;
    if (!plain.p && !str_eqz(in->type->name, "UserCredential"))
        return err_set(e, ERR_BAD_REQUEST, "%s is missing", secret_of(in->type)->secret);
    seal(c, in, plain);
    keep_parameters(c, in);
    struct store_batch *b = store_batch_new();
    odata_batch_insert(b, in);
    if (store_commit_wait(c->store, b, e))
        return true;
    if (e->code == ERR_CONFLICT)
        return err_set(e, ERR_CONFLICT, "Artifact with name '" STR_FMT "' already exists",
                       STR_ARG(name));
    return false;
}

static bool update(struct odata_call *c, struct entity *in, struct err *e)
{
    struct entity *now = NULL;
    const struct model_type *t = in->type;
    str name = entity_text(c->key, "Name"), plain = entity_text(in, secret_of(t)->secret);
    if (entity_given(in, "Name") && entity_text(in, "Name").p &&
        !str_eq(entity_text(in, "Name"), name))
        return err_set(e, ERR_BAD_REQUEST, "Name in the body differs from the name in the URL");
    if (in->inlines.n)
        return err_set(e, ERR_BAD_REQUEST, "CustomParameters cannot be changed by an update");
    if (!odata_row(c, c->key, &now, e))
        return false;
    if (!now) /* the real system answers 409 here (api.md 7) */
        return err_set(e, ERR_CONFLICT, "Artifact with name '" STR_FMT "' does not exist",
                       STR_ARG(name));
    for (size_t i = 0; i < t->slots.n; i++)
        if (!t->slots.at[i].property->is_key && in->values[i].kind != V_NULL &&
            (!in->given || in->given[i]))
            now->values[i] = in->values[i];
    if (!check(now, e))
        return false;
    if (str_eqz(t->name, "OAuth2ClientCredential"))
        entity_set(now, "parameters", VALUE_TEXT(STR("[]")));
    seal(c, now, plain);
    struct store_batch *b = store_batch_new();
    odata_batch_update(b, c->key, now);
    return store_commit_wait(c->store, b, e);
}

const struct odata_set_hook secure_parameters_hook = {
    .name = "secure_parameters", .create = create, .update = update};
const struct odata_set_hook user_credentials_hook = {
    .name = "user_credentials", .create = create, .update = update};
const struct odata_set_hook oauth2_credentials_hook = {
    .name = "oauth2_credentials", .create = create, .update = update};

static bool list_parameters(struct odata_call *c, entities *ret, struct err *e)
{
    static const char *const names[] = {"Key", "Value", "SendAsPartOf"};
    struct value bind = *entity_at(c->parent, "Name"), text;
    struct jr *rows;
    bool found;
    if (!query_row(c->store, c->arena,
                   "SELECT parameters FROM oauth2_client_credential WHERE name = ?", &bind, 1,
                   &text, 1, &found, e))
        return false;
    if (!found || text.kind != V_TEXT)
        return true;
    if (!jr_parse(c->arena, text.s, &rows, e))
        return false;
    for (const struct jr *row = rows->first; row; row = row->next) {
        struct entity *en = entity_new(c->arena, c->set->type);
        for (size_t k = 0; k < COUNT(names); k++)
            if (jr_text(row, names[k]).p)
                entity_set(en, names[k], VALUE_TEXT(jr_text(row, names[k])));
        vec_add(c->arena, ret, en);
    }
    return true;
}

const struct odata_set_hook custom_parameters_hook = {.name = "custom_parameters",
                                                      .list = list_parameters};

/* ---- for flows ---- */

bool ci_credential(void *arg, const char *kind, str alias, struct arena *a, struct credential *ret,
                   struct err *e)
{
    struct ci *ci = arg;
    struct value bind = VALUE_TEXT(alias), row[6];
    bool found = false;
    const struct secret *s = NULL;
    bool pair = str_eqz(str_of(kind), "KeyPair");
    if (pair || str_eqz(str_of(kind), "KeystoreEntry"))
        return keystore_credential(ci, pair, alias, a, ret, e);
    for (size_t i = 0; i < COUNT(secrets); i++)
        if (str_eqz(str_of(kind), secrets[i].kind))
            s = &secrets[i];
    if (s && !query_row(ci->store, a, s->sql, &bind, 1, row, COUNT(row), &found, e))
        return false;
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "no %s '" STR_FMT "' is deployed", kind, STR_ARG(alias));
    *ret = (struct credential){
        .user = text_of(a, row[1]),
        .token_url = text_of(a, row[2]),
        .scope = text_of(a, row[3]),
        .resource = text_of(a, row[4]),
        .client_in_body = str_eqz(text_of(a, row[5]), "body"),
        .password = STR(""),
    };
    return row[0].kind == V_NULL || store_unseal(ci->store, a, row[0].s, &ret->password, e);
}
