/* attachments: both ways in (spec devops.md 5): JSON with base64, or raw bytes with a Slug; one way
 * out, $value. Bytes are kept apart from the rows that lists read: small ones in a table, large ones
 * in a file. */
#include "services/devops/parts.h"

#include "base/codec.h"
#include "identity/identity.h"
#include "store/large.h"

enum { FILE_NAME = 255, MIME = 128, ID_BYTES = 16 };

bool attachments_define(struct store *s, struct err *e)
{
    static const struct store_column columns[] = {
        {"attachment_id", V_TEXT,  true },
        {"bytes",         V_BYTES, false},
        {"file",          V_TEXT,  false},
    };
    static const char *const keys[] = {"attachment_id"};
    static const struct store_table table = {.name = "devops_content",
                                             .columns = columns,
                                             .ncolumns = COUNT(columns),
                                             .keys = keys,
                                             .nkeys = 1};
    return store_define(s, &table, 1, e);
}

str attachment_id(struct arena *a)
{
    unsigned char raw[ID_BYTES];
    random_bytes(raw, sizeof raw);
    return hex_encode(a, (str){(char *)raw, sizeof raw}, true);
}

bool attachment_decode(struct arena *a, str base64, str *ret, struct err *e)
{
    return base64_decode(a, base64, ret) ||
           err_set(e, ERR_BAD_REQUEST, "Attachment content is not valid base64") ||
           err_id(e, "/SALM/EXT_DEVOPS/020");
}

bool attachment_add(struct devops *d, struct store_batch *b, struct entity *en, str bytes,
                    struct err *e)
{
    char file[STORE_LARGE_ID + 1] = "";
    size_t most = d->machine->attachment_bytes;
    if (bytes.n > most)
        return err_set(e, ERR_TOO_LARGE, "Attachment exceeds the maximum size of %zu bytes",
                       most) ||
               err_id(e, "/SALM/EXT_DEVOPS/022");
    bool large = bytes.n > STORE_INLINE;
    if (large && !store_batch_add_large(d->config.store, b, bytes, file, e))
        return false;
    entity_set(en, "fileSize", VALUE_INT((int64_t)bytes.n));
    entity_set(en, "content", VALUE_NULL);
    struct value v[] = {VALUE_TEXT(entity_text(en, "attachmentId")),
                        large ? VALUE_NULL : VALUE_BYTES(bytes),
                        large ? VALUE_TEXT(str_of(file)) : VALUE_NULL};
    store_batch_add(b, "INSERT INTO devops_content (attachment_id, bytes, file) VALUES (?, ?, ?)",
                    v, COUNT(v));
    odata_batch_insert(b, en);
    return true;
}

void attachment_delete(struct store *s, struct store_batch *b, const struct entity *key, str file)
{
    struct value id = VALUE_TEXT(entity_text(key, "attachmentId"));
    odata_batch_delete(b, key);
    store_batch_add(b, "DELETE FROM devops_content WHERE attachment_id = ?", &id, 1);
    if (file.n)
        store_batch_drop_large(s, b, file);
}

/* ---- in ---- */
/* What the request says, in either way, into in; *ret: the bytes. */
static bool read_upload(struct odata_call *c, struct entity *in, str *ret, struct err *e)
{
    str slug = http_header(&c->request->headers, "Slug"), name = entity_text(in, "fileName");
    if (in->media) {
        if (!percent_decode(c->arena, slug, false, &name) || !utf8_valid(name))
            name = STR("");
        *ret = blob_bytes(in->media);
        entity_set(in, "mimeType", VALUE_TEXT(in->media_type));
    } else if (!attachment_decode(c->arena, entity_text(in, "content"), ret, e)) {
        return false;
    }
    name = str_trim(name);
    if (!name.n || utf8_count(name) > FILE_NAME)
        return err_set(e, ERR_BAD_REQUEST, "File name is missing") ||
               err_id(e, "/SALM/EXT_DEVOPS/021");
    entity_set(in, "fileName", VALUE_TEXT(name));
    str mime = entity_text(in, "mimeType");
    if (!mime.n || mime.n > MIME)
        entity_set(in, "mimeType", VALUE_TEXT(STR("application/octet-stream")));
    return true;
}

static bool create(struct odata_call *c, struct entity *in, struct entity **ret, struct err *e)
{
    (void)ret;
    struct devops *d = c->ctx;
    struct entity *item;
    str bytes, guid = entity_text(in, "guid");
    if (!item_find(c, guid, &item, e) || !read_upload(c, in, &bytes, e) || !item_open(d, item, e))
        return false;
    in->given = NULL;
    entity_set(in, "attachmentId", VALUE_TEXT(attachment_id(c->arena)));
    entity_set(in, "createdBy", VALUE_TEXT(item_user(user_name(c->user))));
    entity_set(in, "createdAt", VALUE_INT(now_s()));
    struct store_batch *b = store_batch_new();
    if (!attachment_add(d, b, in, bytes, e)) {
        store_batch_free(b);
        return false;
    }
    item_audit(b, guid, user_name(c->user), "attachment added", STR_NONE,
               entity_text(in, "fileName"));
    in->media_type = entity_text(in, "mimeType");
    return store_commit_wait(c->store, b, e);
}

/* ---- out ---- */
/* The row and where its bytes are: v[0] in the table, v[1] the file. */
static bool find(struct odata_call *c, struct entity **ret, struct value v[2], struct err *e)
{
    bool found = false;
    *ret = NULL;
    if (!odata_row(c, c->key, ret, e))
        return false;
    if (!*ret)
        return err_set(e, ERR_NOT_FOUND, "Resource not found for segment 'WIAttachment'");
    return store_get(c->store, c->arena,
                     "SELECT bytes, file FROM devops_content WHERE attachment_id = ?",
                     &VALUE_TEXT(entity_text(*ret, "attachmentId")), 1, v, 2, &found, e) &&
           (found || err_set(e, ERR_INTERNAL, "an attachment without content"));
}

static bool media(struct odata_call *c, struct odata_raw *ret, struct err *e)
{
    struct entity *en;
    struct value v[2];
    const struct devops *d = c->ctx;
    if (!find(c, &en, v, e))
        return false;
    if (v[1].kind == V_NULL)
        ret->blob = blob_copy(v[0].kind == V_NULL ? STR("") : v[0].s);
    else if (!store_large_read(d->config.store, v[1].s, SIZE_MAX, &ret->blob, e))
        return false;
    ret->content_type = entity_text(en, "mimeType");
    http_set(c->request, "Content-Disposition",
             arena_fmt(c->arena, "attachment; filename*=UTF-8''" STR_FMT,
                       STR_ARG(percent_encode(c->arena, entity_text(en, "fileName"), ""))));
    http_set(c->request, "X-Content-Type-Options", STR("nosniff"));
    return true;
}

static bool delete_attachment(struct odata_call *c, struct err *e)
{
    struct entity *en;
    struct value v[2];
    if (!find(c, &en, v, e))
        return false;
    struct store_batch *b = store_batch_new();
    attachment_delete(c->store, b, c->key, v[1].kind == V_TEXT ? v[1].s : STR_NONE);
    item_audit(b, entity_text(en, "guid"), user_name(c->user), "attachment deleted",
               entity_text(en, "fileName"), STR_NONE);
    return store_commit_wait(c->store, b, e);
}

const struct odata_set_hook item_attachments_hook = {
    .name = "attachments", .create = create, .remove = delete_attachment, .media = media};
