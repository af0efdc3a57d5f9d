#include "flow_case.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- fakes ---- */
struct fake {
    str seen; /* what its prepare was given */
};

static void fake_prepare(void *cfg, struct prepare *p)
{
    static const char *const shown[] = {"address",     "urlPath",       "headerTable",
                                        "wrapContent", "propertyTable", "scheduleKey"};
    AUTO(buf) struct buf text = BUF(4096);
    for (size_t i = 0; i < COUNT(shown); i++) {
        const str *v = map_get(p->properties, str_of(shown[i]));
        if (v && v->n)
            buf_addf(&text, " %s=" STR_FMT, shown[i], STR_ARG(*v));
    }
    const str *refuse = map_get(p->properties, STR("refuse"));
    if (refuse)
        prepare_unsupported(p, STR_FMT, STR_ARG(*refuse));
    ((struct fake *)cfg)->seen = arena_str(p->arena, buf_str(&text));
}

static struct step_result fake_run(const void *cfg, struct exchange *x, struct err *e)
{
    (void)cfg, (void)x, (void)e;
    return CONTINUE;
}

static void fake_explain(const void *cfg, struct buf *out)
{
    buf_add(out, ((const struct fake *)cfg)->seen);
}

#define STEP(n, keys)                                                                          \
    {                                                                                          \
        .name = n, .activity = keys, .cfg_size = sizeof(struct fake), .prepare = fake_prepare, \
        .run = fake_run, .explain = fake_explain                                               \
    }
static const struct step_type modifier = STEP("Modifier", "Enricher"),
                              script = STEP("Script", "Script:GroovyScript|Script:JavaScript"),
                              xslt = STEP("Xslt", "Mapping:XSLTMapping"),
                              filter = STEP("Filter", "Filter"),
                              iterate = STEP("Iterate", "Splitter:IteratingSplitter"),
                              encode = STEP("Encode", "Encoder"),
                              read = STEP("Read", "DBstorage:get|DBstorage:select"),
                              gather = STEP("Gather", "Gather");
static const struct step_type *const steps[] = {&modifier, &script, &xslt, &filter,
                                                &iterate,  &encode, &read, &gather};
static const struct receiver_type http = {.component = "HTTP",
                                          .cfg_size = sizeof(struct fake),
                                          .prepare = fake_prepare,
                                          .run = fake_run},
                                  direct = {.component = "Other|ProcessDirect", .run = fake_run};
static const struct receiver_type *const receivers[] = {&http, &direct};
static const struct sender_type https = {.component = "HTTPS",
                                         .cfg_size = sizeof(struct fake),
                                         .prepare = fake_prepare,
                                         .explain = fake_explain},
                                from_flow = {.component = "ProcessDirect",
                                             .cfg_size = sizeof(struct fake),
                                             .prepare = fake_prepare,
                                             .explain = fake_explain},
                                timer = {.component = "timer",
                                         .cfg_size = sizeof(struct fake),
                                         .prepare = fake_prepare,
                                         .explain = fake_explain};
static const struct sender_type *const senders[] = {&https, &from_flow, &timer};
const struct registry fake_registry = {
    .steps = steps,
    .nsteps = COUNT(steps),
    .receivers = receivers,
    .nreceivers = COUNT(receivers),
    .senders = senders,
    .nsenders = COUNT(senders),
};

/* ---- bundles ---- */
str case_file(struct arena *a, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/iflw/%s", getenv("TEST_DATA"), name);
    FILE *f = fopen(path, "rb");
    if (!f)
        return STR_NONE;
    char *bytes = arena_alloc(a, 1 << 20);
    size_t n = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    return (str){bytes, n};
}

struct bundle *case_bundle(const char *flow, const char *parameters)
{
    struct bundle *b;
    struct err e;
    char name[200];
    assert_true(bundle_template(STR("Case"), STR("A case"), &b, &e));
    snprintf(name, sizeof name, "%s.iflw", flow);
    str iflw = case_file(b->arena, name);
    assert_non_null(iflw.p);
    bundle_put(b, b->iflw_path, iflw);
    if (parameters)
        bundle_put(b, STR("src/main/resources/parameters.prop"), str_of(parameters));
    return b;
}

/* ---- listing ---- */
static void list_router(const struct control_router *r, struct buf *out)
{
    for (size_t i = 0; i < r->branches.n; i++) {
        const struct control_branch *b = &r->branches.at[i];
        str condition = b->xpath ? flow_xpath_source(b->xpath) : STR("simple");
        buf_addf(out, " " STR_FMT "(" STR_FMT ")->%u", STR_ARG(b->id), STR_ARG(condition),
                 b->target);
    }
    buf_addf(out, " otherwise->%u%s", r->otherwise, r->throw_exception ? " throws" : "");
}

static void list_call(const struct control_call *c, struct buf *out)
{
    buf_addf(out, " process %u", c->process);
    if (c->loop)
        buf_addf(out, " while %s, at most %u%s", c->xpath ? "xpath" : "simple", c->most,
                 c->throw_at_most ? ", throws" : "");
}

static void list_operation(const struct operation *o, struct buf *out)
{
    if (o->type == &control_router)
        list_router(o->cfg, out);
    if (o->type == &control_call)
        list_call(o->cfg, out);
    if (o->type == &control_multicast) {
        const struct control_multicast *m = o->cfg;
        buf_addz(out, m->parallel ? " parallel" : " in order");
        for (size_t i = 0; i < m->targets.n; i++)
            buf_addf(out, " %u", m->targets.at[i]);
    }
    if (o->type == &control_send) {
        const struct control_send *s = o->cfg;
        buf_addf(out, " %s%s to " STR_FMT " by " STR_FMT, s->type->component,
                 s->one_way ? " one way" : "", STR_ARG(s->receiver), STR_ARG(s->channel));
    }
    if (o->type->run == fake_run && o->type->explain)
        o->type->explain(o->cfg, out);
}

static const char *kind_of(const struct step_type *t)
{
    const struct {
        const struct step_type *type;
        const char *name;
    } rows[] = {
        {&control_end,            "end"       },
        {&control_error_end,      "error"     },
        {&control_escalation_end, "escalation"},
        {&control_terminate,      "terminate" },
        {&control_router,         "router"    },
        {&control_multicast,      "multicast" },
        {&control_join,           "join"      },
        {&control_call,           "call"      },
        {&control_send,           "send"      },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].type == t)
            return rows[i].name;
    return t->name;
}

void case_list(const struct program *p, struct buf *out)
{
    static const char *const transactions[] = {"none", "required", "caller's"};
    static const char *const sessions[] = {"none", "exchange", "flow"};
    buf_addf(out, "flow headers='" STR_FMT "' session=%s%s\n", STR_ARG(p->allowed_headers),
             sessions[p->http_session], p->return_exception ? " returns exceptions" : "");
    for (size_t i = 0; i < p->namespaces.entries.n; i++)
        buf_addf(out, "namespace " STR_FMT "=" STR_FMT "\n",
                 STR_ARG(p->namespaces.entries.at[i].key),
                 STR_ARG(*(const str *)p->namespaces.entries.at[i].value));
    for (size_t i = 0; i < p->processes.n; i++) {
        const struct process *s = &p->processes.at[i];
        buf_addf(out,
                 "process %zu " STR_FMT " \"" STR_FMT "\" %s transaction=%s entry=%u handler=%u\n",
                 i, STR_ARG(s->id), STR_ARG(s->name), s->local ? "local" : "main",
                 transactions[s->transaction], s->entry, s->handler);
    }
    for (size_t i = 0; i < p->routes.n; i++) {
        const struct route *r = &p->routes.at[i];
        buf_addf(out, "route " STR_FMT " \"" STR_FMT "\" %s process %u ->%u", STR_ARG(r->id),
                 STR_ARG(r->label), r->type->component, r->process, r->entry);
        r->type->explain(r->cfg, out);
        buf_add_char(out, '\n');
    }
    for (size_t i = 1; i < p->operations.n; i++) {
        const struct operation *o = &p->operations.at[i];
        buf_addf(out, "%2zu %u%s %s " STR_FMT " \"" STR_FMT "\"", i, o->process,
                 o->handler ? "!" : "", kind_of(o->type), STR_ARG(o->id), STR_ARG(o->label));
        list_operation(o, out);
        if (o->next)
            buf_addf(out, " ->%u", o->next);
        buf_add_char(out, '\n');
    }
}

void case_problems(const struct problems *ps, struct buf *out)
{
    for (size_t i = 0; i < ps->list.n; i++)
        buf_addf(out, "%d " STR_FMT " | " STR_FMT " | " STR_FMT "\n", err_http(ps->list.at[i].code),
                 STR_ARG(ps->list.at[i].step), STR_ARG(ps->list.at[i].label),
                 STR_ARG(ps->list.at[i].text));
}
