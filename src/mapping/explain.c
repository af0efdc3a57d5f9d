/* What `mapping explain` prints: the target as a tree, each field with its occurrences and the expression that feeds
 * it, in the notation of message-mapping.md 10. */
#include "mapping/inside.h"
#include "mapping/structure.h"

enum { MOST_NESTED = 100 };

static void write_op(const struct mapping *m, size_t at, struct buf *out, unsigned depth);

static void write_inputs(const struct mapping *m, const struct op *op, struct buf *out,
                         unsigned depth)
{
    buf_add_char(out, '(');
    for (unsigned i = 0; i < op->nin; i++) {
        if (i)
            buf_addz(out, ", ");
        write_op(m, op->in[i], out, depth + 1);
    }
    buf_add_char(out, ')');
}

static void write_settings(const struct op *op, struct buf *out)
{
    str texts = str_of(op->function->texts), numbers = str_of(op->function->numbers), name;
    bool any = false;
    for (size_t i = 0; str_split(&texts, '|', &name); i++)
        if (op->settings.texts[i].n) {
            buf_addf(out, "%s" STR_FMT "='" STR_FMT "'", any ? ", " : "[", STR_ARG(name),
                     STR_ARG(op->settings.texts[i]));
            any = true;
        }
    for (size_t i = 0; str_split(&numbers, '|', &name); i++) {
        buf_addf(out, "%s" STR_FMT "=%lld", any ? ", " : "[", STR_ARG(name),
                 (long long)op->settings.numbers[i]);
        any = true;
    }
    if (op->settings.table) {
        buf_addf(out, "%stable of %zu", any ? ", " : "[", op->settings.table->entries.n);
        any = true;
    }
    buf_addz(out, any ? "]" : "");
}

static void write_function(const struct mapping *m, const struct op *op, struct buf *out,
                           unsigned depth)
{
    if (op->function == &function_drop_suppressed) {
        write_op(m, op->in[0], out, depth);
    } else if (str_eqz(str_of(op->function->name), "const")) {
        buf_addf(out, "'" STR_FMT "'", STR_ARG(op->settings.texts[0]));
    } else {
        buf_addz(out, op->function->name);
        write_settings(op, out);
        write_inputs(m, op, out, depth);
    }
}

static void write_op(const struct mapping *m, size_t at, struct buf *out, unsigned depth)
{
    const struct op *op = &m->ops.at[at];
    if (depth > MOST_NESTED || out->failed)
        buf_addz(out, "...");
    else if (op->kind == OP_SOURCE)
        buf_add(out, op->path);
    else if (op->kind == OP_FUNCTION)
        write_function(m, op, out, depth);
    else if (op->kind == OP_SCRIPT) {
        const struct mapping_script *s = &m->scripts.at[op->number];
        buf_addf(out, STR_FMT ":" STR_FMT, STR_ARG(s->file), STR_ARG(s->function));
        write_inputs(m, op, out, depth);
    } else {
        write_op(m, op->in[0], out, depth);
        buf_addf(out, "#%u", op->number);
    }
}

static void write_target(const struct mapping *m, const struct target *t, struct buf *out,
                         unsigned depth)
{
    buf_addf(out, "%*s%s" STR_FMT "[%u..", (int)depth * 2, "", t->attribute ? "@" : "",
             STR_ARG(t->name), t->min);
    if (t->max >= STRUCTURE_MANY)
        buf_addz(out, "*]");
    else
        buf_addf(out, "%u]", t->max);
    if (t->op >= 0) {
        buf_addz(out, " = ");
        write_op(m, (size_t)t->op, out, 0);
    }
    buf_add_char(out, '\n');
    for (size_t i = 0; i < t->children.n; i++)
        write_target(m, t->children.at[i], out, depth + 1);
}

void mapping_explain(const struct mapping *m, struct buf *out)
{
    buf_addf(out, STR_FMT ": %s to %s, %zu fields, %zu operations\n", STR_ARG(m->name),
             m->from_json ? "JSON" : "XML", m->to_json ? "JSON" : "XML", m->ntargets, m->ops.n);
    for (size_t i = 0; i < m->prefixes.n; i++)
        buf_addf(out, "namespace " STR_FMT "=" STR_FMT "\n", STR_ARG(m->prefixes.at[i].prefix),
                 STR_ARG(m->prefixes.at[i].uri));
    for (size_t i = 0; i < m->scripts.n; i++)
        buf_addf(out, "script " STR_FMT " " STR_FMT " (" STR_FMT ")\n",
                 STR_ARG(m->scripts.at[i].file), STR_ARG(m->scripts.at[i].function),
                 STR_ARG(m->scripts.at[i].shape));
    for (size_t i = 0; i < m->notes.n; i++)
        buf_addf(out, "note: " STR_FMT "\n", STR_ARG(m->notes.at[i]));
    buf_add_char(out, '\n');
    write_target(m, m->target, out, 0);
}
