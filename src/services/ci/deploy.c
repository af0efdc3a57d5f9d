/* deploy: from a design-time artifact to something that runs (api.md 2.3).
 * Deploying commits the runtime artifact (STARTING), a copy of the bundle and the task, answers, and
 * hands the rest to the blocking pool: parse, compile, start, commit STARTED or ERROR. A restart of
 * the server does the rest again for every artifact that is not in ERROR.
 * One thread at a time works on an artifact (deploy_lock); a task that was overtaken by a newer
 * deployment or by an undeployment does nothing. */
#include "services/ci/parts.h"

#include "base/codec.h"
#include "base/log.h"
#include "base/time.h"
#include "identity/identity.h"

enum { PROBLEMS_MAX = 256 << 10, TASK_DAYS = 30 };

struct task {
    struct arena *arena; /* the task's own */
    struct ci *ci;
    str artifact, id; /* artifact's and task's */
    bool first;       /* deployed by somebody; else a restart of the server */
    bool again;       /* counted in ci->starting */
};

bool deploy_define(struct store *s, struct err *e)
{
    static const struct store_column columns[] = {
        {"id",      V_TEXT,  true},
        {"content", V_BYTES, true},
    };
    static const char *const keys[] = {"id"};
    struct store_table t = {"runtime_content", columns, COUNT(columns), keys, 1, NULL, 0};
    return store_define(s, &t, 1, e);
}

pthread_mutex_t *deploy_lock(struct ci *ci, str id)
{
    return &ci->deploying[str_hash(id) % DEPLOY_LOCKS];
}

/* ---- what is to be started ---- */

struct runtime { /* the row of integration_runtime_artifact, and the bundle */
    str version, name, type, task, package_id, package_name, status, content;
};

static bool read_runtime(struct task *t, struct runtime *ret, bool *ret_found, struct err *e)
{
    struct value id = VALUE_TEXT(t->artifact), row[8];
    if (!query_row(
            t->ci->store, t->arena,
            "SELECT r.version, r.name, r.type, r.task_id, r.package_id, r.package_name, r.status, c.content"
            " FROM integration_runtime_artifact r JOIN runtime_content c ON c.id = r.id WHERE r.id = ?",
            &id, 1, row, COUNT(row), ret_found, e))
        return false;
    str *const fields[] = {&ret->version,    &ret->name,         &ret->type,   &ret->task,
                           &ret->package_id, &ret->package_name, &ret->status, &ret->content};
    for (size_t i = 0; *ret_found && i < COUNT(fields); i++)
        *fields[i] = text_of(t->arena, row[i]);
    return true;
}

/* ---- starting ---- */

static void write_problems(const struct problems *ps, struct buf *out)
{
    for (size_t i = 0; i < ps->list.n; i++) {
        const struct problem *p = &ps->list.at[i];
        if (i)
            buf_addz(out, "; ");
        if (p->step.n && str_find(p->text, p->step, 0) == SIZE_MAX)
            buf_addf(out, STR_FMT ": ", STR_ARG(p->step));
        buf_add(out, p->text);
    }
}

/* *ret: the program of a flow; every problem goes to out. */
static bool compile(struct task *t, const struct bundle *b, struct program **ret, struct buf *out)
{
    struct problems ps = {.arena = t->arena};
    *ret = flow_compile(b, t->ci->registry, &ps);
    if (!*ret)
        write_problems(&ps, out);
    return *ret != NULL;
}

/* What flows find by name at run time. */
static bool provide(struct ci *ci, str id, const struct kind *k, const struct bundle *b,
                    struct err *e)
{
    struct script_hosts *s = ci->registry->scripts;
    struct err none = {0};
    if (str_eqz(str_of(k->runtime_type), "VALUE_MAPPING"))
        return value_mappings_put(ci->mappings, id, &b->files, e);
    if (str_eqz(str_of(k->runtime_type), "SCRIPT_COLLECTION") && s && script_available(s, &none))
        return script_publish(s, id, &b->files, e);
    return true;
}

void deploy_withdraw(struct ci *ci, str id)
{
    value_mappings_remove(ci->mappings, id);
    if (ci->registry->scripts)
        script_withdraw(ci->registry->scripts, id);
}

bool ci_artifact_files(void *arg, const char *type, str id, struct arena *a, struct map *ret,
                       struct err *e)
{
    struct ci *ci = arg;
    struct value binds[] = {VALUE_TEXT(id), VALUE_TEXT(str_of(type))}, content;
    struct bundle *b;
    bool found;
    if (!query_row(
            ci->store, a,
            "SELECT c.content FROM integration_runtime_artifact r JOIN runtime_content c ON c.id = r.id"
            " WHERE r.id = ? AND r.type = ? AND r.status <> 'ERROR'",
            binds, COUNT(binds), &content, 1, &found, e))
        return false;
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "'" STR_FMT "' is not deployed", STR_ARG(id));
    if (!bundle_read(text_of(a, content), &b, e))
        return false;
    map_init(ret, a, false);
    for (size_t i = 0; i < b->files.entries.n; i++) {
        const struct map_entry *f = &b->files.entries.at[i];
        str *bytes = arena_new_of(a, str);
        if (!f->value)
            continue;
        *bytes = arena_str(a, *(const str *)f->value);
        map_put(ret, arena_str(a, f->key), bytes);
    }
    bundle_free(b);
    return true;
}

static bool build(struct task *t, const struct kind *k, const struct runtime *r,
                  struct program **ret, struct buf *out)
{
    struct err e = {0};
    struct bundle *b;
    *ret = NULL;
    if (!bundle_read(r->content, &b, &e)) {
        buf_addf(out, "%s", e.msg);
        return false;
    }
    b->id = t->artifact;
    bool ok = k->check ? k->check(b, &e) && provide(t->ci, t->artifact, k, b, &e)
                       : compile(t, b, ret, out);
    if (!ok && k->check)
        buf_addf(out, "%s%s%s", e.ctx, *e.ctx ? ": " : "", e.msg);
    bundle_free(b);
    return ok;
}

static bool start(struct task *t, const struct runtime *r, struct buf *out)
{
    struct program *program;
    struct err e = {0};
    struct artifact_info info = {t->artifact,   r->name,         r->version,
                                 r->package_id, r->package_name, r->type};
    if (build(t, kind_in(r->type), r, &program, out)) {
        if (engine_deploy(t->ci->engine, &info, program, t->first, &e))
            return true;
        buf_addf(out, "%s", e.msg);
    }
    deploy_withdraw(t->ci, t->artifact);
    engine_undeploy(t->ci->engine,
                    t->artifact); /* the version before, if any: the status must be true */
    return false;
}

static bool finish(struct task *t, bool ok, str problems, struct err *e)
{
    struct store_batch *b = store_batch_new();
    struct value runtime[] = {VALUE_TEXT(ok ? STR("STARTED") : STR("ERROR")), VALUE_TEXT(problems),
                              VALUE_TEXT(t->artifact), VALUE_TEXT(t->id)};
    struct value task[] = {VALUE_TEXT(ok ? STR("SUCCESS") : STR("FAIL")), VALUE_TEXT(t->id)};
    store_batch_add(
        b,
        "UPDATE integration_runtime_artifact SET status = ?, error = ? WHERE id = ? AND task_id = ?",
        runtime, COUNT(runtime));
    store_batch_add(b, "UPDATE build_and_deploy_status SET status = ? WHERE task_id = ?", task,
                    COUNT(task));
    return store_commit_wait(t->ci->store, b, e);
}

static void run_locked(struct task *t)
{
    struct err e = {0};
    struct runtime r;
    bool found;
    if (!read_runtime(t, &r, &found, &e)) {
        log_err(LOG_ERROR, "deploy.failed", &e, "reading artifact '" STR_FMT "'",
                STR_ARG(t->artifact));
        return;
    }
    if (!found || !str_eq(r.task, t->id)) { /* overtaken */
        if (!finish(t, false, STR(""), &e))
            log_err(LOG_ERROR, "deploy.failed", &e, "closing a deployment task");
        return;
    }
    AUTO(buf) struct buf problems = BUF(PROBLEMS_MAX);
    bool ok = start(t, &r, &problems);
    bool was_started = str_eqz(r.status, "STARTED");
    if (!(ok && was_started) && !finish(t, ok, buf_str(&problems), &e))
        log_err(LOG_ERROR, "deploy.failed", &e, "storing the status of '" STR_FMT "'",
                STR_ARG(t->artifact));
    if (ok)
        log_event(LOG_INFO, "deploy.started", "'" STR_FMT "' " STR_FMT, STR_ARG(t->artifact),
                  STR_ARG(r.version));
    else
        log_event(LOG_WARN, "deploy.error", "'" STR_FMT "': " STR_FMT, STR_ARG(t->artifact),
                  STR_ARG(str_sub(buf_str(&problems), 0, 2000)));
}

static void run(void *arg)
{
    struct task *t = arg;
    pthread_mutex_t *lock = deploy_lock(t->ci, t->artifact);
    pthread_mutex_lock(lock);
    run_locked(t);
    pthread_mutex_unlock(lock);
    if (t->again)
        atomic_fetch_sub(&t->ci->starting, 1);
    arena_free(t->arena);
}

static void begin(struct ci *ci, str artifact, str id, bool first, bool again)
{
    struct arena *a = arena_new();
    struct task *t = arena_new_of(a, struct task);
    *t = (struct task){a, ci, arena_str(a, artifact), arena_str(a, id), first, again};
    if (again)
        atomic_fetch_add(&ci->starting, 1);
    engine_run_blocking(ci->engine, run, t);
}

/* ---- after a restart ---- */

static bool begin_again(void *arg, const struct value *columns, size_t n)
{
    if (n == 3 && columns[0].kind == V_TEXT && columns[1].kind == V_TEXT &&
        columns[2].kind == V_TEXT)
        begin(arg, columns[0].s, columns[1].s, str_eqz(columns[2].s, "STARTING"), true);
    return true;
}

bool deploy_start(struct ci *ci, struct err *e)
{
    struct value before = VALUE_INT(time_now_ms() - (int64_t)TASK_DAYS * 86400000);
    struct store_batch *b = store_batch_new();
    store_batch_add(b, "DELETE FROM build_and_deploy_status WHERE started_at < ?", &before, 1);
    return store_commit_wait(ci->store, b, e) &&
           store_query(
               ci->store,
               "SELECT id, task_id, status FROM integration_runtime_artifact WHERE status <> 'ERROR'",
               NULL, 0, begin_again, ci, e);
}

/* ---- Deploy{Kind}DesigntimeArtifact?Id='x'&Version='active' ---- */

static void store_runtime(struct odata_call *c, struct store_batch *b, const struct stored *s,
                          str task)
{
    struct value now = VALUE_INT(time_now_ms());
    struct value runtime[] = {
        VALUE_TEXT(s->id),
        VALUE_TEXT(str_of(s->kind->runtime_type)),
        VALUE_TEXT(user_name(c->user)),
        now,
        VALUE_TEXT(task),
        VALUE_TEXT(s->id),
        VALUE_TEXT(s->version),
    };
    store_batch_add(
        b,
        "INSERT INTO integration_runtime_artifact (id, version, name, type, deployed_by, deployed_on, status,"
        " task_id, package_id, package_name, error)"
        " SELECT ?, v.version, v.name, ?, ?, ?, 'STARTING', ?, a.package_id, COALESCE(p.name, a.package_id), ''"
        " FROM designtime_artifact a JOIN designtime_version v ON v.id = a.id"
        " LEFT JOIN integration_package p ON p.id = a.package_id WHERE a.id = ? AND v.version = ?"
        " ON CONFLICT (id) DO UPDATE SET version = excluded.version, name = excluded.name,"
        " type = excluded.type, deployed_by = excluded.deployed_by, deployed_on = excluded.deployed_on,"
        " status = excluded.status, task_id = excluded.task_id, package_id = excluded.package_id,"
        " package_name = excluded.package_name, error = ''",
        runtime, COUNT(runtime));
    struct value content[] = {VALUE_TEXT(s->id), VALUE_TEXT(s->version)};
    store_batch_add(
        b,
        "INSERT INTO runtime_content (id, content) SELECT id, content FROM designtime_version"
        " WHERE id = ? AND version = ? ON CONFLICT (id) DO UPDATE SET content = excluded.content",
        content, COUNT(content));
    struct value row[] = {VALUE_TEXT(task), VALUE_TEXT(s->id), now};
    store_batch_add(b,
                    "INSERT INTO build_and_deploy_status (task_id, status, artifact_id, started_at)"
                    " VALUES (?, 'DEPLOYING', ?, ?)",
                    row, COUNT(row));
}

static bool deploy(struct odata_call *c, const struct value *args, struct odata_result *ret,
                   struct err *e)
{
    struct ci *ci = c->ctx;
    const struct kind *k = kind_in(c->function->name);
    struct stored *s;
    if (args[0].kind != V_TEXT || args[1].kind != V_TEXT)
        return err_set(e, ERR_BAD_REQUEST, "Id and Version must be given");
    if (!artifact_find(c, k, args[0].s, args[1].s, false, &s, e))
        return false;
    if (!s)
        return err_set(e, ERR_NOT_FOUND, "%s", "");
    str task = id_uuid(c->arena);
    struct store_batch *b = store_batch_new();
    store_runtime(c, b, s, task);
    if (!store_commit_wait(ci->store, b, e))
        return err_ctx(e, "deploying '" STR_FMT "'", STR_ARG(s->id));
    begin(ci, s->id, task, true, false);
    ret->raw.status = 202;
    ret->raw.content_type = STR("text/plain;charset=utf-8");
    ret->raw.blob = k->task ? blob_copy(task) : NULL;
    return true;
}

const struct odata_function_hook deploy_hook = {.name = "deploy", .call = deploy};
