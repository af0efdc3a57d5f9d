#include "kit.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"

atomic_int kit_blocking_threads;

/* ---- steps ---- */

static struct step_result append(const void *cfg, struct exchange *x, struct err *e)
{
    (void)e;
    str old = body_bytes(x->body);
    exchange_set_body(
        x, body_of_text(arena_fmt(x->arena, STR_FMT "%s", STR_ARG(old), (const char *)cfg)));
    return CONTINUE;
}
const struct step_type kit_append = {.name = "append", .run = append};

static struct step_result oops(const void *cfg, struct exchange *x, struct err *e)
{
    err_set(e, ERR_INTERNAL, "%s", (const char *)cfg);
    exchange_throw(x, "x.Oops", e);
    return FAIL;
}
const struct step_type kit_fail = {.name = "fail", .run = oops};

static struct step_result fail_if(const void *cfg, struct exchange *x, struct err *e)
{
    return str_eqz(body_bytes(x->body), cfg) ? oops("bad part", x, e) : CONTINUE;
}
const struct step_type kit_fail_if = {.name = "fail_if", .run = fail_if};

static void *resume_it(void *arg)
{
    engine_resume(arg);
    return NULL;
}

static struct step_result wait_step(const void *cfg, struct exchange *x, struct err *e)
{
    (void)cfg, (void)e;
    pthread_t t;
    if (pthread_create(&t, NULL, resume_it, x) != 0)
        abort();
    pthread_detach(t);
    return WAIT;
}
const struct step_type kit_wait = {.name = "wait", .run = wait_step};

static pthread_mutex_t park_lock = PTHREAD_MUTEX_INITIALIZER;
static struct exchange *parked[20000];
static size_t nparked;

static struct step_result park(const void *cfg, struct exchange *x, struct err *e)
{
    (void)cfg, (void)e;
    pthread_mutex_lock(&park_lock);
    parked[nparked++] = x;
    pthread_mutex_unlock(&park_lock);
    return WAIT;
}
const struct step_type kit_park = {.name = "park", .run = park};

size_t kit_parked(void)
{
    pthread_mutex_lock(&park_lock);
    size_t n = nparked;
    pthread_mutex_unlock(&park_lock);
    return n;
}

void kit_release(void)
{
    pthread_mutex_lock(&park_lock);
    while (nparked)
        engine_resume(parked[--nparked]);
    pthread_mutex_unlock(&park_lock);
}

static struct step_result block(const void *cfg, struct exchange *x, struct err *e)
{
    (void)cfg, (void)x, (void)e;
    char name[16];
    pthread_getname_np(pthread_self(), name, sizeof name);
    kit_blocking_threads += str_starts(str_of(name), STR("blocking"));
    return CONTINUE;
}
const struct step_type kit_block = {.name = "block", .run = block, .blocks = true};

static struct step_result count(const void *cfg, struct exchange *x, struct err *e)
{
    double n = 0;
    (void)cfg;
    datum_number(fields_get(&x->properties, STR("n")), &n);
    fields_set(&x->properties, STR("n"), datum_int((int64_t)n + 1));
    str loop = exchange_property(x, "CamelLoopIndex");
    return append(arena_strdup(x->arena, loop.p ? loop : STR("-")), x, e);
}
const struct step_type kit_count = {.name = "count", .run = count};

/* ---- split and gather ---- */

static bool part(struct exchange *parent, struct exchange *child, size_t i, void *state,
                 struct err *e)
{
    (void)state;
    str rest = body_bytes(parent->body), one;
    if (!rest.n)
        return false;
    do
        if (!str_split(&rest, ',', &one))
            return false;
    while (i--);
    if (str_eqz(one, "unsplittable"))
        return err_set(e, ERR_BAD_REQUEST, "cannot split");
    exchange_set_body(child, body_of_text(one));
    return true;
}

static struct step_result split(const void *cfg, struct exchange *x, struct err *e)
{
    const struct kit_split *c = cfg;
    (void)e;
    str rest = body_bytes(x->body), one;
    size_t n = 0;
    while (rest.n && str_split(&rest, ',', &one))
        n++;
    struct fork_plan plan = {.part = part,
                             .parallel = c->parallel,
                             .stop_on_error = c->stop,
                             .split = true,
                             .total = c->streaming ? 0 : n,
                             .timeout_ms = c->timeout_ms};
    exchange_fork(x, &plan);
    return (struct step_result){.next = STEP_FORK};
}
const struct step_type kit_split = {.name = "split", .run = split, .forks = true};

static struct step_result gather(const void *cfg, struct exchange *x, struct err *e)
{
    struct buf out = BUF(1 << 24);
    (void)cfg, (void)e;
    for (size_t i = 0; i < x->nparts; i++) {
        if (i)
            buf_add_char(&out, '|');
        buf_add(&out, body_bytes(x->parts[i]->body));
    }
    exchange_drop_parts(x);
    exchange_set_body(x, body_of_buf(&out));
    return CONTINUE;
}
const struct step_type kit_gather = {.name = "gather", .run = gather, .meets = true};

/* ---- effects ---- */

static void committed(void *arg, bool ok, const struct err *e)
{
    (void)ok, (void)e;
    engine_resume(arg);
}

static struct step_result effect(const void *cfg, struct exchange *x, struct err *e)
{
    (void)cfg, (void)e;
    bool now = false;
    struct store_batch *b = exchange_effects(x, &now);
    struct value row[] = {VALUE_TEXT(str_of(exchange_message_id(x)))};
    store_batch_add(b, "INSERT INTO effect (id) VALUES (?)", row, 1);
    if (!now)
        return CONTINUE;
    store_commit(engine_config(x->engine)->store, b, committed, x);
    return WAIT;
}
const struct step_type kit_effect = {.name = "effect", .run = effect};

/* ---- programs ---- */

struct program *kit_program(void)
{
    struct program *p = program_new();
    p->artifact_id = STR("flow");
    vec_add(p->arena, &p->processes, (struct process){.id = STR("main"), .name = STR("main")});
    return p;
}

uint16_t kit_local(struct program *p)
{
    vec_add(p->arena, &p->processes,
            (struct process){.id = STR("local"),
                             .name = STR("local"),
                             .local = true,
                             .transaction = TRANSACTION_FROM_CALLER});
    return (uint16_t)(p->processes.n - 1);
}

uint32_t kit_last(const struct program *p)
{
    return (uint32_t)p->operations.n - 1;
}

uint32_t kit_steps(struct program *p, uint16_t process, ...)
{
    va_list ap;
    va_start(ap, process);
    uint32_t first = 0, before = 0;
    for (const struct step_type *t; (t = va_arg(ap, const struct step_type *));) {
        void *cfg = va_arg(ap, void *);
        uint32_t at = program_add(p, t, cfg, arena_fmt(p->arena, "s%zu", p->operations.n),
                                  str_of(t->name), process);
        if (before)
            p->operations.at[before].next = at;
        first = first ? first : at;
        before = at;
    }
    va_end(ap);
    return first;
}

void kit_handler(struct program *p, uint16_t process, uint32_t entry)
{
    p->processes.at[process].handler = entry;
}

struct simple *kit_condition(struct program *p, const char *text)
{
    struct simple *s = NULL;
    struct err e = {0};
    if (!simple_compile(p->arena, str_of(text), SIMPLE_CONDITION, &s, &e))
        fail_msg("%s", e.msg);
    return s;
}

/* ---- running ---- */

struct engine *kit_engine(struct store *s)
{
    struct engine_config c = {.store = s, .workers = 2, .blocking = 1, .max_steps = 5000};
    struct engine *g = NULL;
    struct err e = {0};
    if (!engine_open(&c, &g, &e))
        fail_msg("%s %s", e.ctx, e.msg);
    return g;
}

void kit_deploy(struct engine *g, struct program *p, uint32_t entry, const char *id)
{
    struct artifact_info info = {.id = str_of(id),
                                 .name = str_of(id),
                                 .version = STR("1.0.0"),
                                 .package_id = STR("pack"),
                                 .package_name = STR("Pack"),
                                 .type = STR("INTEGRATION_FLOW")};
    struct err e = {0};
    vec_add(p->arena, &p->routes, (struct route){.id = STR("route"), .entry = entry});
    if (!engine_deploy(g, &info, p, true, &e))
        fail_msg("%s", e.msg);
}

struct waiting {
    sem_t over;
    struct kit_result result;
};

static void done(void *arg, struct exchange *x)
{
    struct waiting *w = arg;
    struct kit_result *r = &w->result;
    snprintf(r->body, sizeof r->body, STR_FMT, STR_ARG(body_bytes(x->body)));
    snprintf(r->error, sizeof r->error, "%s", x->error ? x->error->msg : "");
    snprintf(r->message_id, sizeof r->message_id, "%s", exchange_message_id(x));
    r->null_body = !x->body;
    r->code = x->error ? x->error->code : ERR_NONE;
    r->status = message_status(x->message);
    sem_post(&w->over);
}

struct kit_result kit_run(struct engine *g, const char *id, const char *body, bool has_reply)
{
    struct waiting w = {0};
    struct err e = {0};
    sem_init(&w.over, 0, 0);
    struct artifact *a = engine_artifact(g, str_of(id));
    struct start s = {.route = &artifact_program(a)->routes.at[0], .has_reply = has_reply};
    struct exchange *x = exchange_new(a, &s, &e);
    artifact_unref(a);
    if (!x)
        fail_msg("%s", e.msg);
    exchange_set_body(x, body ? body_of_text(str_of(body)) : NULL);
    engine_start(x, done, &w);
    sem_wait(&w.over);
    sem_destroy(&w.over);
    return w.result;
}

struct kit_result kit_once(struct program *p, uint32_t entry, const char *body)
{
    struct engine *g = kit_engine(NULL);
    kit_deploy(g, p, entry, "flow");
    struct kit_result r = kit_run(g, "flow", body, true);
    engine_close(g, 1000);
    return r;
}

/* ---- tables: what the EDMX defines in the product ---- */

void kit_tables(struct store *s)
{
    static const struct {
        const char *name, *columns, *keys;
    } TABLES[] = {
        {"message_processing_log",
         "message_guid correlation_id application_message_id application_message_type #log_start #log_end sender receiver"
         " status integration_artifact_id integration_artifact_name integration_artifact_type"
         " integration_artifact_package_id integration_artifact_package_name log_level custom_status transaction_id"
         " local_component_name #last_change_time #sent_calls #sent_bytes #sent_slices",                               "message_guid" },
        {"custom_header_property",          "id message_guid name value",                                              "id"           },
        {"adapter_attribute",               "id message_guid adapter_id adapter_message_id name value",                "id"           },
        {"mpl_attachment",                  "id message_guid #time_stamp name content_type #payload_size @payload",
         "id"                                                                                                                         },
        {"error_information",               "message_guid type last_error_model_step_id text",                         "message_guid" },
        {"mpl_run",                         "id message_guid #run_start #run_stop log_level overall_state process_id",
         "id"                                                                                                                         },
        {"run_step",
         "run_id #child_count #step_start #step_stop step_id model_step_id branch_id status error activity",
         "run_id child_count"                                                                                                         },
        {"trace_message",
         "#trace_id mpl_id run_id #child_count model_step_id #payload_size mime_type @payload",                        "trace_id"     },
        {"trace_message_property",          "#trace_id name value",                                                    "trace_id name"},
        {"trace_message_exchange_property", "#trace_id name value",                                                    "trace_id name"},
        {"effect",                          "id",                                                                      "id"           },
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(TABLES); i++) {
        struct store_column columns[32] = {0};
        const char *keys[4];
        struct store_table t = {.name = TABLES[i].name, .columns = columns, .keys = keys};
        struct err e = {0};
        for (str rest = str_of(TABLES[i].columns), one; str_split(&rest, ' ', &one);) {
            bool marked = one.p[0] == '#' || one.p[0] == '@';
            columns[t.ncolumns++] = (struct store_column){arena_strdup(a, str_from(one, marked)),
                                                          one.p[0] == '#'   ? V_INT
                                                          : one.p[0] == '@' ? V_BYTES
                                                                            : V_TEXT,
                                                          false};
        }
        for (str rest = str_of(TABLES[i].keys), one; str_split(&rest, ' ', &one);)
            keys[t.nkeys++] = arena_strdup(a, one);
        if (!store_define(s, &t, 1, &e))
            fail_msg("%s", e.msg);
    }
    arena_free(a);
}
