/* Message mapping (format.md 3, message-mapping.md). The mapping named by the step is compiled at deployment; where the
 * name comes with the message, all of the bundle are, and one that cannot run fails the message that asks for it. The
 * mapping may be in a deployed mapping artifact instead: as that was when this flow was deployed.
 * User functions run in the script host: the exchange waits for all calls of a stage, the batch being its body
 * meanwhile. */
#include "engine/program.h"
#include "mapping/mapping.h"
#include "steps/mapping_batch.h"
#include "steps/script_run.h"

enum { MAX_OUTPUT = 256 << 20, MAX_BATCH = 256 << 20 };
#define EXCEPTION "com.sap.xi.mapping.camel.XiMappingException"

struct compiled {
    struct mapping *mapping; /* NULL: refused by why */
    struct err why;
};
struct message_mapping {
    struct compiled *fixed; /* NULL: named by the message */
    struct simple *name;
    struct map by_name;          /* file name without folder and extension -> (struct compiled *) */
    struct script_unit *foreign; /* of another artifact; NULL: the flow's own */
};
/* One mapping of one message, while the exchange may wait for the host. */
struct work {
    const struct message_mapping *step;
    const struct mapping *mapping;
    struct exchange *x;
    struct arena *a;     /* the run's */
    struct body *source; /* counted */
    struct mapping_run *run;
    struct mapping_host host;
    void *script_wait;
};

/* ---- deployment ---- */

static str base_name(str path)
{
    size_t slash = str_rfind_char(path, '/');
    path = slash == SIZE_MAX ? path : str_from(path, slash + 1);
    return str_ends_nocase(path, STR(".mmap")) ? str_sub(path, 0, path.n - 5) : path;
}

static struct script_unit *unit_of(struct message_mapping *c, struct prepare *p, bool foreign,
                                   struct err *e)
{
    if (!foreign)
        return prepare_unit(p, e);
    if (!p->registry || !p->registry->scripts)
        err_set(e, ERR_NOT_IMPLEMENTED, "scripts cannot run here");
    else if (!c->foreign &&
             !script_unit_new(p->registry->scripts, p->artifact, p->files, &c->foreign, e))
        c->foreign = NULL;
    return c->foreign;
}

static void compile_scripts(struct message_mapping *c, struct prepare *p, bool foreign,
                            const struct mapping *m, struct mapping_problems *problems)
{
    for (size_t i = 0; i < mapping_nscripts(m); i++) {
        const struct mapping_script *s = mapping_script(m, i);
        struct err e = {0};
        struct script_unit *unit = unit_of(c, p, foreign, &e);
        if (unit && script_compile(unit, s->file, &e))
            continue;
        str text = arena_fmt(p->arena, "the mapping function '" STR_FMT "': %s",
                             STR_ARG(s->function), e.msg);
        vec_add(p->arena, &problems->list, ((struct mapping_problem){e.code, text}));
        if (!unit)
            return;
    }
}

static struct compiled *compile(struct message_mapping *c, struct prepare *p, bool foreign,
                                str path, str bytes, struct mapping_problems *problems)
{
    struct compiled *x = arena_new_of(p->arena, struct compiled);
    if (mapping_compile(p->arena, base_name(path), bytes, p->files, &x->mapping, problems))
        compile_scripts(c, p, foreign, x->mapping, problems);
    if (problems->list.n) {
        x->mapping = NULL;
        err_set(&x->why, problems->list.at[0].code, STR_FMT, STR_ARG(problems->list.at[0].text));
    }
    return x;
}

static const str *find(struct prepare *p, str *ret_path, str *ret_name)
{
    static const char *const keys[] = {"mappinguri", "mappingpath", "mappingname"};
    const str *bytes = NULL;
    for (size_t i = 0; i < COUNT(keys) && !bytes; i++) {
        str reference = prepare_text(p, keys[i]);
        if (!reference.n)
            continue;
        *ret_name = reference;
        bytes = prepare_file(p, reference, "mapping", ret_path);
        if (!bytes)
            bytes = prepare_file(p, arena_fmt(p->arena, STR_FMT ".mmap", STR_ARG(reference)),
                                 "mapping", ret_path);
    }
    return bytes;
}

/* A mapping artifact has one mapping, whatever the step calls it. */
static const str *only_one(struct prepare *p, str *ret_path)
{
    const str *found = NULL;
    for (size_t i = 0; i < p->files->entries.n; i++) {
        const struct map_entry *f = &p->files->entries.at[i];
        if (!f->value || !str_ends_nocase(f->key, STR(".mmap")))
            continue;
        if (found)
            return NULL;
        found = f->value;
        *ret_path = f->key;
    }
    return found;
}

static void prepare_fixed(struct message_mapping *c, struct prepare *p, bool foreign)
{
    struct mapping_problems problems = {0};
    str path = STR(""), name = STR("");
    const str *bytes = find(p, &path, &name);
    if (!bytes && foreign)
        bytes = only_one(p, &path);
    if (!bytes) {
        prepare_wrong(p, "the message mapping '" STR_FMT "': there is no such file", STR_ARG(name));
        return;
    }
    c->fixed = compile(c, p, foreign, path, *bytes, &problems);
    for (size_t i = 0; i < problems.list.n; i++)
        problem_add(p->problems, problems.list.at[i].code, p->id, p->label, STR_FMT ": " STR_FMT,
                    STR_ARG(base_name(path)), STR_ARG(problems.list.at[i].text));
}

static void prepare_by_name(struct message_mapping *c, struct prepare *p)
{
    str name = prepare_text(p, "mappingSourceValue");
    c->name = prepare_simple(p, name, SIMPLE_TEXT);
    if (!name.n)
        prepare_wrong(p, "a dynamic mapping reference without a value");
    for (size_t i = 0; i < p->files->entries.n; i++) {
        const struct map_entry *f = &p->files->entries.at[i];
        struct mapping_problems problems = {0};
        if (f->value && str_ends_nocase(f->key, STR(".mmap")))
            map_put(&c->by_name, arena_str(p->arena, base_name(f->key)),
                    compile(c, p, false, f->key, *(const str *)f->value, &problems));
    }
}

static void prepare_foreign(struct message_mapping *c, struct prepare *p, str id)
{
    AUTO(arena) struct arena *scratch = arena_new();
    const struct registry *r = p->registry;
    struct prepare other = *p;
    struct map files;
    struct err e = {0};
    if (!r || !r->artifact_files ||
        !r->artifact_files(r->artifact_arg, "MESSAGE_MAPPING", id, scratch, &files, &e)) {
        prepare_wrong(p, "the message mapping '" STR_FMT "' is not deployed", STR_ARG(id));
        return;
    }
    other.files = &files;
    prepare_fixed(c, &other, true);
}

static void prepare(void *cfg, struct prepare *p)
{
    struct message_mapping *c = cfg;
    str other = str_trim(prepare_text(p, "messageMappingBundleId"));
    map_init(&c->by_name, p->arena, true);
    if (other.n)
        prepare_foreign(c, p, other);
    else if (str_eq_nocase(prepare_text(p, "mappingReference"), STR("dynamic")))
        prepare_by_name(c, p);
    else
        prepare_fixed(c, p, false);
}

static void dispose(void *cfg)
{
    script_unit_unref(((struct message_mapping *)cfg)->foreign);
}

/* ---- what mappings ask of the message ---- */

static bool field(void *arg, bool property, str name, str *ret)
{
    struct exchange *x = ((struct work *)arg)->x;
    struct datum *d = fields_get(property ? &x->properties : &x->headers, name);
    if (d)
        *ret = datum_str(x->arena, d);
    return d != NULL;
}

static bool lookup(void *arg, const struct value_query *q, str *ret)
{
    struct work *w = arg;
    const struct engine_config *c = engine_config(w->x->engine);
    const str five[] = {q->source_agency, q->source_schema, q->value, q->target_agency,
                        q->target_schema};
    struct err e;
    return c->value_mapping && c->value_mapping(c->value_mapping_arg, five, w->a, ret, &e) &&
           ret->p;
}

/* ---- running ---- */

static bool pick(const struct message_mapping *c, struct exchange *x, const struct mapping **ret,
                 struct err *e)
{
    const struct compiled *found = c->fixed;
    if (!found) {
        str name;
        if (!simple_text(c->name, x, x->arena, &name, e))
            return false;
        found = map_get(&c->by_name, base_name(name));
        if (!found)
            return err_set(e, ERR_NOT_FOUND, "no message mapping '" STR_FMT "' in the bundle",
                           STR_ARG(name));
    }
    *ret = found->mapping;
    if (!found->mapping)
        *e = found->why;
    return found->mapping != NULL;
}

static void end(struct work *w)
{
    body_unref(w->source);
    arena_free(w->a);
}

/* The message keeps its body; the log names the mapping. */
static struct step_result failed(struct work *w, struct err *e)
{
    struct err inner = *e;
    err_set(e, inner.code, STR_FMT ": %s", STR_ARG(mapping_name(w->mapping)), inner.msg);
    exchange_throw(w->x, EXCEPTION, e);
    end(w);
    return FAIL;
}

static struct step_result call(struct work *w, struct err *e)
{
    struct exchange *x = w->x;
    struct script_unit *unit = w->step->foreign ? w->step->foreign : x->program->unit;
    AUTO(buf) struct buf batch = BUF(MAX_BATCH);
    size_t n;
    const struct mapping_call *calls = mapping_calls(w->run, &n);
    mapping_batch_write(&batch, calls, n);
    if (!buf_check(&batch, e))
        return failed(w, e);
    exchange_set_body(x, body_of_buf(&batch));
    struct step_result r = script_run(unit, STR(MAPPING_BATCH_PATH), STR(""), x, e);
    if (r.next != STEP_WAIT) {
        exchange_set_body(x, body_ref(w->source));
        return failed(w, e);
    }
    w->script_wait = x->wait;
    x->wait = w;
    return r;
}

static struct step_result go(struct work *w, struct err *e)
{
    AUTO(buf) struct buf out = BUF(MAX_OUTPUT);
    enum mapping_next next = mapping_go(w->run, &out, e);
    if (next == MAPPING_CALL)
        return call(w, e);
    if (next == MAPPING_FAIL)
        return failed(w, e);
    exchange_set_body(w->x, body_of_buf(&out));
    end(w);
    return CONTINUE;
}

static struct step_result run(const void *cfg, struct exchange *x, struct err *e)
{
    const struct mapping *m;
    const struct xml_doc *doc = NULL;
    struct jr *json = NULL;
    if (!pick(cfg, x, &m, e))
        return FAIL;
    struct work *w = arena_new_of(x->arena, struct work);
    *w = (struct work){
        .step = cfg, .mapping = m, .x = x, .a = arena_new(), .source = body_ref(x->body)};
    w->host = (struct mapping_host){.arg = w, .field = field, .lookup = lookup};
    if (mapping_from_json(m) ? !jr_parse(w->a, body_bytes(x->body), &json, e)
                             : !body_xml(x->body, &doc, e))
        return failed(w, e);
    w->run = mapping_start(m, w->a, doc, json, &w->host);
    return go(w, e);
}

static struct step_result resume(const void *cfg, struct exchange *x, struct err *e)
{
    struct work *w = x->wait;
    size_t n;
    struct mapping_call *calls = mapping_calls(w->run, &n);
    (void)cfg;
    x->wait = w->script_wait;
    bool ok = script_resume(x, e).next == STEP_CONTINUE &&
              mapping_batch_read(w->a, body_bytes(x->body), calls, n, e);
    exchange_set_body(x, body_ref(w->source));
    return ok ? go(w, e) : failed(w, e);
}

static void explain(const void *cfg, struct buf *out)
{
    const struct message_mapping *c = cfg;
    if (c->fixed && c->fixed->mapping)
        buf_add(out, mapping_name(c->fixed->mapping));
    else
        buf_addf(out, "one of %zu, named by the message", c->by_name.entries.n);
}

const struct step_type step_message_mapping = {
    .name = "MessageMapping",
    .activity = "Mapping:MessageMapping",
    .cfg_size = sizeof(struct message_mapping),
    .prepare = prepare,
    .run = run,
    .resume = resume,
    .dispose = dispose,
    .explain = explain,
};
