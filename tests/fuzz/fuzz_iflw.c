/* Any bytes as a flow: a program, or problems that each name something. */
#include <stdlib.h>

#include "engine/control.h"
#include "flow/flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct step_result run(const void *cfg, struct exchange *x, struct err *e)
{
    (void)cfg, (void)x, (void)e;
    return CONTINUE;
}
static const struct step_type step = {
    .name = "Step", .activity = "Enricher|Filter|Gather|Splitter|Script|Mapping", .run = run};
static const struct step_type *const steps[] = {&step};
static const struct receiver_type receiver = {.component = "HTTP|ProcessDirect", .run = run};
static const struct receiver_type *const receivers[] = {&receiver};
static const struct sender_type sender = {.component = "HTTPS|ProcessDirect|timer"};
static const struct sender_type *const senders[] = {&sender};
static const struct registry registry = {.steps = steps,
                                         .nsteps = 1,
                                         .receivers = receivers,
                                         .nreceivers = 1,
                                         .senders = senders,
                                         .nsenders = 1};

static void check(bool ok)
{
    if (!ok)
        abort();
}

/* Every operation that another names exists. */
static void check_program(const struct program *p)
{
    AUTO(buf) struct buf text = BUF(64 << 20);
    for (size_t i = 1; i < p->operations.n; i++) {
        const struct operation *o = &p->operations.at[i];
        check(o->next < p->operations.n && o->process < p->processes.n);
        if (o->type == &control_call)
            check(p->processes.at[((const struct control_call *)o->cfg)->process].entry != 0);
    }
    for (size_t i = 0; i < p->routes.n; i++)
        check(p->routes.at[i].entry && p->routes.at[i].entry < p->operations.n);
    program_explain(p, &text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct bundle *b = NULL;
    struct err e = {0};
    struct problems ps = {.arena = arena_new()};
    check(bundle_template(STR("F"), STR("F"), &b, &e));
    bundle_put(b, b->iflw_path, (str){(const char *)data, n});
    bundle_put(b, STR("src/main/resources/parameters.prop"),
               STR("a=<row><cell>1</cell></row>\nb=&lt;x\nc=7"));
    struct program *p = flow_compile(b, &registry, &ps);
    bundle_free(b);
    check((p != NULL) == (ps.list.n == 0));
    for (size_t i = 0; i < ps.list.n; i++)
        check(ps.list.at[i].text.n > 0);
    if (p)
        check_program(p);
    program_free(p);
    arena_free(ps.arena);
    return 0;
}
