/* Data store steps: Write, Get, Select, Delete (format.md 3, semantics.md 7). */
#include "base/codec.h"
#include "base/json.h"
#include "base/time.h"
#include "steps/data_store.h"
#include "steps/variable_store.h"
#include "steps/xml_pieces.h"

enum { MAX_SELECT = 100000, MAX_BODY = 1 << 30, MAX_HEADERS = 1 << 20, DAY_MS = 86400000 };
#define ID_HEADER "SapDataStoreId"

struct data_store_step {
    struct simple *store, *id; /* id NULL: empty */
    struct flow_xpath *ids;    /* delete: the nodes' texts */
    bool global, delete_after, override, include_headers, stop_when_missing;
    int64_t expire_days, alert_days, most;
};

/* ---- configuration ---- */

static void prepare_store(struct data_store_step *c, struct prepare *p, const char *id_key)
{
    str visibility = str_trim(prepare_text_or(p, "visibility", "local"));
    c->store = prepare_simple(p, str_trim(prepare_text(p, "storageName")), SIMPLE_TEXT);
    c->global = str_eq_nocase(visibility, STR("global"));
    if (!c->store)
        prepare_wrong(p, "the name of the data store: it is empty");
    c->id = id_key ? prepare_simple(p, str_trim(prepare_text(p, id_key)), SIMPLE_TEXT) : NULL;
    c->delete_after = prepare_bool(p, "delete", false);
}

static void prepare_put(void *cfg, struct prepare *p)
{
    struct data_store_step *c = cfg;
    prepare_store(c, p, "messageId");
    c->expire_days = prepare_int(p, "expire", 30, 1, DATA_STORE_DAYS_MAX);
    c->alert_days = prepare_int(p, "alert", 2, 0, 100000);
    c->override = prepare_bool(p, "override", false);
    c->include_headers = prepare_bool(p, "includeMessageHeaders", false);
}

static void prepare_get(void *cfg, struct prepare *p)
{
    struct data_store_step *c = cfg;
    prepare_store(c, p, "dataStoreId");
    c->stop_when_missing = prepare_bool(p, "stopOnMissingEntry", true);
}

static void prepare_select(void *cfg, struct prepare *p)
{
    struct data_store_step *c = cfg;
    prepare_store(c, p, NULL);
    c->most = prepare_int(p, "maxresults", 1, 1, MAX_SELECT);
}

static void prepare_delete(void *cfg, struct prepare *p)
{
    struct data_store_step *c = cfg;
    str id = str_trim(prepare_text(p, "messageId"));
    bool nodes = str_starts(id, STR("${xpath.")) && str_find_char(id, '}', 0) == id.n - 1;
    prepare_store(c, p, nodes ? NULL : "messageId");
    if (nodes)
        c->ids = prepare_xpath(p, str_sub(id, 8, id.n - 1));
}

/* ---- keys ---- */

static bool key_of(const struct data_store_step *c, struct exchange *x, struct data_store_key *ret,
                   struct err *e)
{
    if (!simple_text(c->store, x, x->arena, &ret->store, e))
        return err_ctx(e, "name of the data store");
    ret->flow = c->global ? STR("") : artifact_info(x->artifact)->id;
    return (ret->store.n && ret->store.n <= DATA_STORE_NAME_MAX) ||
           err_set(e, ERR_BAD_REQUEST,
                   "the data store's name '" STR_FMT "' must have 1 to %d characters",
                   STR_ARG(ret->store), DATA_STORE_NAME_MAX);
}

/* The step's text, else the header; "": neither. */
static bool id_of(const struct data_store_step *c, struct exchange *x, str *ret, struct err *e)
{
    str id = STR("");
    if (c->id && !simple_text(c->id, x, x->arena, &id, e))
        return err_ctx(e, "entry ID");
    if (!id.n)
        id = exchange_header(x, ID_HEADER);
    *ret = id.n ? id : STR("");
    return id.n <= DATA_STORE_ID_MAX ||
           err_set(e, ERR_BAD_REQUEST, "an entry ID of more than %d characters: '" STR_FMT "'",
                   DATA_STORE_ID_MAX, STR_ARG(id));
}

/* ---- put ---- */

static str stored_headers(struct exchange *x)
{
    AUTO(buf) struct buf out = BUF(MAX_HEADERS);
    struct jw w;
    jw_init(&w, &out);
    jw_object(&w);
    for (size_t i = 0; i < x->headers.n; i++) {
        const struct field *f = &x->headers.at[i];
        if (!f->value || str_starts_nocase(f->name, STR("Camel")) ||
            str_starts_nocase(f->name, STR("SAP_")))
            continue;
        jw_key(&w, f->name);
        jw_str(&w, datum_str(x->arena, f->value));
    }
    jw_object_end(&w);
    return arena_str(x->arena, buf_str(&out));
}

static bool refuse_duplicate(struct exchange *x, const struct data_store_key *k, str id,
                             struct err *e)
{
    struct data_store_entry old;
    bool found;
    if (!data_store_find(x, k, id, &old, &found, e))
        return false;
    if (!found)
        return true;
    err_set(e, ERR_CONFLICT,
            "an entry with the ID '" STR_FMT "' exists already in the data store '" STR_FMT "'",
            STR_ARG(id), STR_ARG(k->store));
    exchange_throw(x, "com.sap.esb.datastore.DuplicateEntryException", e);
    return false;
}

static struct step_result run_put(const void *cfg, struct exchange *x, struct err *e)
{
    const struct data_store_step *c = cfg;
    struct data_store_key k;
    struct data_store_entry entry = {.created_at = time_now_ms(), .headers = STR("")};
    if (!key_of(c, x, &k, e) || !id_of(c, x, &entry.id, e))
        return FAIL;
    if (!entry.id.n) {
        entry.id = id_uuid(x->arena);
        fields_set_text(&x->headers, STR(ID_HEADER), entry.id);
    }
    if (!c->override && !refuse_duplicate(x, &k, entry.id, e))
        return FAIL;
    entry.payload = x->body ? body_bytes(x->body) : STR("");
    entry.due_at = entry.created_at + c->alert_days * DAY_MS;
    entry.retain_until = entry.created_at + c->expire_days * DAY_MS;
    if (c->include_headers)
        entry.headers = stored_headers(x);
    struct pending_write w = pending_begin(x);
    data_store_put(x, &w, &k, &entry, c->override);
    return pending_end(x, &w);
}

/* ---- get ---- */

static bool restore_headers(struct exchange *x, str json, struct err *e)
{
    struct jr *top;
    if (!json.n)
        return true;
    if (!jr_parse(x->arena, json, &top, e))
        return err_ctx(e, "stored headers");
    for (const struct jr *v = top->first; v; v = v->next)
        fields_set_text(&x->headers, v->key, v->s);
    return true;
}

static void set_time(struct exchange *x, const char *name, int64_t ms)
{
    fields_set(&x->headers, str_of(name), datum_int(ms));
}

static struct step_result run_get(const void *cfg, struct exchange *x, struct err *e)
{
    const struct data_store_step *c = cfg;
    struct data_store_key k;
    struct data_store_entry entry;
    bool found;
    str id;
    if (!key_of(c, x, &k, e) || !id_of(c, x, &id, e) ||
        !data_store_find(x, &k, id, &entry, &found, e))
        return FAIL;
    if (!found && c->stop_when_missing) {
        err_set(e, ERR_NOT_FOUND,
                "no entry with the ID '" STR_FMT "' in the data store '" STR_FMT "'", STR_ARG(id),
                STR_ARG(k.store));
        return FAIL;
    }
    fields_set_text(&x->headers, STR("SAP_DatastoreEntryFound"),
                    found ? STR("true") : STR("false"));
    if (!found)
        return CONTINUE;
    if (!restore_headers(x, entry.headers, e))
        return FAIL;
    set_time(x, "SAP_DataStoreCreatedAt", entry.created_at);
    set_time(x, "SAP_DataStoreExpiresAt", entry.retain_until);
    exchange_set_body(x, body_of_text(entry.payload));
    if (c->delete_after)
        data_store_remove_at_end(x, &k, id);
    return CONTINUE;
}

/* ---- select ---- */

static bool add_message(struct buf *out, const struct data_store_entry *entry, struct err *e)
{
    struct xml_doc *doc;
    buf_addz(out, "<message id=\"");
    xml_escape(out, entry->id, true);
    buf_addz(out, "\">");
    if (!xml_piece(entry->payload, out)) {
        if (!xml_parse(entry->payload, &doc, e))
            return err_ctx(e, "entry '" STR_FMT "'", STR_ARG(entry->id));
        xml_write(xml_root(doc), out, 0);
        xml_free(doc);
    }
    buf_addz(out, "</message>");
    return true;
}

static struct step_result run_select(const void *cfg, struct exchange *x, struct err *e)
{
    const struct data_store_step *c = cfg;
    struct data_store_key k;
    struct data_store_entry *list;
    size_t n;
    int64_t most = c->most;
    AUTO(buf) struct buf out = BUF(MAX_BODY);
    str wanted = exchange_header(x, "SapDataStoreMaxResults");
    if (wanted.p && (!str_to_i64(str_trim(wanted), &most) || most < 1 || most > MAX_SELECT))
        most = c->most;
    if (!key_of(c, x, &k, e) || !data_store_select(x, &k, (size_t)most, &list, &n, e))
        return FAIL;
    buf_addz(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    buf_addz(&out, n ? "<messages>" : "<messages/>");
    for (size_t i = 0; i < n; i++)
        if (!add_message(&out, &list[i], e))
            return FAIL;
    buf_addz(&out, n ? "</messages>" : "");
    if (!buf_check(&out, e))
        return FAIL;
    for (size_t i = 0; i < n && c->delete_after; i++)
        data_store_remove_at_end(x, &k, list[i].id);
    exchange_set_body(x, body_of_buf(&out));
    return CONTINUE;
}

/* ---- delete ---- */

static void remove_one(const struct data_store_step *c, struct exchange *x,
                       const struct pending_write *w, const struct data_store_key *k, str id)
{
    if (str_eqz(k->store, VARIABLE_STORE))
        variable_remove(x, w, id, c->global);
    else
        data_store_remove(x, w, k, id);
}

static bool find_ids(const struct data_store_step *c, struct exchange *x, struct xpath_result *ret,
                     struct err *e)
{
    ret->n = 0;
    return !c->ids || flow_xpath_eval(c->ids, x, x->arena, ret, e);
}

static struct step_result run_delete(const void *cfg, struct exchange *x, struct err *e)
{
    const struct data_store_step *c = cfg;
    struct data_store_key k;
    struct xpath_result r = {0};
    str id = STR("");
    if (!key_of(c, x, &k, e) || !find_ids(c, x, &r, e) || (!c->ids && !id_of(c, x, &id, e)))
        return FAIL;
    if (!c->ids && !id.n)
        id = str_trim(x->body ? body_bytes(x->body) : STR(""));
    struct pending_write w = pending_begin(x);
    if (!c->ids)
        remove_one(c, x, &w, &k, id);
    else if (r.kind != XPATH_NODES)
        remove_one(c, x, &w, &k, xpath_text(x->arena, &r));
    for (size_t i = 0; i < r.n; i++)
        remove_one(c, x, &w, &k, xml_text(x->arena, r.nodes[i]));
    return pending_end(x, &w);
}

static void explain(const void *cfg, struct buf *out)
{
    const struct data_store_step *c = cfg;
    buf_addz(out, c->global ? "global store" : "local store");
}

#define STEP(op, text)                              \
    const struct step_type step_data_store_##op = { \
        .name = text,                               \
        .activity = "DBstorage:" #op,               \
        .cfg_size = sizeof(struct data_store_step), \
        .prepare = prepare_##op,                    \
        .run = run_##op,                            \
        .resume = pending_resume,                   \
        .explain = explain,                         \
    }
extern const struct step_type step_data_store_put, step_data_store_get, step_data_store_select,
    step_data_store_delete;
STEP(put, "DataStoreWrite");
STEP(get, "DataStoreGet");
STEP(select, "DataStoreSelect");
STEP(delete, "DataStoreDelete");
