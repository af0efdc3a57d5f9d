/* Value trees to operations. Sources with the same path and context share one; a brick that is referred to from several
 * places is compiled once. */
#include "mapping/compile.h"
#include "mapping/structure.h"

#include <stdlib.h>

enum { MOST_STEPS = 200, MOST_DEPTH = 300 };

static const uint32_t MAKING = UINT32_MAX;

static int64_t add_op(struct compile *c, struct op op)
{
    for (unsigned i = 0; i < op.nin; i++) {
        unsigned below = c->m->ops.at[op.in[i]].level;
        op.level = below > op.level ? below : op.level;
    }
    op.level += op.kind == OP_SCRIPT;
    vec_add(c->a, &c->m->ops, op);
    return (int64_t)c->m->ops.n - 1;
}

/* ---- sources ---- */

static struct source *source_child(struct compile *c, struct source *parent, str step)
{
    str prefix, local, uri;
    bool attribute;
    mapping_compile_name(step, &prefix, &local, &attribute);
    uri = prefix.n ? mapping_compile_uri(c, prefix) : STR_NONE;
    bool any = prefix.n && !uri.p;
    if (any)
        mapping_compile_note(c,
                             "the prefix '" STR_FMT "' has no namespace: the source's may have any",
                             STR_ARG(prefix));
    uri = uri.n ? uri : STR_NONE;
    str key = attribute ? arena_fmt(c->scratch, "@" STR_FMT, STR_ARG(local)) : local;
    struct source *first = map_get(&parent->children, key), *s = first;
    for (; s; s = s->same)
        if (s->any_uri == any && str_eq(s->uri, uri))
            return s;
    s = arena_new_of(c->a, struct source);
    s->name = arena_str(c->a, local);
    s->uri = arena_str(c->a, uri);
    s->any_uri = any;
    s->attribute = attribute;
    map_init(&s->children, c->a, false);
    parent->has_attributes = parent->has_attributes || attribute;
    parent->has_elements = parent->has_elements || !attribute;
    s->same = first ? first->same : NULL;
    if (first)
        first->same = s;
    else
        map_put(&parent->children, arena_str(c->a, key), s);
    return s;
}

static struct source *source_at(struct compile *c, str path)
{
    struct source *s = &c->m->source;
    str step;
    unsigned n = 0;
    while (str_split(&path, '/', &step))
        if (step.n) {
            if (++n > MOST_STEPS) {
                mapping_compile_problem(c, ERR_TOO_LARGE, "a path of more than %d steps",
                                        MOST_STEPS);
                return s;
            }
            s = source_child(c, s, step);
        }
    return s;
}

static str parent_path(str path)
{
    size_t slash = str_rfind_char(path, '/');
    return slash == SIZE_MAX ? STR("") : str_sub(path, 0, slash);
}

static int64_t compile_source(struct compile *c, const struct brick *b)
{
    str context = b->context.n ? b->context : parent_path(b->path);
    bool inside =
        str_starts(b->path, context) && (b->path.n == context.n || b->path.p[context.n] == '/');
    if (!inside) {
        mapping_compile_note(c,
                             "the context " STR_FMT " is not above " STR_FMT ": its parent is used",
                             STR_ARG(context), STR_ARG(b->path));
        context = parent_path(b->path);
    }
    str key = arena_fmt(c->scratch, STR_FMT "\n" STR_FMT "\n%d", STR_ARG(b->path), STR_ARG(context),
                        b->as_xml);
    uint32_t *known = map_get(&c->sources, key);
    if (known)
        return *known;
    struct op op = {.kind = OP_SOURCE};
    op.path = b->context.n
                  ? arena_fmt(c->a, STR_FMT "{" STR_FMT "}", STR_ARG(b->path), STR_ARG(context))
                  : arena_str(c->a, b->path);
    uint32_t at = (uint32_t)add_op(c, op);
    struct source *s = source_at(c, b->path), *above = source_at(c, context);
    if (b->as_xml && !c->m->from_json)
        vec_add(c->a, &s->subtrees, at);
    else
        vec_add(c->a, &s->values, at);
    vec_add(c->a, &above->contexts, at);
    known = arena_new_of(c->scratch, uint32_t);
    *known = at;
    map_put(&c->sources, key, known);
    return at;
}

/* ---- settings ---- */

static str setting(struct compile *c, const struct brick *b, str name)
{
    str whole = name, part;
    if (!str_split(&name, '/', &part) || !name.n)
        return arena_str(c->a, brick_text(b, arena_strdup(c->scratch, whole)));
    const struct binding *x = brick_binding(b, arena_strdup(c->scratch, part));
    for (size_t i = 0; x && i < x->rows.n; i++)
        if (str_eq(x->rows.at[i].name, name))
            return arena_str(c->a, str_trim(x->rows.at[i].value));
    return STR("");
}

static bool read_settings(struct compile *c, const struct brick *b, const struct function *f,
                          struct settings *ret)
{
    str texts = str_of(f->texts), numbers = str_of(f->numbers), name;
    for (size_t i = 0; i < COUNT(ret->texts) && str_split(&texts, '|', &name); i++)
        ret->texts[i] = setting(c, b, name);
    for (size_t i = 0; i < COUNT(ret->numbers) && str_split(&numbers, '|', &name); i++) {
        str text = str_trim(setting(c, b, name));
        if (text.n &&
            (!str_to_i64(text, &ret->numbers[i]) || llabs(ret->numbers[i]) > 1000000000)) {
            mapping_compile_problem(c, ERR_BAD_REQUEST,
                                    "function %s: '" STR_FMT "' is no number for " STR_FMT, f->name,
                                    STR_ARG(text), STR_ARG(name));
            return false;
        }
    }
    return true;
}

static void read_table(struct compile *c, const struct brick *b, struct settings *ret)
{
    const struct binding *x = brick_binding(b, "table");
    if (!x)
        return;
    ret->table = arena_new_of(c->a, struct map);
    map_init(ret->table, c->a, false);
    for (size_t i = 0; i < x->rows.n; i++) {
        str *value = arena_new_of(c->a, str);
        *value = arena_str(c->a, x->rows.at[i].value);
        map_put(ret->table, arena_str(c->a, x->rows.at[i].name), value);
    }
}

static void read_sort(struct compile *c, const struct brick *b, struct settings *ret)
{
    str type = setting(c, b, STR("comparator/type"));
    ret->numeric = str_starts_nocase(type, STR("num"));
    ret->nocase = str_eq_nocase(type, STR("ci"));
    ret->descending = str_eqz(setting(c, b, STR("order/asc")), "false");
}

/* ---- functions ---- */

static bool suppresses(struct compile *c, int64_t op)
{
    const struct op *o = &c->m->ops.at[op];
    if (o->kind != OP_FUNCTION)
        return false;
    return (str_eqz(str_of(o->function->name), "ifWithoutElse") ||
            str_eqz(str_of(o->function->name), "ifSWithoutElse")) &&
           !str_eq_nocase(o->settings.texts[0], STR("true"));
}

static uint32_t *one_input(struct compile *c, int64_t op)
{
    uint32_t *in = arena_new_of(c->a, uint32_t);
    *in = (uint32_t)op;
    return in;
}

/* The operations of the inputs by pin; false with a problem. */
static bool compile_inputs(struct compile *c, const struct brick *b, const char *name,
                           uint32_t **ret, unsigned *ret_n)
{
    unsigned n = 0;
    for (size_t i = 0; i < b->arguments.n; i++)
        n = b->arguments.at[i].pin >= n ? b->arguments.at[i].pin + 1 : n;
    if (n > MOST_PINS) {
        mapping_compile_problem(c, ERR_BAD_REQUEST, "function %s has more than %d inputs", name,
                                MOST_PINS);
        return false;
    }
    int64_t found[MOST_PINS];
    for (unsigned i = 0; i < n; i++)
        found[i] = -1;
    for (size_t i = 0; i < b->arguments.n; i++) {
        const struct brick_argument *x = &b->arguments.at[i];
        int64_t op = mapping_compile_value(c, x->brick, x->from);
        if (op < 0)
            return false;
        if (suppresses(c, op))
            op = add_op(c, (struct op){.kind = OP_FUNCTION,
                                       .function = &function_drop_suppressed,
                                       .in = one_input(c, op),
                                       .nin = 1});
        found[x->pin] = op;
    }
    *ret = arena_new_array(c->a, uint32_t, n + 1);
    for (unsigned i = 0; i < n; i++) {
        if (found[i] < 0) {
            mapping_compile_problem(c, ERR_BAD_REQUEST, "input %u of function %s is missing", i + 1,
                                    name);
            return false;
        }
        (*ret)[i] = (uint32_t)found[i];
    }
    *ret_n = n;
    return true;
}

static int64_t compile_function(struct compile *c, const struct brick *b)
{
    const struct function *f = function_named(b->function);
    struct op op = {.kind = OP_FUNCTION, .function = f};
    uint32_t *in;
    struct err e = {0};
    const struct bind bind = {c->a, &e};
    if (!f) {
        mapping_compile_problem(c, ERR_NOT_IMPLEMENTED,
                                "the mapping function '" STR_FMT "' is not supported",
                                STR_ARG(b->function));
        return -1;
    }
    if (!compile_inputs(c, b, f->name, &in, &op.nin) || !read_settings(c, b, f, &op.settings))
        return -1;
    if (op.nin < f->least || op.nin > f->most) {
        mapping_compile_problem(c, ERR_BAD_REQUEST, "function %s has %u inputs", f->name, op.nin);
        return -1;
    }
    op.in = in;
    read_table(c, b, &op.settings);
    read_sort(c, b, &op.settings);
    if (f->check && !f->check(&bind, &op.settings)) {
        mapping_compile_problem(c, e.code, "function %s: %s", f->name, e.msg);
        return -1;
    }
    return add_op(c, op);
}

/* ---- user functions ---- */

static int64_t script_number(struct compile *c, const struct brick *b)
{
    str path = STR_NONE;
    const str *source = NULL;
    struct err e = {0};
    for (size_t i = 0; i < c->file->libraries.n && !source; i++)
        if (str_eq(c->file->libraries.at[i].name, b->library))
            source = structure_file(c->files, c->file->libraries.at[i].file, "gsh", &path);
    if (!source) {
        mapping_compile_problem(c, ERR_BAD_REQUEST,
                                "the script of function '" STR_FMT "' (" STR_FMT
                                ") is not in the bundle",
                                STR_ARG(b->function), STR_ARG(b->library));
        return -1;
    }
    for (size_t i = 0; i < c->m->scripts.n; i++)
        if (str_eq(c->m->scripts.at[i].file, path) &&
            str_eq(c->m->scripts.at[i].function, b->function) &&
            c->m->scripts.at[i].narguments == b->arguments.n)
            return (int64_t)i;
    struct mapping_script s = {.narguments = b->arguments.n,
                               .file = arena_str(c->a, path),
                               .source = arena_str(c->a, *source),
                               .function = arena_str(c->a, b->function)};
    if (!user_function_signature(c->a, &s, &e)) {
        mapping_compile_problem(c, e.code, "%s", e.msg);
        return -1;
    }
    vec_add(c->a, &c->m->scripts, s);
    return (int64_t)c->m->scripts.n - 1;
}

static int64_t compile_script(struct compile *c, const struct brick *b)
{
    uint32_t *in;
    struct op op = {.kind = OP_SCRIPT};
    int64_t number = script_number(c, b);
    if (number < 0 || !compile_inputs(c, b, arena_strdup(c->scratch, b->function), &in, &op.nin))
        return -1;
    op.in = in;
    op.number = (unsigned)number;
    const struct mapping_script *s = &c->m->scripts.at[number];
    if (op.nin != s->narguments) {
        mapping_compile_problem(c, ERR_BAD_REQUEST,
                                "function '" STR_FMT "' of '" STR_FMT "' takes %zu values, not %u",
                                STR_ARG(s->function), STR_ARG(s->file), s->narguments, op.nin);
        return -1;
    }
    return add_op(c, op);
}

static int64_t compile_variable(struct compile *c, const struct brick *b)
{
    const struct mmap_field *f = map_get(&c->variables, b->path);
    if (f && f->value)
        return mapping_compile_value(c, f->value, f->from);
    mapping_compile_problem(c, ERR_BAD_REQUEST, "the variable '" STR_FMT "' has no value",
                            STR_ARG(b->path));
    return -1;
}

static int64_t compile_new(struct compile *c, const struct brick *b)
{
    switch (b->kind) {
    case BRICK_SOURCE:
        return compile_source(c, b);
    case BRICK_VARIABLE:
        return compile_variable(c, b);
    case BRICK_FUNCTION:
        return str_eqz(b->library, "dflt") ? compile_function(c, b) : compile_script(c, b);
    case BRICK_REFERENCE:
    default:
        return mapping_compile_value(c, b->same, 0);
    }
}

static int64_t output(struct compile *c, int64_t op, unsigned from)
{
    const struct op *o = op < 0 ? NULL : &c->m->ops.at[op];
    if (!o || !from)
        return op;
    if (o->kind != OP_SCRIPT || from >= c->m->scripts.at[o->number].noutputs) {
        mapping_compile_problem(c, ERR_BAD_REQUEST, "there is no output %u", from + 1);
        return -1;
    }
    return add_op(c,
                  (struct op){.kind = OP_OUTPUT, .number = from, .in = one_input(c, op), .nin = 1});
}

int64_t mapping_compile_value(struct compile *c, const struct brick *b, unsigned from)
{
    uint32_t *made = &c->made[b->index];
    if (*made == MAKING) {
        mapping_compile_problem(c, ERR_BAD_REQUEST, "a value depends on itself");
        return -1;
    }
    if (*made)
        return output(c, (int64_t)*made - 1, from);
    if (++c->depth > MOST_DEPTH) {
        mapping_compile_problem(c, ERR_TOO_LARGE, "more than %d functions within each other",
                                MOST_DEPTH);
        c->depth--;
        return -1;
    }
    *made = MAKING;
    int64_t op = compile_new(c, b);
    c->depth--;
    *made = op < 0 ? 0 : (uint32_t)op + 1;
    return output(c, op, from);
}

/* Operations by the number of user functions before them, user functions first on their level: those of a level can
 * then be called together. Within a level the order in which they were made holds. */
void mapping_compile_order(struct compile *c)
{
    struct mapping *m = c->m;
    size_t n = 0;
    unsigned last = 0;
    m->order = arena_new_array(c->a, uint32_t, m->ops.n + 1);
    for (size_t i = 0; i < m->ops.n; i++)
        last = m->ops.at[i].level > last ? m->ops.at[i].level : last;
    for (unsigned level = 0; level <= last; level++)
        for (int script = 1; script >= 0; script--)
            for (size_t i = 0; i < m->ops.n; i++)
                if (m->ops.at[i].level == level &&
                    (m->ops.at[i].kind == OP_SCRIPT) == (script == 1))
                    m->order[n++] = (uint32_t)i;
}
