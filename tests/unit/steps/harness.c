#include "harness.h"

#include "engine/control.h"
#include "engine/program.h"
#include "net/oauth2.h"

static const struct sender_type nobody = {.component = "Nobody"};

static void define(struct store *s, const char *table, const struct store_column *c, size_t n,
                   const char *const *keys, size_t nkeys)
{
    struct err e = {0};
    const struct store_table t = {
        .name = table, .columns = c, .ncolumns = n, .keys = keys, .nkeys = nkeys};
    if (!store_define(s, &t, 1, &e))
        fail_msg("%s: %s", table, e.msg);
}

static void define_tables(struct store *s)
{
    static const struct store_column entry[] = {
        {.name = "id",               .kind = V_TEXT },
        {.name = "data_store_name",  .kind = V_TEXT },
        {.name = "integration_flow", .kind = V_TEXT },
        {.name = "type",             .kind = V_TEXT },
        {.name = "status",           .kind = V_TEXT },
        {.name = "message_id",       .kind = V_TEXT },
        {.name = "due_at",           .kind = V_INT  },
        {.name = "created_at",       .kind = V_INT  },
        {.name = "retain_until",     .kind = V_INT  },
        {.name = "payload",          .kind = V_BYTES},
        {.name = "headers",          .kind = V_TEXT },
    };
    static const char *const entry_key[] = {"id", "data_store_name", "integration_flow", "type"};
    static const struct store_column variable[] = {
        {.name = "variable_name",    .kind = V_TEXT },
        {.name = "integration_flow", .kind = V_TEXT },
        {.name = "visibility",       .kind = V_TEXT },
        {.name = "updated_at",       .kind = V_INT  },
        {.name = "retain_until",     .kind = V_INT  },
        {.name = "payload",          .kind = V_BYTES},
        {.name = "headers",          .kind = V_TEXT },
    };
    static const char *const variable_key[] = {"variable_name", "integration_flow"};
    /* messages run without a log, but for those that a timer starts at once */
    static const struct store_column log[] = {
        {.name = "message_guid",                      .kind = V_TEXT},
        {.name = "correlation_id",                    .kind = V_TEXT},
        {.name = "application_message_id",            .kind = V_TEXT},
        {.name = "application_message_type",          .kind = V_TEXT},
        {.name = "sender",                            .kind = V_TEXT},
        {.name = "receiver",                          .kind = V_TEXT},
        {.name = "status",                            .kind = V_TEXT},
        {.name = "integration_artifact_id",           .kind = V_TEXT},
        {.name = "integration_artifact_name",         .kind = V_TEXT},
        {.name = "integration_artifact_type",         .kind = V_TEXT},
        {.name = "integration_artifact_package_id",   .kind = V_TEXT},
        {.name = "integration_artifact_package_name", .kind = V_TEXT},
        {.name = "log_level",                         .kind = V_TEXT},
        {.name = "custom_status",                     .kind = V_TEXT},
        {.name = "transaction_id",                    .kind = V_TEXT},
        {.name = "local_component_name",              .kind = V_TEXT},
        {.name = "sent_calls",                        .kind = V_INT },
        {.name = "sent_bytes",                        .kind = V_INT },
        {.name = "sent_slices",                       .kind = V_INT },
        {.name = "log_start",                         .kind = V_INT },
        {.name = "log_end",                           .kind = V_INT },
        {.name = "last_change_time",                  .kind = V_INT },
    };
    static const char *const log_key[] = {"message_guid"};
    define(s, "message_processing_log", log, COUNT(log), log_key, COUNT(log_key));
    define(s, "data_store_entry", entry, COUNT(entry), entry_key, COUNT(entry_key));
    define(s, "variable", variable, COUNT(variable), variable_key, COUNT(variable_key));
}

static bool credential(void *arg, const char *kind, str alias, struct arena *a,
                       struct credential *ret, struct err *e)
{
    struct harness *h = arg;
    (void)a;
    if (!h->credential.user.p)
        return err_set(e, ERR_NOT_FOUND, "no %s '" STR_FMT "'", kind, STR_ARG(alias));
    *ret = h->credential;
    return true;
}

static void set_store(struct engine_config *c, struct store *s)
{
    c->store = s;
}

void harness_open(struct harness *h)
{
    struct err e = {0};
    *h = (struct harness){0};
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->changed, NULL);
    const struct store_config sc = {.dir = STR(":memory:")};
    const struct http_client_config hc = {.threads = 1};
    if (!store_open(&sc, &h->store, &e) || !http_client_start(&hc, &h->http, &e))
        fail_msg("%s", e.msg);
    h->oauth2 = oauth2_new(h->http);
    define_tables(h->store);
    struct engine_config ec = {.http = h->http,
                               .oauth2 = h->oauth2,
                               .workers = 2,
                               .credential = credential,
                               .credential_arg = h};
    set_store(&ec, h->store);
    if (!engine_open(&ec, &h->engine, &e))
        fail_msg("%s", e.msg);
    harness_flow(h);
}

static void drop_output(struct harness *h)
{
    fields_free(&h->out_headers);
    fields_free(&h->out_properties);
    body_unref(h->out_body);
    datum_unref(h->fault);
    h->out_body = NULL;
    h->fault = NULL;
}

static void drop_flow(struct harness *h)
{
    drop_output(h);
    fields_free(&h->headers);
    fields_free(&h->properties);
    program_free(h->program);
    arena_free(h->arena);
    h->program = NULL;
}

void harness_close(struct harness *h)
{
    drop_flow(h);
    engine_close(h->engine, 1000);
    http_client_stop(h->http);
    oauth2_free(h->oauth2);
    store_close(h->store);
    pthread_mutex_destroy(&h->lock);
    pthread_cond_destroy(&h->changed);
}

void harness_flow(struct harness *h)
{
    if (h->arena)
        drop_flow(h);
    h->arena = arena_new();
    h->program = program_new();
    h->program->artifact_id = STR("flow");
    h->program->allowed_headers = STR("");
    h->problems = (struct problems){.arena = h->arena};
    map_init(&h->files, h->arena, false);
    fields_init(&h->headers, h->arena, true);
    fields_init(&h->properties, h->arena, false);
    fields_init(&h->out_headers, h->arena, true);
    fields_init(&h->out_properties, h->arena, false);
    struct process main = {.id = STR("Process_1"), .name = STR("main"), .entry = 1};
    vec_add(h->program->arena, &h->program->processes, main);
    struct route r = {.type = &nobody, .id = STR("start"), .label = STR("start"), .entry = 1};
    vec_add(h->program->arena, &h->program->routes, r);
}

static struct map *read_pairs(struct harness *h, va_list ap)
{
    struct map *m = arena_new_of(h->program->arena, struct map);
    map_init(m, h->program->arena, false);
    for (const char *key; (key = va_arg(ap, const char *));) {
        str *value = arena_new_of(h->program->arena, str);
        *value = arena_str(h->program->arena, str_of(va_arg(ap, const char *)));
        map_put(m, arena_str(h->program->arena, str_of(key)), value);
    }
    return m;
}

static struct prepare prepare_of(struct harness *h, const struct map *properties)
{
    return (struct prepare){
        .arena = h->program->arena,
        .program = h->program,
        .properties = properties,
        .files = &h->files,
        .problems = &h->problems,
        .id = STR("step"),
        .label = STR("step"),
        .artifact = STR("flow"),
    };
}

static void *make_cfg(struct harness *h, size_t n)
{
    return arena_alloc(h->program->arena, n ? n : 1);
}

static void add(struct harness *h, const struct step_type *t, void *cfg)
{
    uint32_t at = program_add(h->program, t, cfg, STR("step"), STR("step"), 0);
    if (at > 1)
        h->program->operations.at[at - 1].next = at;
}

void harness_step(struct harness *h, const struct step_type *t, ...)
{
    va_list ap;
    va_start(ap, t);
    struct prepare p = prepare_of(h, read_pairs(h, ap));
    va_end(ap);
    void *cfg = make_cfg(h, t->cfg_size);
    if (t->prepare)
        t->prepare(cfg, &p);
    add(h, t, cfg);
}

void harness_receiver(struct harness *h, const struct receiver_type *t, ...)
{
    va_list ap;
    va_start(ap, t);
    struct prepare p = prepare_of(h, read_pairs(h, ap));
    va_end(ap);
    struct control_send *c = make_cfg(h, sizeof *c);
    *c = (struct control_send){
        .type = t, .cfg = make_cfg(h, t->cfg_size), .receiver = STR("r"), .channel = STR("c")};
    if (t->prepare)
        t->prepare(c->cfg, &p);
    add(h, &control_send, c);
}

void harness_sender(struct harness *h, const struct sender_type *t, ...)
{
    va_list ap;
    va_start(ap, t);
    struct prepare p = prepare_of(h, read_pairs(h, ap));
    va_end(ap);
    struct route r = {.type = t,
                      .cfg = make_cfg(h, t->cfg_size),
                      .id = STR("in"),
                      .label = STR("in"),
                      .entry = 1};
    if (t->prepare)
        t->prepare(r.cfg, &p);
    vec_add(h->program->arena, &h->program->routes, r);
}

void harness_file(struct harness *h, const char *path, const char *bytes)
{
    str *value = arena_new_of(h->arena, str);
    *value = str_of(bytes);
    map_put(&h->files, str_of(path), value);
}

void harness_header(struct harness *h, const char *name, const char *value)
{
    fields_set_text(&h->headers, str_of(name), str_of(value));
}

void harness_property(struct harness *h, const char *name, const char *value)
{
    fields_set_text(&h->properties, str_of(name), str_of(value));
}

static void on_done(void *arg, struct exchange *x)
{
    struct harness *h = arg;
    pthread_mutex_lock(&h->lock);
    h->ok = !x->error;
    h->error = x->error ? *x->error : (struct err){0};
    h->status = message_status(x->message);
    h->out_body = body_ref(x->body);
    h->body = x->body ? body_bytes(x->body) : STR_NONE;
    h->fault = datum_ref(x->fault);
    const struct fault *f = datum_as_fault(x->fault);
    snprintf(h->class_name, sizeof h->class_name, "%s", f ? f->class_name : "");
    h->http_status = f ? f->http_status : 0;
    fields_copy(&h->out_headers, &x->headers);
    fields_copy(&h->out_properties, &x->properties);
    h->done = true;
    pthread_cond_signal(&h->changed);
    pthread_mutex_unlock(&h->lock);
}

bool harness_deploy(struct harness *h, const char *id, struct err *e)
{
    const struct artifact_info info = {.id = str_of(id),
                                       .name = str_of(id),
                                       .version = STR("1.0.0"),
                                       .package_id = STR("p"),
                                       .package_name = STR("p"),
                                       .type = STR("INTEGRATION_FLOW")};
    if (h->problems.list.n)
        fail_msg("%.*s", STR_ARG(h->problems.list.at[0].text));
    struct program *p = h->program;
    h->program = NULL;
    p->artifact_id = arena_str(p->arena, str_of(id));
    *e = (struct err){0};
    if (!engine_deploy(h->engine, &info, p, true, e))
        return false;
    engine_set_log_level(h->engine, str_of(id), MPL_NONE);
    return true;
}

static void deploy(struct harness *h)
{
    struct err e;
    if (h->program && !harness_deploy(h, "flow", &e))
        fail_msg("%s", e.msg);
}

void harness_send_bytes(struct harness *h, str body)
{
    struct err e = {0};
    deploy(h);
    drop_output(h);
    struct artifact *a = engine_artifact(h->engine, STR("flow"));
    const struct start s = {.route = &artifact_program(a)->routes.at[0], .has_reply = true};
    struct exchange *x = exchange_new(a, &s, &e);
    if (!x)
        fail_msg("%s", e.msg);
    fields_copy(&x->headers, &h->headers);
    fields_copy(&x->properties, &h->properties);
    fields_free(&h->headers);
    fields_free(&h->properties);
    if (body.p)
        exchange_set_body(x, body_of_text(body));
    h->done = false;
    engine_start(x, on_done, h);
    pthread_mutex_lock(&h->lock);
    while (!h->done)
        pthread_cond_wait(&h->changed, &h->lock);
    pthread_mutex_unlock(&h->lock);
    artifact_unref(a);
}

void harness_send(struct harness *h, const char *body)
{
    harness_send_bytes(h, str_of(body));
}

bool harness_sends(struct harness *h, const char *body)
{
    harness_send(h, body);
    return h->ok;
}

str harness_out(struct harness *h, const char *header)
{
    struct datum *d = fields_get(&h->out_headers, str_of(header));
    return d ? datum_str(h->arena, d) : STR_NONE;
}

str harness_out_property(struct harness *h, const char *name)
{
    struct datum *d = fields_get(&h->out_properties, str_of(name));
    return d ? datum_str(h->arena, d) : STR_NONE;
}

str harness_problem(struct harness *h)
{
    return h->problems.list.n ? h->problems.list.at[0].text : STR("");
}
