/* attachments: both ways in (spec devops.md 5): JSON with base64, or raw bytes with a Slug; one way
 * out, $value, with a name for the file. The bytes are kept by odata (tm:media). */
#include "services/devops/parts.h"

#include "base/codec.h"
#include "identity/identity.h"

enum { FILE_NAME = 255, MIME = 128, ID_BYTES = 16 };

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
    size_t most = d->machine->attachment_bytes;
    if (bytes.n > most)
        return err_set(e, ERR_TOO_LARGE, "Attachment exceeds the maximum size of %zu bytes",
                       most) ||
               err_id(e, "/SALM/EXT_DEVOPS/022");
    entity_set(en, "fileSize", VALUE_INT((int64_t)bytes.n));
    entity_set(en, "content", VALUE_NULL);
    odata_batch_insert(b, en);
    return odata_media_put(d->config.store, b, en, bytes, e);
}

/* ---- in ---- */
/* What the request says, in either way, into in; *ret: the bytes. */
static bool read_upload(struct odata_call *c, struct entity *in, str *ret, struct err *e)
{
    str slug = http_header(&c->request->headers, "Slug"), name = entity_text(in, "fileName");
    if (in->media) {
        if (!percent_decode(c->arena, slug, false, &name) || !utf8_valid(name))
            name = utf8_valid(slug) ? slug : STR(""); /* "100%.log": it was not encoded */
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
static bool find(struct odata_call *c, struct entity **ret, struct err *e)
{
    *ret = NULL;
    return odata_row(c, c->key, ret, e) &&
           (*ret || err_set(e, ERR_NOT_FOUND, "Resource not found for segment 'WIAttachment'"));
}

static bool media(struct odata_call *c, struct odata_raw *ret, struct err *e)
{
    struct entity *en;
    if (!find(c, &en, e) || !odata_media_get(c->store, c->arena, en, &ret->blob, e))
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
    if (!find(c, &en, e))
        return false;
    struct store_batch *b = store_batch_new();
    odata_batch_delete(b, c->key);
    item_audit(b, entity_text(en, "guid"), user_name(c->user), "attachment deleted",
               entity_text(en, "fileName"), STR_NONE);
    if (odata_media_drop(c->store, b, en, e))
        return store_commit_wait(c->store, b, e);
    store_batch_free(b);
    return false;
}

const struct odata_set_hook item_attachments_hook = {
    .name = "attachments", .create = create, .remove = delete_attachment, .media = media};
