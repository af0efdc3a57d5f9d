/* Generates the target (message-mapping.md 5, 6): a walk over the target tree in the order of the schema; a field with
 * a mapping takes the next context of its queue for every occurrence of its parent. Where a value is suppressed, or
 * over the most that may be, the walk goes on without writing, so that the fields below stay aligned. */
#include "mapping/inside.h"
#include "mapping/structure.h"

#define XSI "http://www.w3.org/2001/XMLSchema-instance"
struct writer {
    struct eval *v;
    struct buf *out;
    struct err *e;
    size_t *next;  /* by target: the context to take */
    unsigned dry;  /* > 0: nothing is written */
    bool tag_open; /* XML: the start tag still takes attributes */
    struct jw jw;
    bool json;
};

static bool write_children(struct writer *w, const struct target *t);

/* ---- XML ---- */

static void close_tag(struct writer *w)
{
    if (w->tag_open)
        buf_add_char(w->out, '>');
    w->tag_open = false;
}

static void begin_element(struct writer *w, const struct target *t)
{
    const struct mapping *m = w->v->m;
    close_tag(w);
    buf_add_char(w->out, '<');
    buf_add(w->out, t->name);
    for (size_t i = 0; t == m->target && i < m->prefixes.n; i++) {
        buf_addf(w->out, " xmlns:" STR_FMT "=\"", STR_ARG(m->prefixes.at[i].prefix));
        xml_escape(w->out, m->prefixes.at[i].uri, true);
        buf_add_char(w->out, '"');
    }
    w->tag_open = true;
}

static void end_element(struct writer *w, const struct target *t)
{
    if (w->tag_open)
        buf_addz(w->out, "/>");
    else
        buf_addf(w->out, "</" STR_FMT ">", STR_ARG(t->name));
    w->tag_open = false;
}

static void write_attribute(struct writer *w, const struct target *t, str value)
{
    buf_addf(w->out, " " STR_FMT "=\"", STR_ARG(t->name));
    xml_escape(w->out, value, true);
    buf_add_char(w->out, '"');
}

static bool check_text(struct writer *w, const struct target *t, str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' && s.p[i] != '\t' && s.p[i] != '\n' && s.p[i] != '\r')
            return err_set(w->e, ERR_BAD_REQUEST,
                           "Runtime exception during processing target field mapping " STR_FMT
                           ". The message is: the character 0x%02x is not allowed in XML",
                           STR_ARG(t->path), (unsigned char)s.p[i]);
    return true;
}

static bool write_element(struct writer *w, const struct target *t, struct entry value)
{
    str text = entry_str(value);
    if (!check_text(w, t, text))
        return false;
    begin_element(w, t);
    if (value.kind == ENTRY_NIL)
        buf_addz(w->out, " xmlns:xsi=\"" XSI "\" xsi:nil=\"true\"");
    /* attributes come first among the children, so the text waits for them */
    size_t i = 0;
    for (; i < t->children.n && t->children.at[i]->attribute; i++)
        if (!write_children(w, t->children.at[i]))
            return false;
    if (t->text && text.n) {
        close_tag(w);
        xml_escape(w->out, text, false);
    }
    for (; i < t->children.n; i++)
        if (!write_children(w, t->children.at[i]))
            return false;
    end_element(w, t);
    return !w->out->failed || buf_check(w->out, w->e);
}

/* ---- JSON ---- */

static bool is_json_number(str s)
{
    AUTO(arena) struct arena *a = arena_new();
    struct jr *j;
    struct err e;
    return jr_parse(a, s, &j, &e) && j->kind == JR_NUMBER;
}

static void write_json_text(struct writer *w, const struct target *t, struct entry value)
{
    str s = entry_str(value);
    bool raw = (t->value_type == STRUCTURE_NUMBER && is_json_number(s)) ||
               (t->value_type == STRUCTURE_BOOLEAN && (str_eqz(s, "true") || str_eqz(s, "false")));
    if (value.kind == ENTRY_NIL)
        jw_null(&w->jw);
    else if (raw)
        jw_raw(&w->jw, s);
    else
        jw_str(&w->jw, s);
}

/* The value alone: names and arrays are the business of the caller. */
static bool write_json(struct writer *w, const struct target *t, struct entry value)
{
    if (t->text) {
        write_json_text(w, t, value);
        return true;
    }
    jw_object(&w->jw);
    for (size_t i = 0; i < t->children.n; i++)
        if (!write_children(w, t->children.at[i]))
            return false;
    jw_object_end(&w->jw);
    return !w->out->failed || buf_check(w->out, w->e);
}

/* ---- the walk ---- */

/* Without writing, so that all queues below advance. */
static bool pass_over(struct writer *w, const struct target *t)
{
    w->dry++;
    bool ok = true;
    for (size_t i = 0; ok && i < t->children.n; i++)
        ok = write_children(w, t->children.at[i]);
    w->dry--;
    return ok;
}

static bool write_one(struct writer *w, const struct target *t, struct entry value, size_t nth)
{
    if (w->dry)
        return pass_over(w, t);
    if (t->attribute) {
        if (!w->json && !check_text(w, t, entry_str(value)))
            return false;
        if (!w->json)
            write_attribute(w, t, entry_str(value));
        return true;
    }
    if (!w->json)
        return write_element(w, t, value);
    if (nth == 0 && t != w->v->m->target)
        jw_key(&w->jw, t->name);
    if (nth == 0 && t->array)
        jw_array(&w->jw);
    return write_json(w, t, value);
}

static bool missing(struct writer *w, const struct target *t)
{
    return err_set(w->e, ERR_BAD_REQUEST, "Cannot produce target element " STR_FMT,
                   STR_ARG(t->path));
}

static bool failed_value(struct writer *w, const struct target *t, struct entry value)
{
    return err_set(w->e, ERR_BAD_REQUEST,
                   "Runtime exception during processing target field mapping " STR_FMT
                   ". The message is: " STR_FMT,
                   STR_ARG(t->path), STR_ARG(entry_str(value)));
}

static bool write_values(struct writer *w, const struct target *t, const struct entry *at, size_t n)
{
    size_t done = 0;
    for (size_t k = 0; k < n; k++) {
        if (at[k].kind == ENTRY_ERROR && !w->dry)
            return failed_value(w, t, at[k]);
        bool shown = at[k].kind != ENTRY_SUPPRESS && done < t->max;
        if (!(shown ? write_one(w, t, at[k], done) : pass_over(w, t)))
            return false;
        done += shown;
    }
    if (done < t->min && !w->dry)
        return missing(w, t);
    if (w->json && t->array && !w->dry && (done || t == w->v->m->target)) {
        if (!done)
            jw_array(&w->jw);
        jw_array_end(&w->jw);
    }
    return true;
}

/* A constant is there once for every occurrence of the parent, or as often as the schema wants it. */
static bool write_generated(struct writer *w, const struct target *t, size_t context)
{
    struct entry x = eval_generated(w->v, (size_t)t->op, context);
    size_t n = t->min > 1 && x.kind == ENTRY_TEXT ? t->min : 1;
    struct entry *all = &x;
    if (n > 1 && n <= 1000) {
        all = arena_new_array(w->v->a, struct entry, n);
        for (size_t i = 0; i < n; i++)
            all[i] = x;
    }
    return write_values(w, t, all, n <= 1000 ? n : 1);
}

static const struct entry empty = {.p = "", .kind = ENTRY_TEXT};

/* One field for one occurrence of its parent. */
static bool write_children(struct writer *w, const struct target *t)
{
    if (t->op < 0) {
        bool shown = (t->min && t->mapped_below && !t->attribute) || t == w->v->m->target;
        for (unsigned i = 0; shown && i < (t->min ? t->min : 1) && i < 1000; i++)
            if (!write_one(w, t, empty, i))
                return false;
        if (shown && w->json && t->array && !w->dry)
            jw_array_end(&w->jw);
        return true;
    }
    const struct queue *q = &w->v->queues[t->op];
    size_t n, context = w->next[t->index]++;
    if (q->generating)
        return write_generated(w, t, context);
    const struct entry *at = queue_context(q, context, &n);
    return write_values(w, t, at, n);
}

bool target_write(struct eval *v, struct buf *out, struct err *e)
{
    struct writer w = {.v = v, .out = out, .e = e, .json = v->m->to_json};
    w.next = arena_new_array(v->a, size_t, v->m->ntargets + 1);
    if (w.json)
        jw_init(&w.jw, out);
    else
        buf_addz(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    return write_children(&w, v->m->target) && buf_check(out, e);
}
