/* Groovy and JavaScript steps (script-api.md 2). A script is of the flow's own bundle or of a deployed script
 * collection; then the collection that is deployed when the message runs counts. Scripts are compiled at deployment. */
#include "steps/script_run.h"

#include "engine/program.h"

struct script_step {
    str path, function;
    str collection; /* STR_NONE: the flow's own */
};

static bool own(struct script_step *c, struct prepare *p, str script, struct script_unit **ret,
                struct err *e)
{
    if (!prepare_file(p, script, "script", &c->path))
        return err_set(e, ERR_BAD_REQUEST, "the script '" STR_FMT "': there is no such file",
                       STR_ARG(script));
    *ret = script_unit_ref(prepare_unit(p, e));
    return *ret != NULL;
}

/* Collections that were deployed before the server started are published by the first flow that needs them. */
static bool collected(struct script_step *c, struct prepare *p, str script,
                      struct script_unit **ret, struct err *e)
{
    AUTO(arena) struct arena *scratch = arena_new();
    const struct registry *r = p->registry;
    struct prepare other = *p;
    struct map files;
    if (!r || !r->scripts)
        return err_set(e, ERR_NOT_IMPLEMENTED, "scripts cannot run here");
    if (!script_available(r->scripts, e))
        return false;
    if (!r->artifact_files ||
        !r->artifact_files(r->artifact_arg, "SCRIPT_COLLECTION", c->collection, scratch, &files, e))
        return err_set(e, ERR_BAD_REQUEST, "the script collection '" STR_FMT "' is not deployed",
                       STR_ARG(c->collection));
    other.files = &files;
    other.arena = scratch;
    if (!prepare_file(&other, script, "script", &c->path))
        return err_set(e, ERR_BAD_REQUEST,
                       "the script collection '" STR_FMT "' has no script '" STR_FMT "'",
                       STR_ARG(c->collection), STR_ARG(script));
    c->path = arena_str(p->arena, c->path);
    *ret = script_published(r->scripts, c->collection);
    if (*ret)
        return true;
    if (!script_publish(r->scripts, c->collection, &files, e))
        return false;
    *ret = script_published(r->scripts, c->collection);
    return *ret != NULL;
}

static void prepare(void *cfg, struct prepare *p)
{
    struct script_step *c = cfg;
    struct script_unit *unit = NULL;
    struct err e = {0};
    str script = prepare_text(p, "script"),
        collection = str_trim(prepare_text(p, "scriptBundleId"));
    c->function =
        arena_str(p->arena, str_trim(prepare_text_or(p, "scriptFunction", "processData")));
    c->collection = collection.n ? arena_str(p->arena, collection) : STR_NONE;
    bool ok = c->collection.p ? collected(c, p, script, &unit, &e) : own(c, p, script, &unit, &e);
    if (ok && !c->collection.p)
        c->path = arena_str(p->arena, c->path);
    if (!ok || !script_compile(unit, c->path, &e))
        problem_add(p->problems, e.code, p->id, p->label, "%s", e.msg);
    script_unit_unref(unit);
}

static struct step_result run(const void *cfg, struct exchange *x, struct err *e)
{
    const struct script_step *c = cfg;
    if (!c->collection.p)
        return script_run(x->program->unit, c->path, c->function, x, e);
    struct script_hosts *hosts = engine_config(x->engine)->scripts;
    struct script_unit *unit = script_published(hosts, c->collection);
    if (!unit) {
        err_set(e, ERR_BAD_REQUEST, "the script collection '" STR_FMT "' is not deployed",
                STR_ARG(c->collection));
        return FAIL;
    }
    struct step_result r = script_run(unit, c->path, c->function, x, e);
    script_unit_unref(unit);
    return r;
}

static struct step_result resume(const void *cfg, struct exchange *x, struct err *e)
{
    (void)cfg;
    return script_resume(x, e);
}

static void explain(const void *cfg, struct buf *out)
{
    const struct script_step *c = cfg;
    buf_addf(out, STR_FMT "#" STR_FMT, STR_ARG(c->path), STR_ARG(c->function));
    if (c->collection.p)
        buf_addf(out, " of " STR_FMT, STR_ARG(c->collection));
}

const struct step_type step_script = {
    .name = "Script",
    .activity = "Script:GroovyScript|Script:JavaScript|Script",
    .cfg_size = sizeof(struct script_step),
    .prepare = prepare,
    .run = run,
    .resume = resume,
    .explain = explain,
};
