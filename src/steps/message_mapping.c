/* Message mapping (format.md 3, message-mapping.md). The mapping named by the step is compiled at deployment; where the
 * name comes with the message, all of the bundle are, and one that cannot run fails the message that asks for it. */
#include "engine/step.h"
#include "mapping/mapping.h"

enum { MAX_OUTPUT = 256 << 20 };
#define EXCEPTION "com.sap.xi.mapping.camel.XiMappingException"

struct compiled {
    struct mapping *mapping; /* NULL: refused by why */
    struct err why;
};
struct message_mapping {
    struct compiled *fixed; /* NULL: named by the message */
    struct simple *name;
    struct map by_name; /* file name without folder and extension -> (struct compiled *) */
};

static str base_name(str path)
{
    size_t slash = str_rfind_char(path, '/');
    path = slash == SIZE_MAX ? path : str_from(path, slash + 1);
    return str_ends_nocase(path, STR(".mmap")) ? str_sub(path, 0, path.n - 5) : path;
}

static void refuse_scripts(const struct mapping *m, struct mapping_problems *problems,
                           struct arena *a)
{
    for (size_t i = 0; i < mapping_nscripts(m); i++) {
        const struct mapping_script *s = mapping_script(m, i);
        str text = arena_fmt(a,
                             "the mapping function '" STR_FMT "' of " STR_FMT
                             ": user functions are not supported",
                             STR_ARG(s->function), STR_ARG(s->file));
        vec_add(a, &problems->list, ((struct mapping_problem){ERR_NOT_IMPLEMENTED, text}));
    }
}

static struct mapping *compile(struct prepare *p, str path, str bytes,
                               struct mapping_problems *problems)
{
    struct mapping *m = NULL;
    if (mapping_compile(p->arena, base_name(path), bytes, p->files, &m, problems))
        refuse_scripts(m, problems, p->arena);
    return problems->list.n ? NULL : m;
}

static void prepare_fixed(struct message_mapping *c, struct prepare *p)
{
    static const char *const keys[] = {"mappinguri", "mappingpath", "mappingname"};
    struct mapping_problems problems = {0};
    const str *bytes = NULL;
    str path = STR(""), name = STR("");
    for (size_t i = 0; i < COUNT(keys) && !bytes; i++) {
        str reference = prepare_text(p, keys[i]);
        name = reference.n ? reference : name;
        if (reference.n)
            bytes = prepare_file(p, reference, "mapping", &path);
        if (reference.n && !bytes)
            bytes = prepare_file(p, arena_fmt(p->arena, STR_FMT ".mmap", STR_ARG(reference)),
                                 "mapping", &path);
    }
    if (!bytes) {
        prepare_wrong(p, "the message mapping '" STR_FMT "': there is no such file", STR_ARG(name));
        return;
    }
    c->fixed = arena_new_of(p->arena, struct compiled);
    c->fixed->mapping = compile(p, path, *bytes, &problems);
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
        if (!f->value || !str_ends_nocase(f->key, STR(".mmap")))
            continue;
        struct compiled *x = arena_new_of(p->arena, struct compiled);
        x->mapping = compile(p, f->key, *(const str *)f->value, &problems);
        if (!x->mapping)
            err_set(&x->why, problems.list.at[0].code, STR_FMT, STR_ARG(problems.list.at[0].text));
        map_put(&c->by_name, arena_str(p->arena, base_name(f->key)), x);
    }
}

static void prepare(void *cfg, struct prepare *p)
{
    struct message_mapping *c = cfg;
    map_init(&c->by_name, p->arena, true);
    if (prepare_text(p, "messageMappingBundleId").n)
        prepare_unsupported(
            p, "message mappings of another artifact ('" STR_FMT "') are not supported",
            STR_ARG(prepare_text(p, "messageMappingBundleId")));
    else if (str_eq_nocase(prepare_text(p, "mappingReference"), STR("dynamic")))
        prepare_by_name(c, p);
    else
        prepare_fixed(c, p);
}

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

static bool field(void *arg, bool property, str name, str *ret)
{
    struct exchange *x = arg;
    struct datum *d = fields_get(property ? &x->properties : &x->headers, name);
    if (d)
        *ret = datum_str(x->arena, d);
    return d != NULL;
}

static bool run_mapping(const struct mapping *m, struct exchange *x, struct buf *out, struct err *e)
{
    AUTO(arena) struct arena *a = arena_new();
    const struct mapping_host host = {.arg = x, .field = field};
    const struct xml_doc *doc = NULL;
    struct jr *json = NULL;
    if (mapping_from_json(m) ? !jr_parse(a, body_bytes(x->body), &json, e)
                             : !body_xml(x->body, &doc, e))
        return false;
    struct mapping_run *r = mapping_start(m, a, doc, json, &host);
    return mapping_go(r, out, e) == MAPPING_DONE;
}

static struct step_result run(const void *cfg, struct exchange *x, struct err *e)
{
    const struct mapping *m;
    AUTO(buf) struct buf out = BUF(MAX_OUTPUT);
    if (!pick(cfg, x, &m, e))
        return FAIL;
    if (!run_mapping(m, x, &out, e)) {
        struct err inner = *e;
        err_set(e, inner.code, STR_FMT ": %s", STR_ARG(mapping_name(m)), inner.msg);
        exchange_throw(x, EXCEPTION, e);
        return FAIL;
    }
    exchange_set_body(x, body_of_buf(&out));
    return CONTINUE;
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
    .explain = explain,
};
