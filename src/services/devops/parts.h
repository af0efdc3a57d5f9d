/* parts: what the files of this folder share. */
#ifndef SERVICES_DEVOPS_PARTS_H
#define SERVICES_DEVOPS_PARTS_H
#include "odata/odata.h"
#include "services/devops/devops.h"
#include "services/devops/machine.h"

#include <pthread.h>

enum { TEXT_SLOTS = 64 };
struct devops {
    struct devops_config config;
    struct arena *arena;
    const struct machine *machine;
    struct model *model;
    struct odata_service *service;
    pthread_mutex_t admin; /* one change by the administration at a time */
    pthread_mutex_t texts_lock;
    int64_t last_text
        [TEXT_SLOTS]; /* seconds: the youngest textId given out, by hash of item and type */
};

/* ---- work items (items.c) ---- */
bool items_define(struct store *s, struct err *e) MUST_USE;
/* ERR_NOT_FOUND as Gateway says it. */
bool item_find(struct odata_call *c, str guid, struct entity **ret, struct err *e) MUST_USE;
/* Texts and attachments go to items that are not closed (code 030). */
bool item_open(const struct devops *d, const struct entity *item, struct err *e) MUST_USE;
/* Checks and writes; item is changed, too. */
bool item_change(struct odata_call *c, struct entity *item, str user, str to, bool any,
                 struct err *e) MUST_USE;
/* One row of the audit, with the change itself in one batch. */
void item_audit(struct store_batch *b, str guid, str user, const char *action, str before,
                str after);
bool item_changes(struct devops *d, str guid, struct jw *out, struct err *e) MUST_USE;
str item_user(str name); /* as long as the properties allow */

/* ---- attachments (attachments.c) ---- */
str attachment_id(struct arena *a); /* a new one: 32 hex digits */
/* Adds an attachment's row and bytes; en gets its id and size. */
bool attachment_add(struct devops *d, struct store_batch *b, struct entity *en, str bytes,
                    struct err *e) MUST_USE;
/* What base64 in a JSON attachment means; code 020. */
bool attachment_decode(struct arena *a, str base64, str *ret, struct err *e) MUST_USE;

/* ---- texts (texts.c) ---- */
/* The next free textId of an item and type: a time stamp, later than all before. */
str text_id(struct devops *d, struct arena *a, str guid, str type);
int64_t now_s(void); /* this second, in ms: properties have no fractions */

/* ---- administration (admin.c) ---- */
struct odata_call admin_call(const struct devops_admin *a); /* for odata_rows and its kin */
const struct model_type *admin_type(const struct devops_admin *a, const char *name);
/* The first column of the first row, a copy; STR_NONE: there is none. */
bool admin_text(struct devops_admin *a, const char *sql, const struct value *binds, size_t n,
                str *ret, struct err *e) MUST_USE;
/* An item with its parts and changes. */
bool admin_write(struct devops_admin *a, const struct entity *item, struct err *e) MUST_USE;

extern const struct odata_set_hook item_texts_hook, item_attachments_hook;
extern const struct odata_function_hook change_status_hook;
#endif
