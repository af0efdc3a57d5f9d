/* Media streams of rows: the type of a stream is a hidden column of its row (model's media_slot), the
 * bytes stand in a table of their own, large ones in a file (store/large.h). */
#include "odata/write.h"
#include "store/large.h"

enum { MEDIA_MAX = 512 << 20 /* bytes of a stream */ };
static const struct store_column columns[] = {
    {"owner", V_TEXT,  true },
    {"bytes", V_BYTES, false},
    {"file",  V_TEXT,  false},
};
static const char *const keys[] = {"owner"};
static const struct store_table table = {"odata_media", columns, COUNT(columns), keys, 1, NULL, 0};

bool media_define(struct odata_service *s, struct err *e)
{
    bool any = false;
    for (size_t i = 0; i < s->model->types.n; i++)
        any |= s->model->types.at[i]->media_slot >= 0;
    return !any || store_define(s->config.store, &table, 1, e);
}

/* table(key,key */
static str owner(struct arena *a, const struct entity *key)
{
    const struct model_type *t = key->type;
    AUTO(buf) struct buf b = BUF(1 << 20);
    buf_add(&b, t->table);
    for (size_t i = 0; i < t->keys.n; i++) {
        const struct model_property *p = &t->properties.at[t->keys.at[i]];
        buf_add_char(&b, i ? ',' : '(');
        edm_write_uri(&b, p->type, key->values[p->slot]);
    }
    return arena_str(a, buf_str(&b));
}

bool odata_media_drop(struct store *s, struct store_batch *b, const struct entity *key,
                      struct err *e)
{
    AUTO(arena) struct arena *a = arena_new();
    struct value who = VALUE_TEXT(owner(a, key)), file;
    bool found;
    if (!store_get(s, a, "SELECT file FROM odata_media WHERE owner = ?", &who, 1, &file, 1, &found,
                   e))
        return false;
    if (found && file.kind == V_TEXT)
        store_batch_drop_large(s, b, file.s);
    store_batch_add(b, "DELETE FROM odata_media WHERE owner = ?", &who, 1);
    return true;
}

bool odata_media_put(struct store *s, struct store_batch *b, const struct entity *key, str bytes,
                     struct err *e)
{
    AUTO(arena) struct arena *a = arena_new();
    char id[STORE_LARGE_ID + 1];
    struct value row[] = {VALUE_TEXT(owner(a, key)), VALUE_NULL, VALUE_NULL};
    if (!odata_media_drop(s, b, key, e))
        return false;
    if (bytes.n <= STORE_INLINE)
        row[1] = VALUE_BYTES(bytes.n ? bytes : STR(""));
    else if (!store_batch_add_large(s, b, bytes, id, e))
        return false;
    else
        row[2] = VALUE_TEXT(str_of(id));
    store_batch_add(b, "INSERT INTO odata_media (owner, bytes, file) VALUES (?, ?, ?)", row, 3);
    return true;
}

bool odata_media_get(struct store *s, struct arena *a, const struct entity *key, struct blob **ret,
                     struct err *e)
{
    struct value who = VALUE_TEXT(owner(a, key)), row[2];
    bool found;
    if (!store_get(s, a, "SELECT bytes, file FROM odata_media WHERE owner = ?", &who, 1, row, 2,
                   &found, e))
        return false;
    if (!found)
        return not_found(e);
    if (row[1].kind == V_TEXT)
        return store_large_read(s, row[1].s, MEDIA_MAX, ret, e);
    *ret = blob_copy(row[0].s);
    return true;
}

static const struct set_info *target(const struct odata_request *rq)
{
    return info_of(rq->service, uri_last(&rq->uri)->set);
}

/* ---- ranges ---- */
/* "bytes=first-last" of n; false: no range, or one that cannot be served. */
static bool range_of(str header, size_t n, size_t *from, size_t *to)
{
    int64_t first, last = (int64_t)n - 1;
    size_t dash = str_find_char(header, '-', 0);
    if (!str_starts(header, STR("bytes=")) || dash == SIZE_MAX || !n)
        return false;
    str from_text = str_sub(header, 6, dash), to_text = str_from(header, dash + 1);
    if (!from_text.n) { /* the last so many */
        if (!str_to_i64(to_text, &last) || last <= 0)
            return false;
        *from = (uint64_t)last < n ? n - (size_t)last : 0;
        *to = n;
        return true;
    }
    if (!str_to_i64(from_text, &first) || (to_text.n && !str_to_i64(to_text, &last)) || first < 0 ||
        last < first || (uint64_t)first >= n)
        return false;
    *from = (size_t)first;
    *to = (uint64_t)last < n ? (size_t)last + 1 : n;
    return true;
}

static bool cut_range(struct odata_request *rq, struct odata_raw *raw, struct err *e)
{
    str header = http_header(&rq->http->headers, "Range"), all = blob_bytes(raw->blob);
    size_t from, to;
    struct blob_writer part;
    if (!raw->blob || raw->status)
        return true;
    http_set(rq->http, "Accept-Ranges", STR("bytes"));
    if (!range_of(header, all.n, &from, &to))
        return true;
    http_set(rq->http, "Content-Range",
             arena_fmt(rq->arena, "bytes %zu-%zu/%zu", from, to - 1, all.n));
    blob_writer_init(&part, MEDIA_MAX);
    if (!blob_writer_add(&part, str_sub(all, from, to), e)) {
        blob_writer_abort(&part);
        return false;
    }
    blob_unref(raw->blob);
    raw->blob = blob_writer_finish(&part);
    raw->status = 206;
    return true;
}

/* ---- requests ---- */
static bool found_entity(struct odata_request *rq, struct entity **ret, struct err *e)
{
    const struct model_set *set = target(rq)->set;
    if (set->type->media_slot < 0)
        return err_set(e, ERR_NOT_IMPLEMENTED, "The entity set '" STR_FMT "' has no media streams.",
                       STR_ARG(set->name));
    return read_entity(rq, ret, e) && (*ret || not_found(e));
}

bool media_read(struct odata_request *rq, struct err *e)
{
    const struct odata_set_hook *hook = target(rq)->hook;
    struct odata_raw raw = {0};
    struct entity *en;
    if (hook && hook->media) {
        if (!hook->media(&rq->call, &raw, e))
            return false;
    } else {
        if (!found_entity(rq, &en, e))
            return false;
        if (etag_read(rq, en))
            return true;
        if (!odata_media_get(rq->service->config.store, rq->arena, en, &raw.blob, e))
            return false;
        raw.content_type = en->media_type;
    }
    if (!cut_range(rq, &raw, e)) {
        blob_unref(raw.blob);
        return false;
    }
    answer_raw(rq, &raw);
    return true;
}

static bool write_row(struct odata_request *rq, str type, struct err *e)
{
    const struct model_type *t = target(rq)->set->type;
    struct entity *en, *now, *in = entity_new(rq->arena, t);
    if (!found_entity(rq, &en, e) || !etag_write(rq, &now, e))
        return false;
    in->given = arena_new_array(rq->arena, bool, t->slots.n + 1);
    in->given[t->media_slot] = true;
    in->values[t->media_slot] = VALUE_TEXT(type.p ? type : STR("application/octet-stream"));
    etag_advance(rq, in, now);
    struct store *s = rq->service->config.store;
    struct store_batch *b = store_batch_new();
    etag_guard(b, now);
    odata_batch_update(b, en, in);
    if (!odata_media_put(s, b, en, blob_bytes(rq->http->body), e)) {
        store_batch_free(b);
        return false;
    }
    return store_commit_wait(s, b, e);
}

/* PUT replaces the stream, DELETE removes the entity with it. */
bool media_write(struct odata_request *rq, struct err *e)
{
    const struct set_info *info = target(rq);
    str type = http_header(&rq->http->headers, "Content-Type");
    if (rq->method == METHOD_DELETE)
        return write_delete(rq, e);
    bool hooked = info->hook && info->hook->media_put;
    if (hooked ? !info->hook->media_put(&rq->call, type, rq->http->body, e)
               : !write_row(rq, type, e))
        return false;
    return answer_write(rq, info->set->status_update, e);
}
