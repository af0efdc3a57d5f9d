/* texts: posting to WorkItemSet(..)/toWIText (spec devops.md 4). A log type keeps every post under an
 * id of its own, a time stamp; another type has one text, which a post replaces. */
#include "services/devops/parts.h"

#include "base/time.h"
#include "identity/identity.h"

enum { TRIES = 60 };

/* After a restart, or behind a clock that went back, an id may be taken already: the caller tries again. */
str text_id(struct devops *d, struct arena *a, str guid, str type)
{
    struct time_parts t;
    int64_t *last = &d->last_text[(str_hash(guid) ^ str_hash(type)) % TEXT_SLOTS],
            s = time_now_ms() / 1000;
    pthread_mutex_lock(&d->texts_lock);
    *last = s = s > *last ? s : *last + 1;
    pthread_mutex_unlock(&d->texts_lock);
    time_split_utc(s * 1000, &t);
    return arena_fmt(a, "%04d%02d%02d%02d%02d%02d", t.year, t.month, t.day, t.hour, t.minute,
                     t.second);
}

static bool check(const struct devops *d, const struct entity *item, const struct entity *in,
                  const struct devops_text_type **ret, struct err *e)
{
    str process = entity_text(item, "processType"), type = entity_text(in, "textType");
    *ret = machine_text(d->machine, process, type);
    if (!*ret)
        return err_set(e, ERR_BAD_REQUEST,
                       "Text type '" STR_FMT "' is not allowed for process type '" STR_FMT "'",
                       STR_ARG(type), STR_ARG(process)) ||
               err_id(e, "/SALM/EXT_DEVOPS/010");
    if (!str_trim(entity_text(in, "textContent")).n)
        return err_set(e, ERR_BAD_REQUEST, "Text content is empty") ||
               err_id(e, "/SALM/EXT_DEVOPS/011");
    return item_open(d, item, e);
}

static bool add(struct odata_call *c, struct entity *in, bool log, struct err *e)
{
    str guid = entity_text(in, "guid"), type = entity_text(in, "textType");
    struct store_batch *b = store_batch_new();
    struct value v[] = {VALUE_TEXT(guid), VALUE_TEXT(type)};
    entity_set(in, "textId", VALUE_TEXT(text_id(c->ctx, c->arena, guid, type)));
    if (!log)
        store_batch_add(b, "DELETE FROM devops_text WHERE guid = ? AND text_type = ?", v, COUNT(v));
    odata_batch_insert(b, in);
    item_audit(b, guid, user_name(c->user), log ? "text added" : "text replaced", STR_NONE,
               arena_fmt(c->arena, STR_FMT " " STR_FMT, STR_ARG(type),
                         STR_ARG(entity_text(in, "textId"))));
    return store_commit_wait(c->store, b, e);
}

static bool create(struct odata_call *c, struct entity *in, struct entity **ret, struct err *e)
{
    (void)ret;
    struct devops *d = c->ctx;
    struct entity *item;
    const struct devops_text_type *type;
    if (!item_find(c, entity_text(in, "guid"), &item, e) || !check(d, item, in, &type, e))
        return false;
    in->given = NULL;
    if (entity_at(in, "isRichText")->kind == V_NULL)
        entity_set(in, "isRichText", VALUE_BOOL(false));
    entity_set(in, "textTypeDesc", VALUE_TEXT(type->name));
    entity_set(in, "createdBy", VALUE_TEXT(item_user(user_name(c->user))));
    entity_set(in, "createdAt", VALUE_INT(now_s()));
    bool ok = add(c, in, type->log, e);
    for (int i = 0; !ok && e->code == ERR_CONFLICT && i < TRIES; i++)
        ok = add(c, in, type->log, e);
    return ok;
}

const struct odata_set_hook item_texts_hook = {.name = "texts", .create = create};
