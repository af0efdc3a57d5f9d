/* compile: an integration flow to a program. Main processes are compiled first, local ones as they are called; one
 * that nobody calls is left out. Every step of a process counts, also one that no sequence flow leads to: it is
 * checked though it gets no operation. Problems are collected, and any of them means no program. */
#include "flow/compile.h"

#include <stdarg.h>
#include <stdio.h>

void *compile_cfg(struct compile *c, size_t size)
{
    return arena_alloc(c->program->arena, size ? size : 1);
}

struct prepare compile_prepare(struct compile *c, const struct map *properties, str id, str label)
{
    return (struct prepare){
        .arena = c->program->arena,
        .program = c->program,
        .properties = properties,
        .files = &c->bundle->files,
        .problems = c->problems,
        .id = id,
        .label = label,
        .artifact = c->program->artifact_id,
        .registry = c->registry,
    };
}

/* Steps refuse by a phrase ("httpMethod 'TRACE'") or by a sentence. */
static bool is_phrase(const struct problem *p)
{
    return p->code == ERR_NOT_IMPLEMENTED && str_find(p->text, STR("support"), 0) == SIZE_MAX &&
           str_find(p->text, STR(" is not "), 0) == SIZE_MAX;
}

void compile_name_problems(struct compile *c, size_t from, const char *what, str id, str label)
{
    struct arena *a = c->problems->arena;
    str title = label.n ? arena_fmt(a, "%s \"" STR_FMT "\" (" STR_FMT ")", what, STR_ARG(label),
                                    STR_ARG(id))
                        : arena_fmt(a, "%s " STR_FMT, what, STR_ARG(id));
    for (size_t i = from; i < c->problems->list.n; i++) {
        struct problem *p = &c->problems->list.at[i];
        p->text = arena_fmt(a, STR_FMT ": " STR_FMT "%s", STR_ARG(title), STR_ARG(p->text),
                            is_phrase(p) ? " is not supported" : "");
    }
}

void compile_problem(struct compile *c, enum err_code code, const struct iflw_node *n,
                     const char *fmt, ...)
{
    char what[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    problem_add(c->problems, code, n->id, n->name, "%s", what);
    compile_name_problems(c, c->problems->list.n - 1, "Step", n->id, n->name);
}

uint32_t compile_add(struct compile *c, struct iflw_node *n, const struct step_type *type,
                     void *cfg)
{
    uint16_t process = (uint16_t)(n->scope->process->number - 1);
    uint32_t at = program_add(c->program, type, cfg, n->id, n->name, process);
    c->program->operations.at[at].handler = n->scope != n->scope->process;
    c->program->operations.at[at].waits = c->program->waits;
    c->program->waits = false;
    return at;
}

uint32_t compile_target(const struct compile *c, const struct iflw_edge *e)
{
    return e->target ? c->nodes[e->target->index].first : 0;
}

static enum transaction transaction_of(const struct iflw_scope *s, bool local)
{
    str t = iflw_property(&s->properties, "transactionalHandling");
    if (str_eqz(t, "Required"))
        return TRANSACTION_REQUIRED;
    return local && (!t.n || str_eqz(t, "From Calling Process")) ? TRANSACTION_FROM_CALLER
                                                                 : TRANSACTION_NONE;
}

static bool is_local(const struct iflw_scope *s)
{
    return str_eqz(iflw_property(&s->properties, "processType"), "directCall") ||
           str_eqz(activity_variant(&s->properties), "LocalIntegrationProcess");
}

uint16_t compile_reach(struct compile *c, struct iflw_scope *s)
{
    if (!s->number) {
        bool local = is_local(s);
        struct process p = {
            .id = s->id, .name = s->name, .local = local, .transaction = transaction_of(s, local)};
        vec_add(c->program->arena, &c->program->processes, p);
        vec_add(c->scratch, &c->reached, s);
        s->number = (uint32_t)c->reached.n;
    }
    return (uint16_t)(s->number - 1);
}

/* ---- emit ---- */
/* NULL: not supported, which is recorded. */
static const struct step_type *step_of(struct compile *c, const struct iflw_node *n)
{
    str key = activity_key(c->scratch, n), name = activity_name(c->scratch, key);
    const struct step_type *type = activity_step(c->registry, key);
    if (!type)
        compile_problem(c, ERR_NOT_IMPLEMENTED, n, STR_FMT " is not supported yet", STR_ARG(name));
    return type;
}

void compile_step(struct compile *c, struct iflw_node *n)
{
    const struct step_type *type = step_of(c, n);
    if (!type)
        return;
    void *cfg = compile_cfg(c, type->cfg_size);
    struct prepare p = compile_prepare(c, &n->properties, n->id, n->name);
    size_t before = c->problems->list.n;
    if (type->prepare)
        type->prepare(cfg, &p);
    compile_name_problems(c, before, "Step", n->id, n->name);
    c->nodes[n->index].first = c->nodes[n->index].last = compile_add(c, n, type, cfg);
}

static void compile_activity(struct compile *c, struct iflw_node *n)
{
    if (compile_is_call(n))
        compile_call(c, n);
    else
        compile_step(c, n);
}

/* No operation of its own: it becomes a route or an entry. */
static void compile_start(struct compile *c, struct iflw_node *n)
{
    bool handler = n->scope != n->scope->process;
    if (n->event.n && !list_has(handler ? "error" : "message|timer", n->event))
        compile_problem(c, ERR_NOT_IMPLEMENTED, n, STR_FMT " start event is not supported here",
                        STR_ARG(n->event));
}

static void compile_other(struct compile *c, struct iflw_node *n)
{
    compile_problem(c, ERR_NOT_IMPLEMENTED, n, STR_FMT " is not supported yet", STR_ARG(n->tag));
}

static void (*const emitters[])(struct compile *, struct iflw_node *) = {
    [IFLW_START] = compile_start,       [IFLW_END] = compile_end,
    [IFLW_ACTIVITY] = compile_activity, [IFLW_SERVICE] = compile_service,
    [IFLW_ROUTER] = compile_router,     [IFLW_PARALLEL] = compile_parallel,
    [IFLW_SUBPROCESS] = compile_other,  [IFLW_OTHER] = compile_other,
};

static void emit(struct compile *c, struct iflw_node *n)
{
    struct emitted *to = &c->nodes[n->index];
    to->seen = true;
    emitters[n->kind](c, n);
    if (n->out.n < 2 || n->kind == IFLW_ROUTER || n->kind == IFLW_PARALLEL || n->kind == IFLW_END)
        return;
    uint32_t at = compile_fan_out(c, n);
    if (to->last)
        c->program->operations.at[to->last].next = at;
    to->first = to->first ? to->first : at;
    to->last = at;
}

/* Where a sequence flow may lead: a step of the same process. */
static bool check_edge(struct compile *c, const struct iflw_edge *e)
{
    const char *wrong = NULL;
    if (!e->target)
        wrong = "leads nowhere";
    else if (e->target->scope != e->source->scope)
        wrong = "leads out of its process";
    else if (e->target->kind == IFLW_START || e->target->kind == IFLW_SUBPROCESS)
        wrong = "leads to something that cannot follow a step";
    if (wrong)
        compile_problem(c, ERR_BAD_REQUEST, e->source, "sequence flow " STR_FMT " %s",
                        STR_ARG(e->id), wrong);
    return !wrong;
}

struct visit {
    struct iflw_node *node;
    size_t next; /* way out to be taken next */
};
typedef VEC(struct visit) visits;

static void enter(struct compile *c, visits *stack, struct iflw_node *n)
{
    vec_add(c->scratch, stack, (struct visit){n, 0});
    emit(c, n);
}

/* Depth first, without recursion: a flow may be as long as the file allows. */
static void walk(struct compile *c, struct iflw_node *from)
{
    visits stack = {0};
    enter(c, &stack, from);
    while (stack.n) {
        struct visit *v = &stack.at[stack.n - 1];
        if (v->next == v->node->out.n || v->node->kind == IFLW_END) {
            c->nodes[v->node->index].done = true;
            stack.n--;
            continue;
        }
        const struct iflw_edge *e = v->node->out.at[v->next++];
        if (!check_edge(c, e))
            continue;
        const struct emitted *target = &c->nodes[e->target->index];
        if (!target->seen)
            enter(c, &stack, e->target);
        else if (!target->done)
            compile_problem(c, ERR_BAD_REQUEST, e->target,
                            "the sequence flows behind it lead back to it");
    }
}

/* ---- link ---- */
static void link_scope(struct compile *c, const struct iflw_scope *s)
{
    for (size_t i = 0; i < s->nodes.n; i++) {
        struct iflw_node *n = s->nodes.at[i];
        const struct emitted *at = &c->nodes[n->index];
        if (!at->seen || n->kind == IFLW_END)
            continue;
        if (n->kind == IFLW_ROUTER)
            link_router(c, n);
        else if (at->cfg)
            link_parallel(c, n);
        else if (at->last && n->out.n)
            c->program->operations.at[at->last].next = compile_target(c, n->out.at[0]);
    }
}

/* The first operation behind a start event; every process that is entered has one. */
static uint32_t entry_of(struct compile *c, struct iflw_node *start)
{
    uint32_t at = c->nodes[start->index].first;
    if (!at && start->out.n)
        at = compile_target(c, start->out.at[0]);
    return at ? at : compile_add(c, start, &control_end, NULL);
}

/* ---- processes ---- */
static void compile_handler(struct compile *c, struct iflw_node *n)
{
    struct process *p = &c->program->processes.at[n->scope->process->number - 1];
    struct iflw_node *start = NULL;
    c->nodes[n->index].seen = true;
    for (size_t i = 0; i < n->inner->nodes.n; i++)
        if (n->inner->nodes.at[i]->kind == IFLW_START)
            start = n->inner->nodes.at[i];
    if (!start || !str_eqz(start->event, "error")) {
        compile_problem(c, ERR_NOT_IMPLEMENTED, n,
                        "a subprocess that does not begin with an error start event");
    } else if (p->handler) {
        compile_problem(c, ERR_BAD_REQUEST, n, "the process has another exception subprocess");
    } else {
        walk(c, start);
        link_scope(c, n->inner);
        uint32_t entry = entry_of(c, start);
        c->program->processes.at[n->scope->process->number - 1].handler = entry;
    }
}

static void check_node(struct compile *c, struct iflw_node *n)
{
    if (n->kind == IFLW_OTHER || n->kind == IFLW_SUBPROCESS)
        compile_other(c, n);
    else if (n->kind == IFLW_ACTIVITY ? !compile_is_call(n)
                                      : n->kind == IFLW_SERVICE && !compile_is_send(c, n))
        step_of(c, n);
    for (size_t i = 0; i < n->channels.n && n->kind != IFLW_START; i++)
        check_receiver(c, n->channels.at[i]);
}

static void check_unreached(struct compile *c, const struct iflw_scope *s)
{
    for (size_t i = 0; i < s->nodes.n; i++)
        if (!c->nodes[s->nodes.at[i]->index].seen)
            check_node(c, s->nodes.at[i]);
}

static void compile_entry(struct compile *c, const struct iflw_scope *s, struct iflw_node *start)
{
    uint16_t number = (uint16_t)(s->number - 1);
    struct process *p = &c->program->processes.at[number];
    if (p->local && p->entry) {
        compile_problem(c, ERR_BAD_REQUEST, start, "the local process has another start event");
        return;
    }
    walk(c, start);
    link_scope(c, s);
    uint32_t entry = entry_of(c, start);
    if (p->local)
        c->program->processes.at[number].entry = entry;
    else
        compile_routes(c, start, number, entry);
}

static void compile_process(struct compile *c, const struct iflw_scope *s)
{
    bool started = false;
    for (size_t i = 0; i < s->nodes.n; i++)
        if (s->nodes.at[i]->kind == IFLW_START) {
            compile_entry(c, s, s->nodes.at[i]);
            started = true;
        }
    for (size_t i = 0; i < s->nodes.n; i++)
        if (s->nodes.at[i]->kind == IFLW_SUBPROCESS) {
            compile_handler(c, s->nodes.at[i]);
            check_unreached(c, s->nodes.at[i]->inner);
        }
    if (!started)
        problem_add(c->problems, ERR_BAD_REQUEST, s->id, s->name,
                    "Process \"" STR_FMT "\" (" STR_FMT ") has no start event", STR_ARG(s->name),
                    STR_ARG(s->id));
    check_unreached(c, s);
}

/* ---- the whole ---- */
static bool read_flow(struct compile *c, struct err *e)
{
    const struct bundle *b = c->bundle;
    const str *xml = b->iflw_path.p ? map_get(&b->files, b->iflw_path) : NULL;
    if (!xml)
        return err_set(e, ERR_BAD_REQUEST, "the bundle holds no integration flow (.iflw)");
    struct map parameters;
    map_init(&parameters, c->scratch, false);
    for (size_t i = 0; i < b->parameters.n; i++)
        map_put(&parameters, b->parameters.at[i].key, &b->parameters.at[i].value);
    return iflw_read(c->program->arena, *xml, &parameters, &c->flow, e);
}

static void compile_flow(struct compile *c)
{
    c->nodes = arena_new_array(c->scratch, struct emitted, c->flow.nnodes + 1);
    compile_settings(c);
    for (size_t i = 0; i < c->flow.processes.n; i++)
        if (!is_local(c->flow.processes.at[i]))
            compile_reach(c, c->flow.processes.at[i]);
    for (size_t i = 0; i < c->reached.n; i++)
        compile_process(c, c->reached.at[i]);
    check_circles(c);
    if (!c->reached.n)
        problem_add(c->problems, ERR_BAD_REQUEST, c->bundle->id, c->bundle->name,
                    "the flow has no integration process");
}

struct program *flow_compile(const struct bundle *b, const struct registry *r, struct problems *ps)
{
    size_t before = ps->list.n;
    struct err e = {0};
    AUTO(arena) struct arena *scratch = arena_new();
    struct compile c = {
        .bundle = b, .registry = r, .problems = ps, .program = program_new(), .scratch = scratch};
    c.program->artifact_id = arena_str(c.program->arena, b->id);
    if (read_flow(&c, &e))
        compile_flow(&c);
    else
        problem_add(ps, e.code, b->id, b->name, "%s", e.msg);
    if (ps->list.n == before)
        return c.program;
    program_free(c.program);
    return NULL;
}
