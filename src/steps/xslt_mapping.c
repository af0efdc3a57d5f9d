/* XSLT mapping (format.md 3): stylesheets of level 1.0 in process, others by Saxon in the script host; what a
 * stylesheet uses decides, not its version. Those of a fixed step are compiled at deployment;
 * where a header names the stylesheet, all of the bundle are, and one that cannot run fails the message that asks
 * for it. Parameters are bound before the run, so a stylesheet that changes a header reads the old value. */
#include "engine/program.h"
#include "engine/step.h"
#include "format/xslt.h"
#include "steps/script_run.h"

enum { MAX_OUTPUT = 256 << 20 };
#define FOLDER "src/main/resources/mapping/"

struct sheet {
    struct xslt *xslt; /* NULL: for the script host, or refused by why */
    str path;          /* for the script host; STR_NONE: not */
    struct err why;
};
struct xslt_mapping {
    struct sheet *fixed; /* NULL: named by a header */
    str header, format /* "Bytes", "String" */;
    struct map sheets; /* file name -> (struct sheet *) */
    struct map
        files; /* path -> (str *): copies of the mapping folder, for xsl:import and document() */
};

static bool find_file(void *arg, str path, str *ret)
{
    const struct map *files = arg;
    const str *bytes = map_get(files, path);
    if (bytes)
        *ret = *bytes;
    return bytes != NULL;
}

static struct sheet *compile(struct xslt_mapping *c, struct prepare *p, str path, str bytes)
{
    struct sheet *s = arena_new_of(p->arena, struct sheet);
    struct err e = {0};
    struct script_unit *unit;
    if (xslt_compile(bytes, path, find_file, &c->files, &s->xslt, &s->why))
        return s;
    s->xslt = NULL;
    unit = prepare_unit(p, &e);
    if (unit && script_compile(unit, path, &e))
        s->path = arena_str(p->arena, path);
    else if (unit) /* wrong by both: Saxon knows the newer language */
        s->why = e;
    else if (s->why.code == ERR_NOT_IMPLEMENTED && p->registry && p->registry->scripts)
        err_set(&s->why, ERR_NOT_IMPLEMENTED,
                "XSLT 2.0 and 3.0 stylesheets are run by the script host: %s", e.msg);
    return s;
}

static void prepare_fixed(struct xslt_mapping *c, struct prepare *p)
{
    static const char *const keys[] = {"mappinguri", "mappingpath", "mappingname"};
    str path = STR(""), name = STR("");
    const str *bytes = NULL;
    for (size_t i = 0; i < COUNT(keys) && !bytes; i++) {
        str reference = prepare_text(p, keys[i]);
        name = reference.n && !name.n ? reference : name;
        if (reference.n)
            bytes = prepare_file(p, reference, "mapping", &path);
    }
    if (!bytes) {
        prepare_wrong(p, "the stylesheet '" STR_FMT "': there is no such file", STR_ARG(name));
        return;
    }
    c->fixed = compile(c, p, path, *bytes);
    if (!c->fixed->xslt && !c->fixed->path.p)
        problem_add(p->problems, c->fixed->why.code, p->id, p->label, STR_FMT ": %s", STR_ARG(path),
                    c->fixed->why.msg);
}

static str file_name(str path)
{
    size_t slash = str_rfind_char(path, '/');
    return slash == SIZE_MAX ? path : str_from(path, slash + 1);
}

static void prepare_by_header(struct xslt_mapping *c, struct prepare *p)
{
    c->header = str_trim(prepare_text(p, "mappingHeaderNameKey"));
    if (!c->header.n)
        prepare_wrong(p, "mappingSource by header without the header's name");
    for (size_t i = 0; i < p->files->entries.n; i++) {
        str path = p->files->entries.at[i].key;
        const str *bytes = p->files->entries.at[i].value;
        if (bytes && str_starts(path, STR(FOLDER)) &&
            (str_ends_nocase(path, STR(".xsl")) || str_ends_nocase(path, STR(".xslt"))))
            map_put(&c->sheets, file_name(path), compile(c, p, path, *bytes));
    }
}

/* The bundle may be gone when a message runs. */
static void copy_files(struct xslt_mapping *c, struct prepare *p)
{
    map_init(&c->files, p->arena, false);
    for (size_t i = 0; i < p->files->entries.n; i++) {
        const struct map_entry *m = &p->files->entries.at[i];
        if (!m->value || !str_starts(m->key, STR(FOLDER)))
            continue;
        str *bytes = arena_new_of(p->arena, str);
        *bytes = arena_str(p->arena, *(const str *)m->value);
        map_put(&c->files, arena_str(p->arena, m->key), bytes);
    }
}

static void prepare(void *cfg, struct prepare *p)
{
    struct xslt_mapping *c = cfg;
    map_init(&c->sheets, p->arena, false);
    c->format = arena_str(p->arena, prepare_text_or(p, "mappingoutputformat", "Bytes"));
    copy_files(c, p);
    if (str_eqz(prepare_text(p, "mappingSource"), "mappingSrcHeader"))
        prepare_by_header(c, p);
    else
        prepare_fixed(c, p);
}

static void dispose(void *cfg)
{
    struct xslt_mapping *c = cfg;
    if (c->fixed)
        xslt_free(c->fixed->xslt);
    for (size_t i = 0; i < c->sheets.entries.n; i++) {
        struct sheet *s = c->sheets.entries.at[i].value;
        if (s)
            xslt_free(s->xslt);
    }
}

static bool pick(const struct xslt_mapping *c, struct exchange *x, const struct sheet **ret,
                 struct err *e)
{
    *ret = c->fixed;
    if (!c->fixed) {
        str name = exchange_header(x, arena_strdup(x->arena, c->header));
        if (!name.n)
            return err_set(e, ERR_BAD_REQUEST, "the header '" STR_FMT "' names no stylesheet",
                           STR_ARG(c->header));
        if (str_starts(name, STR("pd:")))
            return err_set(e, ERR_NOT_IMPLEMENTED,
                           "stylesheets of the partner directory ('" STR_FMT "')", STR_ARG(name));
        *ret = map_get(&c->sheets, file_name(name));
        if (!*ret)
            *ret =
                map_get(&c->sheets, arena_fmt(x->arena, STR_FMT ".xsl", STR_ARG(file_name(name))));
        if (!*ret)
            return err_set(e, ERR_NOT_FOUND, "no stylesheet '" STR_FMT "' in the bundle",
                           STR_ARG(name));
    }
    if ((*ret)->xslt || (*ret)->path.p)
        return true;
    *e = (*ret)->why;
    return false;
}

static bool get(void *arg, bool property, str name, str *ret)
{
    struct exchange *x = arg;
    struct datum *d = fields_get(property ? &x->properties : &x->headers, name);
    if (d)
        *ret = datum_str(x->arena, d);
    return d != NULL;
}

static void set(void *arg, bool property, str name, str value)
{
    struct exchange *x = arg;
    fields_set_text(property ? &x->properties : &x->headers, name, value);
}

static str param_value(struct exchange *x, str name)
{
    struct datum *d = fields_get(&x->headers, name);
    if (!d)
        d = fields_get(&x->properties, name);
    if (!d && str_eqz(name, "exchange"))
        return STR("exchange"); /* a handle: the extension functions know whom they serve */
    return d ? arena_str(x->arena, datum_str(x->arena, d)) : STR_NONE;
}

static struct step_result run(const void *cfg, struct exchange *x, struct err *e)
{
    const struct xslt_mapping *c = cfg;
    const struct sheet *s;
    const struct xml_doc *doc;
    AUTO(buf) struct buf out = BUF(MAX_OUTPUT);
    const struct xslt_host host = {.arg = x, .get = get, .set = set};
    if (!pick(c, x, &s, e))
        return FAIL;
    if (!s->xslt)
        return script_run(x->program->unit, s->path, c->format, x, e);
    if (!body_xml(x->body, &doc, e))
        return FAIL;
    size_t n = xslt_nparams(s->xslt);
    str *params = arena_new_array(x->arena, str, n + 1);
    for (size_t i = 0; i < n; i++)
        params[i] = param_value(x, xslt_param(s->xslt, i));
    if (!xslt_run(s->xslt, doc, params, &host, &out, e) || !buf_check(&out, e))
        return FAIL;
    exchange_set_body(x, body_of_buf(&out));
    return CONTINUE;
}

static struct step_result resume(const void *cfg, struct exchange *x, struct err *e)
{
    (void)cfg;
    return script_resume(x, e);
}

const struct step_type step_xslt_mapping = {
    .name = "XSLTMapping",
    .activity = "Mapping:XSLTMapping",
    .cfg_size = sizeof(struct xslt_mapping),
    .prepare = prepare,
    .run = run,
    .resume = resume,
    .dispose = dispose,
};
