/* Accounts. Read on every request, changed by administrators: all of them are in memory behind a reader
 * lock; a changed account is a new object, the old one stays valid for requests that hold it. */
#include "identity/account.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/time.h"
#include "store/secret.h"

#include <stdlib.h>

/* Role collections as delivered with the product (roles.md, last paragraph). */
#define READ_ONLY                                                                       \
    "WorkspacePackagesRead,MonitoringDataRead,DataStoresAndQueuesRead,CredentialsRead," \
    "MessageProcessingLocksRead,AccessPoliciesRead,DataArchivingRead,TraceConfigurationRead"
static const struct {
    const char *name, *roles;
} collections[] = {
    {"PI_Read_Only",             READ_ONLY                                             },
    {"PI_Business_Expert",       READ_ONLY ",MessagePayloadsRead,DataStorePayloadsRead"},
    {"PI_Integration_Developer", READ_ONLY
     ",MessagePayloadsRead,DataStorePayloadsRead,WorkspacePackagesEdit,WorkspacePackagesConfigure,"
     "WorkspaceArtifactsDeploy,MonitoringArtifactsDeploy,TraceConfigurationEdit,CatalogPackagesCopy,"
     "CatalogPackagesRead,CatalogPackageArtifactsRead,DataStoresAndQueuesDelete,QueuesRetry,"
     "ESBMessaging.send"                               },
    {"PI_Administrator",         "*"                                                   },
};

static void grant(struct account *a, struct arena *arena, str roles)
{
    for (str role; str_split(&roles, ',', &role);) {
        role = str_trim(role);
        a->all = a->all || str_eqz(role, "*");
        if (role.n)
            vec_add(arena, &a->granted, role);
        for (size_t c = 0; c < COUNT(collections); c++)
            if (str_eqz(role, collections[c].name))
                grant(a, arena, str_of(collections[c].roles));
    }
}

static struct map *map_of(struct identity *i, enum account_kind kind)
{
    return kind == ACCOUNT_USER ? &i->users : &i->clients;
}

static void enter(struct identity *i, enum account_kind kind, str name, str hash, str plain,
                  str roles)
{
    struct account *a = arena_new_of(i->arena, struct account);
    *a = (struct account){.identity = i, .kind = kind};
    a->name = arena_str(i->arena, name);
    a->hash = arena_str(i->arena, hash);
    a->plain = plain;
    a->roles = arena_str(i->arena, roles);
    grant(a, i->arena, a->roles);
    map_put(map_of(i, kind), a->name, a);
}

static bool load_row(void *arg, const struct value *v, size_t n)
{
    (void)n;
    enter(arg, v[1].s.n && v[1].s.p[0] == 'c' ? ACCOUNT_CLIENT : ACCOUNT_USER, v[0].s, v[2].s,
          STR_NONE, v[3].s);
    return true;
}

bool identity_open(const struct identity_config *c, struct identity **ret, struct err *e)
{
    static const struct store_column columns[] = {
        {"name",  V_TEXT, true},
        {"kind",  V_TEXT, true},
        {"hash",  V_TEXT, true},
        {"roles", V_TEXT, true},
    };
    static const char *const keys[] = {"kind", "name"};
    static const struct store_table table = {.name = "identity_account",
                                             .columns = columns,
                                             .ncolumns = COUNT(columns),
                                             .keys = keys,
                                             .nkeys = COUNT(keys)};
    struct identity *i = mem_alloc(sizeof *i);
    *i = (struct identity){.store = c->store, .arena = arena_new(), .started_ms = time_now_ms()};
    pthread_rwlock_init(&i->lock, NULL);
    pthread_mutex_init(&i->hashing, NULL);
    pthread_mutex_init(&i->verified_lock, NULL);
    map_init(&i->users, i->arena, false);
    map_init(&i->clients, i->arena, false);
    if (!store_define(c->store, &table, 1, e) ||
        !store_query(c->store, "SELECT name, kind, hash, roles FROM identity_account", NULL, 0,
                     load_row, i, e)) {
        identity_close(i);
        return err_ctx(e, "users");
    }
    if (c->dev) {
        enter(i, ACCOUNT_USER, STR("dev"), STR_NONE, STR("dev"), STR("*"));
        enter(i, ACCOUNT_CLIENT, STR("dev"), STR_NONE, STR("dev"), STR("*"));
    }
    *ret = i;
    return true;
}

void identity_close(struct identity *i)
{
    if (!i)
        return;
    arena_free(i->arena);
    pthread_rwlock_destroy(&i->lock);
    pthread_mutex_destroy(&i->hashing);
    pthread_mutex_destroy(&i->verified_lock);
    free(i);
}

bool identity_is_empty(struct identity *i)
{
    return i->users.entries.n + i->clients.entries.n == 0;
}

const struct account *account_find(struct identity *i, enum account_kind kind, str name)
{
    pthread_rwlock_rdlock(&i->lock);
    const struct account *a = map_get(map_of(i, kind), name);
    pthread_rwlock_unlock(&i->lock);
    return a;
}

static void digest_hex(str s, char ret[65])
{
    unsigned char digest[32];
    secret_sha256(s, digest);
    for (size_t n = 0; n < sizeof digest; n++) {
        ret[2 * n] = "0123456789abcdef"[digest[n] >> 4];
        ret[2 * n + 1] = "0123456789abcdef"[digest[n] & 15];
    }
    ret[64] = 0;
}

static bool check_password(struct identity *i, const struct account *a, str password, str peer)
{
    atomic_llong *debt = &i->guessers[(str_hash(a->name) * 31 + str_hash(peer)) % GUESSERS];
    long long now = time_monotonic_ms(), until = atomic_load(debt);
    if (until - now >= PATIENCE_MS)
        return false;
    pthread_mutex_lock(&i->hashing);
    bool ok = secret_check_password(password, a->hash.p);
    pthread_mutex_unlock(&i->hashing);
    while (!ok &&
           !atomic_compare_exchange_weak(debt, &until, (until > now ? until : now) + WRONG_MS))
        ;
    return ok;
}

const struct account *account_check(struct identity *i, enum account_kind kind, str name,
                                    str password, str peer)
{
    const struct account *a = account_find(i, kind, name);
    bool ok;
    if (a && a->plain.p) {
        ok = str_eq(password, a->plain);
    } else if (kind == ACCOUNT_CLIENT) {
        char hex[65];
        digest_hex(password, hex);
        ok = a && secret_equal(a->hash, str_of(hex));
    } else {
        ok = a && check_password(i, a, password, peer);
    }
    return ok ? a : NULL;
}

/* ---- administration ---- */
static bool save(struct identity *i, enum account_kind kind, str name, str hash, str roles,
                 struct err *e)
{
    struct store_batch *b = store_batch_new();
    struct value v[] = {VALUE_TEXT(name),
                        VALUE_TEXT(kind == ACCOUNT_CLIENT ? STR("client") : STR("user")),
                        VALUE_TEXT(hash), VALUE_TEXT(roles)};
    store_batch_add(
        b,
        "INSERT INTO identity_account (name, kind, hash, roles) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (kind, name) DO UPDATE SET hash = excluded.hash, roles = excluded.roles",
        v, COUNT(v));
    if (!store_commit_wait(i->store, b, e))
        return false;
    pthread_rwlock_wrlock(&i->lock);
    enter(i, kind, name, hash, STR_NONE, roles);
    pthread_rwlock_unlock(&i->lock);
    return true;
}

static void forget_verified(struct identity *i)
{
    pthread_mutex_lock(&i->verified_lock);
    memset(i->verified, 0, sizeof i->verified);
    memset(i->opened, 0, sizeof i->opened);
    i->generation++;
    pthread_mutex_unlock(&i->verified_lock);
}

static str join(struct arena *a, const str *roles, size_t n)
{
    str all = STR("");
    for (size_t k = 0; k < n; k++)
        all = arena_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(all), k ? "," : "", STR_ARG(roles[k]));
    return all;
}

bool identity_put_user(struct identity *i, str name, str password, const str *roles, size_t nroles,
                       struct err *e)
{
    AUTO(arena) struct arena *a = arena_new();
    char hash[SECRET_HASH];
    if (!name.n || name.n > 255 || str_find_char(name, ':', 0) != SIZE_MAX || !utf8_valid(name))
        return err_set(e, ERR_BAD_REQUEST, "a user name has 1 to 255 characters and no colon");
    if (password.n < 8 || password.n > 1024)
        return err_set(e, ERR_BAD_REQUEST,
                       "the password of '" STR_FMT "' must have 8 to 1024 characters",
                       STR_ARG(name));
    if (!secret_hash_password(password, hash, e) ||
        !save(i, ACCOUNT_USER, name, str_of(hash), join(a, roles, nroles), e))
        return err_ctx(e, "user '" STR_FMT "'", STR_ARG(name));
    forget_verified(i);
    return true;
}

bool identity_remove_user(struct identity *i, str name, struct err *e)
{
    if (!account_find(i, ACCOUNT_USER, name) && !account_find(i, ACCOUNT_CLIENT, name))
        return err_set(e, ERR_NOT_FOUND, "there is no user or client '" STR_FMT "'", STR_ARG(name));
    struct store_batch *b = store_batch_new();
    store_batch_add(b, "DELETE FROM identity_account WHERE name = ?", &VALUE_TEXT(name), 1);
    if (!store_commit_wait(i->store, b, e))
        return false;
    pthread_rwlock_wrlock(&i->lock);
    map_remove(&i->users, name);
    map_remove(&i->clients, name);
    pthread_rwlock_unlock(&i->lock);
    forget_verified(i);
    return true;
}

bool identity_list(struct identity *i, identity_user_fn *fn, void *arg, struct err *e)
{
    (void)e;
    pthread_rwlock_rdlock(&i->lock);
    for (int kind = ACCOUNT_USER; kind <= ACCOUNT_CLIENT; kind++) {
        const struct map *m = map_of(i, (enum account_kind)kind);
        for (size_t n = 0; n < m->entries.n; n++) {
            const struct account *a = m->entries.at[n].value;
            if (a)
                fn(arg, a->name, kind == ACCOUNT_USER ? STR("user") : STR("client"), a->roles);
        }
    }
    pthread_rwlock_unlock(&i->lock);
    return true;
}

static str random_text(struct arena *a, size_t bytes)
{
    unsigned char raw[64];
    random_bytes(raw, bytes);
    return hex_encode(a, (str){(char *)raw, bytes}, false);
}

bool identity_create_key(struct identity *i, struct arena *a, str base_url, const str *roles,
                         size_t nroles, str *ret_json, struct err *e)
{
    str id = arena_fmt(a, "sb-" STR_FMT "!t1", STR_ARG(id_uuid(a))), secret = random_text(a, 32);
    char hex[65];
    digest_hex(secret, hex);
    if (!save(i, ACCOUNT_CLIENT, id, str_of(hex), join(a, roles, nroles), e))
        return err_ctx(e, "service key");
    AUTO(buf) struct buf b = BUF(4096);
    struct jw w;
    jw_init(&w, &b);
    jw_object(&w);
    jw_keyz(&w, "oauth");
    jw_object(&w);
    jw_keyz(&w, "createdate");
    jw_str(&w, time_iso(a, time_now_ms(), true));
    jw_keyz(&w, "clientid");
    jw_str(&w, id);
    jw_keyz(&w, "clientsecret");
    jw_str(&w, secret);
    jw_keyz(&w, "tokenurl");
    jw_strf(&w, STR_FMT "/oauth/token", STR_ARG(base_url));
    jw_keyz(&w, "url");
    jw_str(&w, base_url);
    jw_object_end(&w);
    jw_object_end(&w);
    *ret_json = arena_str(a, buf_str(&b));
    return buf_check(&b, e);
}
