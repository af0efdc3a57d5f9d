/* Conditions. iF and ifWithoutElse look at the chosen branch only: an error or an empty context of the other one does
 * not matter. The S forms are ordinary functions of all their inputs. */
#include "mapping/inside.h"

static struct entry at(const struct slice *s, size_t k)
{
    return s->at[k < s->n ? k : s->n - 1]; /* a shorter input repeats its last value */
}

static size_t longest(const struct slice *in, size_t n)
{
    size_t most = 0;
    bool all = true;
    for (size_t i = 0; i < n; i++) {
        all = all && in[i].generating;
        most = !in[i].generating && in[i].n > most ? in[i].n : most;
    }
    return all ? 1 : most;
}

static const struct entry suppress = {.p = "", .kind = ENTRY_SUPPRESS};

/* otherwise NULL: false gives SUPPRESS. */
static void choose(struct eval *v, const struct slice *condition, const struct slice *then,
                   const struct slice *otherwise, size_t n, struct queue *out)
{
    for (size_t k = 0; condition->n && k < n; k++) {
        struct entry c = at(condition, k);
        const struct slice *branch = entry_truth(c) ? then : otherwise;
        if (c.kind == ENTRY_ERROR || c.kind == ENTRY_SUPPRESS)
            queue_add(v->a, out, c);
        else if (!branch)
            queue_add(v->a, out, suppress);
        else if (branch->n)
            queue_add(v->a, out, at(branch, k));
    }
}

static bool if_else(struct eval *v, const struct op *op, const struct slice *in, struct queue *out,
                    struct err *e)
{
    (void)op, (void)e;
    choose(v, &in[1], &in[0], &in[2], longest(in, 3), out);
    return true;
}

static bool if_only(struct eval *v, const struct op *op, const struct slice *in, struct queue *out,
                    struct err *e)
{
    (void)op, (void)e;
    choose(v, &in[0], &in[1], NULL, longest(in, 2), out);
    return true;
}

static bool if_else_all(struct eval *v, const struct op *op, const struct entry *in,
                        struct entry *ret, struct err *e)
{
    (void)v, (void)op, (void)e;
    *ret = in[entry_truth(in[1]) ? 0 : 2];
    return true;
}

static bool if_only_all(struct eval *v, const struct op *op, const struct entry *in,
                        struct entry *ret, struct err *e)
{
    (void)v, (void)op, (void)e;
    *ret = entry_truth(in[0]) ? in[1] : suppress;
    return true;
}

static bool create_if(struct eval *v, const struct op *op, const struct slice *in,
                      struct queue *out, struct err *e)
{
    (void)op, (void)e;
    for (size_t k = 0; k < in->n; k++) {
        struct entry c = in->at[k];
        if (c.kind == ENTRY_TEXT)
            c = entry_truth(c) ? entry_text(STR("")) : suppress;
        queue_add(v->a, out, c);
    }
    return true;
}

static size_t count_values(const struct slice *s)
{
    size_t n = 0;
    for (size_t k = 0; k < s->n; k++)
        n += s->at[k].kind != ENTRY_SUPPRESS;
    return n;
}

static bool map_default(struct eval *v, const struct op *op, const struct slice *in,
                        struct queue *out, struct err *e)
{
    (void)e;
    if (!count_values(in))
        queue_add(v->a, out, entry_text(op->settings.texts[0]));
    else
        for (size_t k = 0; k < in->n; k++)
            queue_add(v->a, out, in->at[k]);
    return true;
}

static bool exists(struct eval *v, const struct op *op, const struct slice *in, struct queue *out,
                   struct err *e)
{
    (void)op, (void)e;
    queue_add(v->a, out, entry_bool(count_values(in) > 0));
    return true;
}

static bool drop_suppressed(struct eval *v, const struct op *op, const struct slice *in,
                            struct queue *out, struct err *e)
{
    (void)op, (void)e;
    for (size_t k = 0; k < in->n; k++)
        if (in->at[k].kind != ENTRY_SUPPRESS)
            queue_add(v->a, out, in->at[k]);
    return true;
}

const struct function function_drop_suppressed = {
    "(without suppressed)", 1, 1, NULL, NULL, NULL, NULL, drop_suppressed, NULL, "", false};
static const struct function rows[] = {
    {"iF",             3, 3, NULL,            NULL, NULL, NULL,        if_else,     NULL,
     "the first input where the second is true, else the third; looks at no other branch",                                  false},
    {"iFS",            3, 3, NULL,            NULL, NULL, if_else_all, NULL,        NULL, "as iF, of all inputs",           false},
    {"ifWithoutElse",  2, 2, "keepss",        NULL, NULL, NULL,        if_only,     NULL,
     "the second input where the first is true, else suppressed",                                                           false},
    {"ifSWithoutElse", 2, 2, "keepss",        NULL, NULL, if_only_all, NULL,        NULL,
     "as ifWithoutElse, of all inputs",                                                                                     false},
    {"createIf",       1, 1, NULL,            NULL, NULL, NULL,        create_if,   NULL,
     "an element where the input is true",                                                                                  false},
    {"mapWithDefault", 1, 1, "default_value", NULL, NULL, NULL,        map_default, NULL,
     "the default for a context without values",                                                                            false},
    {"exists",         1, 1, NULL,            NULL, NULL, NULL,        exists,      NULL, "whether the context has values", false},
};
const struct function_table condition_functions = {rows, COUNT(rows)};
