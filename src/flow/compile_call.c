/* compile_call: calls of local processes (once, or do-until) and of receivers (Request Reply, Send). */
#include "flow/compile.h"

enum { LOOP_MOST = 999, LOOP_LIMIT = 1000000 }; /* the editor's default, and ours */

bool compile_is_call(const struct iflw_node *n)
{
    return str_eqz(iflw_property(&n->properties, "activityType"), "ProcessCallElement") ||
           (n->kind == IFLW_ACTIVITY &&
            list_has("LoopingProcess|NonLoopingProcess", activity_variant(&n->properties)));
}

static void set_loop(struct compile *c, struct iflw_node *n, struct control_call *to)
{
    struct prepare p = compile_prepare(c, &n->properties, n->id, n->name);
    str kind = iflw_property(&n->properties, "expressionType");
    int64_t most = LOOP_MOST;
    size_t before = c->problems->list.n;
    if (n->loop_most.n &&
        (!str_to_i64(str_trim(n->loop_most), &most) || most < 1 || most > LOOP_LIMIT))
        prepare_wrong(&p, "the maximum number of iterations is '" STR_FMT "'",
                      STR_ARG(n->loop_most));
    if (!str_trim(n->loop_condition).n)
        prepare_wrong(&p, "the loop has no condition");
    else if (str_eqz(kind, "XML"))
        to->xpath = prepare_xpath(&p, n->loop_condition);
    else
        to->condition = prepare_simple(&p, n->loop_condition, SIMPLE_CONDITION);
    compile_name_problems(c, before, "Step", n->id, n->name);
    to->loop = true;
    to->most = (uint32_t)most;
    to->throw_at_most = str_eqz(iflw_property(&n->properties, "postProcessing"), "throwException");
}

struct iflw_scope *compile_called(const struct compile *c, const struct iflw_node *n)
{
    return compile_is_call(n) ? map_get(&c->flow.scopes, iflw_property(&n->properties, "processId"))
                              : NULL;
}

void compile_call(struct compile *c, struct iflw_node *n)
{
    struct iflw_scope *process = compile_called(c, n);
    struct control_call *to = compile_cfg(c, sizeof *to);
    if (process)
        to->process = compile_reach(c, process);
    if (!process || !c->program->processes.at[to->process].local)
        compile_problem(c, ERR_BAD_REQUEST, n, "it calls '" STR_FMT "', which is no local process",
                        STR_ARG(iflw_property(&n->properties, "processId")));
    if (n->loop_condition.p ||
        str_eqz(iflw_property(&n->properties, "subActivityType"), "LoopingProcess"))
        set_loop(c, n, to);
    uint32_t at = compile_add(c, n, &control_call, to);
    c->nodes[n->index].first = c->nodes[n->index].last = at;
}

bool compile_is_send(struct compile *c, const struct iflw_node *n)
{
    str key = activity_key(c->scratch, n);
    return !key.n || list_has("ExternalCall|Send", key);
}

void compile_service(struct compile *c, struct iflw_node *n)
{
    if (!compile_is_send(c, n)) { /* Poll Enrich, Content Enricher */
        compile_step(c, n);
        for (size_t i = 0; i < n->channels.n; i++)
            check_receiver(c, n->channels.at[i]);
    } else if (n->channels.n != 1) {
        compile_problem(c, ERR_BAD_REQUEST, n,
                        n->channels.n ? "it has several channels"
                                      : "it has no channel to a receiver");
    } else {
        bool one_way = str_eqz(activity_key(c->scratch, n), "Send");
        uint32_t at = compile_send(c, n, n->channels.at[0], one_way);
        c->nodes[n->index].first = c->nodes[n->index].last = at;
    }
}
