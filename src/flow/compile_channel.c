/* compile_channel: receiver channels (operations) and sender channels (routes). */
#include "flow/compile.h"

static void unsupported(struct compile *c, const char *side, const struct iflw_channel *ch)
{
    str name = adapter_name(iflw_property(&ch->properties, "ComponentType"));
    problem_add(c->problems, ERR_NOT_IMPLEMENTED, ch->id, ch->name,
                "%s channel \"" STR_FMT "\" (" STR_FMT "): adapter " STR_FMT " is not supported",
                side, STR_ARG(ch->name), STR_ARG(ch->id), STR_ARG(name));
}

static const struct receiver_type *find_receiver(const struct compile *c,
                                                 const struct iflw_channel *ch)
{
    str component = iflw_property(&ch->properties, "ComponentType");
    for (size_t i = 0; i < c->registry->nreceivers; i++)
        if (list_has(c->registry->receivers[i]->component, component))
            return c->registry->receivers[i];
    return NULL;
}

static const struct sender_type *find_sender(const struct compile *c, str component)
{
    for (size_t i = 0; i < c->registry->nsenders; i++)
        if (list_has(c->registry->senders[i]->component, component))
            return c->registry->senders[i];
    return NULL;
}

void check_receiver(struct compile *c, const struct iflw_channel *ch)
{
    if (!find_receiver(c, ch))
        unsupported(c, "Receiver", ch);
}

uint32_t compile_send(struct compile *c, struct iflw_node *n, const struct iflw_channel *ch,
                      bool one_way)
{
    const struct receiver_type *type = find_receiver(c, ch);
    struct control_send *to = compile_cfg(c, sizeof *to);
    *to = (struct control_send){type, NULL, one_way, ch->participant, ch->name};
    if (!type) {
        unsupported(c, "Receiver", ch);
        return 0;
    }
    to->cfg = compile_cfg(c, type->cfg_size);
    struct prepare p = compile_prepare(c, &ch->properties, ch->id, ch->name);
    if (type->prepare)
        type->prepare(to->cfg, &p);
    return compile_add(c, n, &control_send, to);
}

static void add_route(struct compile *c, const struct sender_type *type,
                      const struct map *properties, const struct route *route)
{
    struct route r = *route;
    r.type = type;
    r.cfg = compile_cfg(c, type->cfg_size);
    struct prepare p = compile_prepare(c, properties, r.id, r.label);
    if (type->prepare)
        type->prepare(r.cfg, &p);
    vec_add(c->program->arena, &c->program->routes, r);
}

static void timer_route(struct compile *c, struct iflw_node *start, struct route *r)
{
    const struct sender_type *type = find_sender(c, STR("timer"));
    r->id = start->id;
    r->label = start->name;
    if (type)
        add_route(c, type, &start->properties, r);
    else
        compile_problem(c, ERR_NOT_IMPLEMENTED, start, "timer start is not supported yet");
}

/* A start without a channel is reached by nobody: no route, and no problem. */
void compile_routes(struct compile *c, struct iflw_node *start, uint16_t process, uint32_t entry)
{
    struct route r = {.entry = entry, .process = process};
    if (str_eqz(start->event, "timer")) {
        timer_route(c, start, &r);
        return;
    }
    for (size_t i = 0; i < start->channels.n; i++) {
        const struct iflw_channel *ch = start->channels.at[i];
        const struct sender_type *type =
            find_sender(c, iflw_property(&ch->properties, "ComponentType"));
        r.id = ch->id;
        r.label = ch->name;
        if (type)
            add_route(c, type, &ch->properties, &r);
        else
            unsupported(c, "Sender", ch);
    }
}
