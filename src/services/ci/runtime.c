/* runtime: IntegrationRuntimeArtifacts (rows by the table), undeploying, and why one is in ERROR. */
#include "services/ci/parts.h"

#include "base/json.h"

/* ---- undeploy ---- */

static bool undeploy(struct odata_call *c, struct err *e)
{
    struct ci *ci = c->ctx;
    str id = entity_text(c->key, "Id");
    struct value bind = VALUE_TEXT(id);
    pthread_mutex_t *lock = deploy_lock(ci, id);
    struct store_batch *b = store_batch_new();
    store_batch_add(b, "DELETE FROM runtime_content WHERE id = ?", &bind, 1);
    odata_batch_delete(b, c->key);
    pthread_mutex_lock(lock);
    bool ok = store_commit_wait(c->store, b, e);
    if (ok)
        engine_undeploy(ci->engine, id);
    if (ok)
        deploy_withdraw(ci, id);
    pthread_mutex_unlock(lock);
    return ok;
}

const struct odata_set_hook runtime_hook = {.name = "runtime", .remove = undeploy};

/* ---- ErrorInformation ---- */

static str artifact_id(const struct odata_call *c)
{
    return entity_text(c->key ? c->key : c->parent, "Id");
}

/* *ret_error: STR_NONE: it is not in ERROR. ERR_NOT_FOUND: it is not deployed. */
static bool read_error(struct odata_call *c, str *ret_error, struct err *e)
{
    struct value bind = VALUE_TEXT(artifact_id(c)), row[2];
    bool found;
    if (!query_row(c->store, c->arena,
                   "SELECT status, error FROM integration_runtime_artifact WHERE id = ?", &bind, 1,
                   row, 2, &found, e))
        return false;
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "%s", "");
    *ret_error = str_eqz(text_of(c->arena, row[0]), "ERROR") ? text_of(c->arena, row[1]) : STR_NONE;
    return true;
}

static bool read(struct odata_call *c, struct entity **ret, struct err *e)
{
    str error;
    if (!read_error(c, &error, e))
        return false;
    if (error.p) {
        *ret = entity_new(c->arena, c->set->type);
        entity_set(*ret, "Id", VALUE_TEXT(artifact_id(c)));
        (*ret)->media_type = STR("application/json");
    } else {
        c->status = 204;
    }
    return true;
}

static void write_error(struct jw *w, str error)
{
    jw_object(w);
    jw_keyz(w, "message");
    jw_object(w);
    jw_keyz(w, "subsystemName");
    jw_str(w, STR("CONTENT"));
    jw_keyz(w, "subsytemPartName"); /* so spelt (api.md 2.3) */
    jw_str(w, STR("CONTENT_DEPLOY"));
    jw_keyz(w, "messageId");
    jw_str(w, STR("DeploymentFailed"));
    jw_keyz(w, "messageText");
    jw_str(w, error);
    jw_object_end(w);
    jw_keyz(w, "parameter");
    jw_array(w);
    jw_str(w, error);
    jw_array_end(w);
    jw_keyz(w, "childMessageInstances");
    jw_array(w);
    jw_array_end(w);
    jw_object_end(w);
}

static bool media(struct odata_call *c, struct odata_raw *ret, struct err *e)
{
    str error;
    if (!read_error(c, &error, e))
        return false;
    if (!error.p) {
        ret->status = 204;
        return true;
    }
    struct buf out = BUF(SIZE_MAX);
    struct jw w;
    jw_init(&w, &out);
    write_error(&w, error);
    ret->content_type = STR("application/json");
    ret->blob = blob_take(&out);
    return true;
}

const struct odata_set_hook runtime_error_hook = {
    .name = "runtime_error", .read = read, .media = media};
