/* compile_channel: receiver channels (operations) and sender channels (routes). */
#include "flow/compile.h"

static const char receiver[] = "Receiver channel", sender[] = "Sender channel";

static void unsupported(struct compile *c, const char *side, const struct iflw_channel *ch)
{
    str name = adapter_name(iflw_property(&ch->properties, "ComponentType"));
    problem_add(c->problems, ERR_NOT_IMPLEMENTED, ch->id, ch->name,
                "adapter " STR_FMT " is not supported", STR_ARG(name));
    compile_name_problems(c, c->problems->list.n - 1, side, ch->id, ch->name);
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
        unsupported(c, receiver, ch);
}

uint32_t compile_send(struct compile *c, struct iflw_node *n, const struct iflw_channel *ch,
                      bool one_way)
{
    const struct receiver_type *type = find_receiver(c, ch);
    struct control_send *to = compile_cfg(c, sizeof *to);
    *to = (struct control_send){type, NULL, one_way, ch->participant, ch->name};
    if (!type) {
        unsupported(c, receiver, ch);
        return 0;
    }
    to->cfg = compile_cfg(c, type->cfg_size);
    struct prepare p = compile_prepare(c, &ch->properties, ch->id, ch->name);
    size_t before = c->problems->list.n;
    if (type->prepare)
        type->prepare(to->cfg, &p);
    compile_name_problems(c, before, receiver, ch->id, ch->name);
    return compile_add(c, n, &control_send, to);
}

/* false: no such sender type. what names the start in problems. */
static bool add_route(struct compile *c, str component, const struct map *properties,
                      const char *what, struct route r)
{
    r.type = find_sender(c, component);
    if (!r.type)
        return false;
    r.cfg = compile_cfg(c, r.type->cfg_size);
    struct prepare p = compile_prepare(c, properties, r.id, r.label);
    size_t before = c->problems->list.n;
    if (r.type->prepare)
        r.type->prepare(r.cfg, &p);
    compile_name_problems(c, before, what, r.id, r.label);
    vec_add(c->program->arena, &c->program->routes, r);
    return true;
}

/* A start without a channel is reached by nobody: no route, and no problem. */
void compile_routes(struct compile *c, struct iflw_node *start, uint16_t process, uint32_t entry)
{
    struct route r = {.id = start->id, .label = start->name, .entry = entry, .process = process};
    if (str_eqz(start->event, "timer")) {
        if (!add_route(c, STR("timer"), &start->properties, "Step", r))
            compile_problem(c, ERR_NOT_IMPLEMENTED, start, "timer start is not supported yet");
        return;
    }
    for (size_t i = 0; i < start->channels.n; i++) {
        const struct iflw_channel *ch = start->channels.at[i];
        r.id = ch->id;
        r.label = ch->name;
        if (!add_route(c, iflw_property(&ch->properties, "ComponentType"), &ch->properties, sender,
                       r))
            unsupported(c, sender, ch);
    }
}
