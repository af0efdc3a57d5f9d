/* compile_circle: local processes that call each other in a circle. Recursion is a loop that flows really use, ended
 * by a router; without anything that could end it, it is an error here. What a router never ends, the engine stops
 * at its depth limit. */
#include "flow/compile.h"

enum mark { NEW, OPEN, CLOSED };
struct call { /* that every message makes */
    uint16_t from, to;
};
struct search {
    struct compile *c;
    VEC(struct call) calls;
    enum mark *marks; /* by process */
    uint16_t *path;
};

/* The calls before the first gateway. */
static void note_calls(struct search *s, const struct iflw_scope *process)
{
    const struct iflw_node *n = NULL;
    for (size_t i = 0; i < process->nodes.n && !n; i++)
        if (process->nodes.at[i]->kind == IFLW_START)
            n = process->nodes.at[i];
    size_t most = process->nodes.n; /* the sequence flows may be a circle themselves */
    for (; n && most; most--) {
        const struct iflw_scope *called = compile_called(s->c, n);
        struct call call = {(uint16_t)(process->number - 1), 0};
        if (called &&
            called->number) { /* else a wrong sequence flow has led out of what is compiled */
            call.to = (uint16_t)(called->number - 1);
            vec_add(s->c->scratch, &s->calls, call);
        }
        n = n->out.n == 1 ? n->out.at[0]->target : NULL;
    }
}

static void report(struct search *s, size_t depth, uint16_t to)
{
    AUTO(buf) struct buf text = BUF(400);
    const struct iflw_scope *process = s->c->reached.at[to];
    size_t from = 0;
    while (s->path[from] != to)
        from++;
    for (size_t i = from; i < depth; i++)
        buf_addf(&text, "\"" STR_FMT "\" -> ", STR_ARG(s->c->reached.at[s->path[i]]->name));
    problem_add(s->c->problems, ERR_BAD_REQUEST, process->id, process->name,
                "Local processes call each other in a circle that nothing ends: " STR_FMT
                "\"" STR_FMT "\"",
                STR_ARG(buf_str(&text)), STR_ARG(process->name));
}

static void follow(struct search *s, size_t depth)
{
    uint16_t at = s->path[depth - 1];
    s->marks[at] = OPEN;
    for (size_t i = 0; i < s->calls.n; i++) {
        uint16_t to = s->calls.at[i].to;
        if (s->calls.at[i].from != at || s->marks[to] == CLOSED)
            continue;
        if (s->marks[to] == OPEN) {
            report(s, depth, to);
            continue;
        }
        s->path[depth] = to;
        follow(s, depth + 1);
    }
    s->marks[at] = CLOSED;
}

void check_circles(struct compile *c)
{
    size_t n = c->reached.n;
    struct search s = {.c = c};
    s.marks = arena_new_array(c->scratch, enum mark, n + 1);
    s.path = arena_new_array(c->scratch, uint16_t, n + 1);
    for (size_t i = 0; i < n; i++)
        note_calls(&s, c->reached.at[i]);
    for (size_t i = 0; i < n; i++)
        if (s.marks[i] == NEW) {
            s.path[0] = (uint16_t)i;
            follow(&s, 1);
        }
}
