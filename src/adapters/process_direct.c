/* ProcessDirect (semantics.md 4): a call of another flow of the same engine. The consumer is looked up when the call
 * is made; it runs as a message of its own under the caller's correlation id. The callee's end is copied into the
 * caller's wait state on whatever thread it happens and applied when the caller goes on. */
#include "adapters/endpoint.h"
#include "adapters/header_filter.h"

enum { MOST_NESTED = 300 };

static struct endpoints table = ENDPOINTS;

static str plain_address(str address)
{
    address = str_trim(address);
    while (address.n && address.p[0] == '/')
        address = str_from(address, 1);
    return address;
}

/* ---- consumer ---- */

struct consumer {
    str address;
    struct inbound_filter *filter;
};

static void prepare_consumer(void *cfg, struct prepare *p)
{
    struct consumer *c = cfg;
    c->address = plain_address(prepare_text(p, "address"));
    if (!c->address.n)
        prepare_wrong(p, "the address of the ProcessDirect channel: it is empty");
    c->filter = inbound_filter_prepare(p, p->program->allowed_headers);
}

static bool start(const void *cfg, struct artifact *a, const struct route *r, bool first,
                  struct err *e)
{
    const struct consumer *c = cfg;
    (void)first;
    return endpoint_add(&table, a, r, c, c->address, false, e);
}

static void stop(const void *cfg, struct artifact *a, const struct route *r)
{
    (void)cfg;
    endpoint_remove(&table, a, r);
}

static void explain_consumer(const void *cfg, struct buf *out)
{
    const struct consumer *c = cfg;
    buf_add(out, c->address);
}

/* ---- producer ---- */

struct producer {
    struct simple *address;
};

struct reply {
    struct exchange *x;
    struct arena *arena; /* names of headers; the caller's own is not ours while it is parked */
    struct fields headers;
    struct body *body;
    struct datum *fault;
    struct err *error; /* in arena; NULL: it succeeded */
    bool escalated;
};

static void prepare_producer(void *cfg, struct prepare *p)
{
    struct producer *c = cfg;
    c->address = prepare_simple(p, prepare_text(p, "address"), SIMPLE_TEXT);
    if (!c->address)
        prepare_wrong(p, "the address of the ProcessDirect channel: it is empty");
}

static void on_end(void *arg, struct exchange *callee)
{
    struct reply *r = arg;
    r->body = body_ref(callee->body);
    if (callee->error) {
        r->error = arena_new_of(r->arena, struct err);
        *r->error = *callee->error;
    }
    r->fault = datum_ref(callee->fault);
    r->escalated = message_status(callee->message) == MESSAGE_ESCALATED;
    fields_copy(&r->headers, &callee->headers);
    engine_resume(r->x);
}

static bool find_consumer(const struct producer *c, struct exchange *x, struct endpoint_hit *ret,
                          struct err *e)
{
    str address;
    if (!simple_text(c->address, x, x->arena, &address, e))
        return err_ctx(e, "address");
    if (endpoint_find(&table, x->engine, plain_address(address), ret))
        return true;
    err_set(e, ERR_NOT_FOUND, "No consumers available on endpoint: direct-vm://" STR_FMT,
            STR_ARG(address));
    exchange_throw(x, "org.apache.camel.component.directvm.DirectVmConsumerNotAvailableException",
                   e);
    return false;
}

static void fill(struct exchange *callee, const struct consumer *c, const struct exchange *x)
{
    for (size_t i = 0; i < x->headers.n; i++)
        if (inbound_filter_passes(c->filter, x->headers.at[i].name))
            fields_set(&callee->headers, x->headers.at[i].name, datum_ref(x->headers.at[i].value));
    struct datum *passport = fields_get(&x->properties, STR("SAP_SAPPASSPORT"));
    if (passport)
        fields_set(&callee->properties, STR("SAP_SAPPASSPORT"), datum_ref(passport));
    exchange_set_body(callee, body_ref(x->body));
}

static struct step_result run(const void *cfg, struct exchange *x, struct err *e)
{
    struct endpoint_hit hit;
    if (x->nesting >= MOST_NESTED) {
        err_set(e, ERR_UNAVAILABLE, "more than %d flows call each other: endless recursion?",
                MOST_NESTED);
        return FAIL;
    }
    if (!find_consumer(cfg, x, &hit, e))
        return FAIL;
    const struct start s = {
        .route = hit.route,
        .has_reply = true,
        .correlation_id = exchange_correlation_id(x),
        .sender = artifact_info(x->artifact)->name,
    };
    struct exchange *callee = exchange_new(hit.artifact, &s, e);
    if (callee) {
        struct reply *r = arena_new_of(x->arena, struct reply);
        *r = (struct reply){.x = x, .arena = arena_new()};
        fields_init(&r->headers, r->arena, true);
        x->wait = r;
        callee->nesting = x->nesting + 1;
        fill(callee, hit.cfg, x);
        engine_start(callee, on_end, r);
    }
    artifact_unref(hit.artifact);
    return callee ? WAIT : FAIL;
}

static bool failed(struct exchange *x, const struct reply *r, struct err *e)
{
    const struct fault *f = datum_as_fault(r->fault);
    if (!r->escalated) {
        if (r->error)
            *e = *r->error;
        if (r->error && f)
            exchange_throw_fault(x, f, e);
        return r->error;
    }
    if (!x->has_reply)
        return false;
    err_set(e, ERR_INTERNAL, "the called integration flow ended with an escalation");
    exchange_throw(x, "com.sap.it.rt.adapter.processdirect.exceptions.ProcessDirectException", e);
    return true;
}

static struct step_result resume(const void *cfg, struct exchange *x, struct err *e)
{
    struct reply *r = x->wait;
    bool bad = failed(x, r, e);
    (void)cfg;
    if (!bad) {
        fields_remove(&r->headers,
                      STR("SAP_MessageProcessingLogID")); /* each message has its own */
        exchange_set_body(x, body_ref(r->body));
        fields_copy(&x->headers, &r->headers);
    }
    body_unref(r->body);
    datum_unref(r->fault);
    fields_free(&r->headers);
    arena_free(r->arena);
    return bad ? FAIL : CONTINUE;
}

const struct sender_type sender_process_direct = {
    .component = "ProcessDirect",
    .cfg_size = sizeof(struct consumer),
    .prepare = prepare_consumer,
    .start = start,
    .stop = stop,
    .explain = explain_consumer,
};

const struct receiver_type receiver_process_direct = {
    .component = "ProcessDirect",
    .cfg_size = sizeof(struct producer),
    .inside = true,
    .prepare = prepare_producer,
    .run = run,
    .resume = resume,
};
