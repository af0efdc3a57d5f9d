#include "engine/program.h"

#include "engine/control.h"

struct program *program_new(void)
{
    struct arena *a = arena_new();
    struct program *p = arena_new_of(a, struct program);
    p->arena = a;
    map_init(&p->namespaces, a, false);
    program_add(p, &control_end, NULL, STR(""), STR("End"), 0);
    return p;
}

uint32_t program_add(struct program *p, const struct step_type *type, void *cfg, str id, str label,
                     uint16_t process)
{
    vec_add(
        p->arena, &p->operations,
        (struct operation){.type = type, .cfg = cfg, .id = id, .label = label, .process = process});
    return (uint32_t)p->operations.n - 1;
}

void program_free(struct program *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->operations.n; i++) {
        const struct operation *op = &p->operations.at[i];
        if (op->type && op->type->dispose && op->cfg)
            op->type->dispose(op->cfg);
    }
    for (size_t i = 0; i < p->routes.n; i++) {
        const struct route *r = &p->routes.at[i];
        if (r->type && r->type->dispose && r->cfg)
            r->type->dispose(r->cfg);
    }
    script_unit_unref(p->unit);
    arena_free(p->arena);
}

/* ---- explain ---- */

static void explain_routes(const struct program *p, struct buf *out)
{
    for (size_t i = 0; i < p->routes.n; i++) {
        const struct route *r = &p->routes.at[i];
        buf_addf(out, "start '" STR_FMT "' %s ", STR_ARG(r->label),
                 r->type ? r->type->component : "none");
        if (r->type && r->type->explain)
            r->type->explain(r->cfg, out);
        buf_addf(out, " -> %u\n", r->entry);
    }
}

static void explain_operation(const struct program *p, uint32_t i, struct buf *out)
{
    const struct operation *op = &p->operations.at[i];
    buf_addf(out, "  %4u  %s '" STR_FMT "' (" STR_FMT ")", i, op->type->name, STR_ARG(op->label),
             STR_ARG(op->id));
    if (op->handler)
        buf_addz(out, " [exception subprocess]");
    if (op->type->explain) {
        buf_addz(out, ": ");
        op->type->explain(op->cfg, out);
    }
    if (op->next && op->next != i + 1)
        buf_addf(out, " -> %u", op->next);
    buf_addz(out, "\n");
}

void program_explain(const struct program *p, struct buf *out)
{
    static const char *const TRANSACTION[] = {"", ", transaction", ", caller's transaction"};
    buf_addf(out, "flow " STR_FMT "\n", STR_ARG(p->artifact_id));
    explain_routes(p, out);
    for (size_t n = 0; n < p->processes.n; n++) {
        const struct process *process = &p->processes.at[n];
        buf_addf(out, "%sprocess %zu '" STR_FMT "'", process->local ? "local " : "", n,
                 STR_ARG(process->name));
        if (process->entry)
            buf_addf(out, ", begins at %u", process->entry);
        if (process->handler)
            buf_addf(out, ", exceptions at %u", process->handler);
        buf_addf(out, "%s\n", TRANSACTION[process->transaction]);
        for (uint32_t i = 1; i < p->operations.n; i++)
            if (p->operations.at[i].process == n)
                explain_operation(p, i, out);
    }
}
