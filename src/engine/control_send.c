/* A receiver channel. Send (one way) puts body, headers and properties back as they were before. */
#include "engine/control.h"
#include "engine/inside.h"

struct saved {
    struct body *body;
    struct fields headers, properties;
};

static void save(struct exchange *x)
{
    struct saved *s = arena_new_of(x->arena, struct saved);
    s->body = body_ref(x->body);
    fields_init(&s->headers, x->arena, true);
    fields_init(&s->properties, x->arena, false);
    fields_share(&s->headers, &x->headers);
    fields_share(&s->properties, &x->properties);
    x->saved = s;
}

static void put_back(struct exchange *x)
{
    struct saved *s = x->saved;
    exchange_set_body(x, s->body);
    fields_free(&x->headers);
    fields_free(&x->properties);
    x->headers = s->headers;
    x->properties = s->properties;
    x->saved = NULL;
}

static struct step_result after(struct exchange *x, struct step_result r)
{
    if (x->saved && r.next != STEP_WAIT)
        put_back(x);
    return r;
}

static void count_sent(struct message *m, int64_t bytes)
{
    m->sent_calls++;
    m->sent_bytes += bytes;
    m->sent_slices += bytes ? (bytes + MESSAGE_SLICE - 1) / MESSAGE_SLICE : 1;
}

static struct step_result send(const void *cfg, struct exchange *x, struct err *e)
{
    const struct control_send *c = cfg;
    if (!c->type->inside && x->message)
        count_sent(x->message, (int64_t)body_size(x->body));
    if (c->one_way)
        save(x);
    return after(x, c->type->run(c->cfg, x, e));
}

static struct step_result sent(const void *cfg, struct exchange *x, struct err *e)
{
    const struct control_send *c = cfg;
    return after(x, c->type->resume ? c->type->resume(c->cfg, x, e) : CONTINUE);
}

static void dispose(void *cfg)
{
    struct control_send *c = cfg;
    if (c->type && c->type->dispose && c->cfg)
        c->type->dispose(c->cfg);
}

static void explain(const void *cfg, struct buf *out)
{
    const struct control_send *c = cfg;
    buf_addf(out, "%s to '" STR_FMT "'%s ", c->type->component, STR_ARG(c->receiver),
             c->one_way ? ", one way" : "");
    if (c->type->explain)
        c->type->explain(c->cfg, out);
}
const struct step_type control_send = {.name = "Send",
                                       .cfg_size = sizeof(struct control_send),
                                       .run = send,
                                       .resume = sent,
                                       .dispose = dispose,
                                       .explain = explain};
