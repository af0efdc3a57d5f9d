/* User functions: what their signature says (message-mapping.md 8), and the way of queues to calls and back. All calls
 * of a function in a run are one batch. The signature is read from the text, comments and strings left out: the types
 * of the parameters decide whether a function sees single values or whole contexts. */
#include "mapping/inside.h"

enum { MOST_SCRIPT = 1 << 20, MOST_PARAMETERS = 60 };

/* ---- signature ---- */

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$';
}

static size_t skip_string(str s, size_t i)
{
    char q = s.p[i];
    bool triple = i + 2 < s.n && s.p[i + 1] == q && s.p[i + 2] == q;
    str end = {s.p + i, triple ? 3 : 1};
    for (i += end.n; i < s.n && !str_starts(str_from(s, i), end); i++)
        if (s.p[i] == '\\')
            i++;
        else if (!triple && s.p[i] == '\n')
            break;
    return i < s.n ? i + end.n : s.n;
}

/* Comments and strings become blanks. */
static str code_only(struct arena *a, str s)
{
    char *out = arena_strdup(a, s);
    for (size_t i = 0, end; i < s.n; i = end) {
        end = i + 1;
        if (str_starts(str_from(s, i), STR("//")))
            end = str_find_char(s, '\n', i);
        else if (str_starts(str_from(s, i), STR("/*")))
            end =
                str_find(s, STR("*/"), i + 2) == SIZE_MAX ? s.n : str_find(s, STR("*/"), i + 2) + 2;
        else if (s.p[i] == '"' || s.p[i] == '\'')
            end = skip_string(s, i);
        end = end < s.n ? end : s.n;
        if (end > i + 1)
            memset(out + i, ' ', end - i);
    }
    return (str){out, s.n};
}

static bool is_type_before(str code, size_t at)
{
    static const char *const others[] = {"return", "new", "in", "else", "throw", "case", "assert"};
    size_t end = at;
    while (end && (code.p[end - 1] == ' ' || code.p[end - 1] == '\t' || code.p[end - 1] == '\n' ||
                   code.p[end - 1] == '\r'))
        end--;
    if (end == at || !end)
        return false;
    if (code.p[end - 1] == ']' || code.p[end - 1] == '>')
        return true;
    size_t from = end;
    while (from && is_name(code.p[from - 1]))
        from--;
    for (size_t i = 0; i < COUNT(others); i++)
        if (str_eqz(str_sub(code, from, end), others[i]))
            return false;
    return from < end;
}

/* The text between the brackets of a definition of a function, from *at on, which goes behind it. */
static bool find_parameters(str code, str name, size_t *at, str *ret)
{
    for (; (*at = str_find(code, name, *at)) != SIZE_MAX; *at += name.n) {
        size_t open = *at + name.n;
        while (open < code.n &&
               (code.p[open] == ' ' || code.p[open] == '\t' || code.p[open] == '\n'))
            open++;
        if (open >= code.n || code.p[open] != '(' || (*at && is_name(code.p[*at - 1])) ||
            !is_type_before(code, *at))
            continue;
        size_t close = str_find_char(code, ')', open);
        if (close == SIZE_MAX)
            return false;
        *ret = str_sub(code, open + 1, close);
        *at = close;
        return true;
    }
    return false;
}

static bool has_word(str s, const char *word)
{
    size_t n = strlen(word);
    for (size_t at = 0; (at = str_find(s, str_of(word), at)) != SIZE_MAX; at++)
        if ((!at || !is_name(s.p[at - 1])) && (at + n >= s.n || !is_name(s.p[at + n])))
            return true;
    return false;
}

static char letter_of(str parameter)
{
    static const struct {
        const char *type;
        char letter;
    } types[] = {
        {"Output",         'O'},
        {"ResultList",     'O'},
        {"MappingContext", 'C'},
        {"Container",      'C'},
        {"int",            'I'},
        {"Integer",        'I'},
        {"long",           'L'},
        {"Long",           'L'},
        {"float",          'F'},
        {"Float",          'F'},
        {"double",         'D'},
        {"Double",         'D'},
        {"BigDecimal",     'N'},
        {"boolean",        'B'},
        {"Boolean",        'B'}
    };
    for (size_t i = 0; i < COUNT(types); i++)
        if (has_word(parameter, types[i].type))
            return types[i].letter;
    return str_find(parameter, STR("[]"), 0) != SIZE_MAX ||
                   str_find(parameter, STR("[ ]"), 0) != SIZE_MAX
               ? 'A'
               : 'S';
}

static size_t read_shape(str list, char *shape)
{
    size_t n = 0;
    str one;
    while (n < MOST_PARAMETERS && str_split(&list, ',', &one))
        if (str_trim(one).n)
            shape[n++] = letter_of(one);
    shape[n] = 0;
    return n;
}

static size_t count_arguments(const char *shape)
{
    size_t n = 0;
    for (; *shape; shape++)
        n += strchr("OC", *shape) == NULL;
    return n;
}

bool user_function_signature(struct arena *a, struct mapping_script *s, struct err *e)
{
    AUTO(arena) struct arena *scratch = arena_new();
    str list;
    char shape[MOST_PARAMETERS + 1], first[MOST_PARAMETERS + 1] = "";
    size_t at = 0;
    bool found = false, fits = false;
    if (s->source.n > MOST_SCRIPT)
        return err_set(e, ERR_TOO_LARGE, "the script '" STR_FMT "' is too large", STR_ARG(s->file));
    str code = code_only(scratch, s->source);
    while (!fits && s->function.n && find_parameters(code, s->function, &at, &list)) {
        read_shape(list, shape);
        if (!found)
            memcpy(first, shape, sizeof first);
        found = true;
        fits = count_arguments(shape) == s->narguments;
    }
    if (!found)
        return err_set(e, ERR_BAD_REQUEST, "there is no function '" STR_FMT "' in '" STR_FMT "'",
                       STR_ARG(s->function), STR_ARG(s->file));
    s->shape = arena_str(a, str_of(fits ? shape : first));
    s->narguments = count_arguments(s->shape.p);
    for (size_t i = 0; i < s->shape.n; i++) {
        s->noutputs += s->shape.p[i] == 'O';
        s->whole_context = s->whole_context || strchr("AO", s->shape.p[i]) != NULL;
    }
    s->noutputs += !s->noutputs;
    return true;
}

/* ---- calls ---- */

static str argument(struct entry v)
{
    return v.kind == ENTRY_SUPPRESS ? STR(MAPPING_SUPPRESSED)
           : v.kind == ENTRY_NIL    ? STR(MAPPING_NILLED)
                                    : entry_str(v);
}

struct batch {
    struct eval *v;
    const struct op *op;
    struct mapping_call *call;
    VEC(struct mapping_texts) arguments;
};

static const struct queue *input(const struct batch *b, unsigned i)
{
    return &b->v->queues[b->op->in[i]];
}

static size_t contexts(const struct batch *b)
{
    size_t most = 0;
    bool generating = true;
    for (unsigned i = 0; i < b->op->nin; i++) {
        generating = generating && input(b, i)->generating;
        most = !input(b, i)->generating && input(b, i)->ends.n > most ? input(b, i)->ends.n : most;
    }
    return generating ? 1 : most;
}

static const struct entry *context_of(const struct batch *b, unsigned i, size_t c, size_t *ret_n)
{
    const struct queue *q = input(b, i);
    size_t last = q->ends.n ? q->ends.n - 1 : 0;
    return queue_context(q, c < last ? c : last, ret_n);
}

/* How often a function of single values is called for a context. */
static size_t calls_in(const struct batch *b, size_t c)
{
    size_t most = 0, n;
    bool generating = true;
    for (unsigned i = 0; i < b->op->nin; i++) {
        context_of(b, i, c, &n);
        if (!n)
            return 0;
        generating = generating && input(b, i)->generating;
        most = !input(b, i)->generating && n > most ? n : most;
    }
    return generating ? 1 : most;
}

static void add_texts(struct batch *b, const struct entry *at, size_t n)
{
    str *texts = arena_new_array(b->v->a, str, n + 1);
    for (size_t k = 0; k < n; k++)
        texts[k] = argument(at[k]);
    vec_add(b->v->a, &b->arguments, ((struct mapping_texts){texts, n}));
}

static void add_context(struct batch *b, size_t c)
{
    size_t n;
    bool whole = b->call->script->whole_context;
    for (size_t k = 0, calls = whole ? 1 : calls_in(b, c); k < calls; k++, b->call->n++)
        for (unsigned i = 0; i < b->op->nin; i++) {
            const struct entry *at = context_of(b, i, c, &n);
            if (whole)
                add_texts(b, at, n);
            else
                add_texts(b, &at[k < n ? k : n - 1], 1);
        }
}

void user_function_arguments(struct eval *v, const struct op *op, struct mapping_call *ret)
{
    struct batch b = {.v = v, .op = op, .call = ret};
    *ret = (struct mapping_call){.script = &v->m->scripts.at[op->number]};
    size_t n = contexts(&b);
    for (size_t c = 0; c < n; c++)
        add_context(&b, c);
    ret->arguments = b.arguments.at;
    ret->results = arena_new_array(v->a, struct mapping_items, ret->n * ret->script->noutputs + 1);
    ret->errors = arena_new_array(v->a, str, ret->n + 1);
}

/* ---- results ---- */

static struct entry failed(struct eval *v, const struct mapping_call *c, size_t i)
{
    struct entry x = entry_text(arena_str(v->a, c->errors[i]));
    x.kind = ENTRY_ERROR;
    return x;
}

static void add_items(struct eval *v, const struct mapping_items *items, struct queue *q)
{
    for (size_t k = 0; k < items->n; k++) {
        const struct mapping_item *item = &items->at[k];
        struct entry x = entry_text(item->text.p ? arena_str(v->a, item->text) : STR(""));
        if (item->kind == MAPPING_SUPPRESS)
            x.kind = ENTRY_SUPPRESS;
        if (item->kind == MAPPING_NIL)
            x.kind = ENTRY_NIL;
        if (item->kind == MAPPING_CONTEXT_CHANGE)
            queue_open(v->a, q);
        else
            queue_add(v->a, q, x);
    }
}

static void take_contexts(struct eval *v, const struct mapping_call *c, struct queue *out)
{
    for (size_t i = 0; i < c->n; i++)
        for (size_t k = 0; k < c->script->noutputs; k++) {
            queue_open(v->a, &out[k]);
            if (c->errors[i].p)
                queue_add(v->a, &out[k], failed(v, c, i));
            else
                add_items(v, &c->results[i * c->script->noutputs + k], &out[k]);
        }
}

static void take_values(struct batch *b, struct queue *out)
{
    size_t i = 0, n = contexts(b);
    for (size_t c = 0; c < n; c++) {
        queue_open(b->v->a, out);
        for (size_t k = 0, calls = calls_in(b, c); k < calls && i < b->call->n; k++, i++) {
            const struct mapping_items *items = &b->call->results[i];
            if (b->call->errors[i].p)
                queue_add(b->v->a, out, failed(b->v, b->call, i));
            else if (items->n)
                add_items(b->v, &(struct mapping_items){items->at, 1}, out);
            else
                queue_add(b->v->a, out, entry_text(STR("")));
        }
    }
}

bool user_function_results(struct eval *v, size_t at, struct mapping_call *c, struct err *e)
{
    const struct op *op = &v->m->ops.at[at];
    struct batch b = {.v = v, .op = op, .call = c};
    struct queue *out = arena_new_array(v->a, struct queue, c->script->noutputs);
    bool generating = true;
    for (unsigned i = 0; i < op->nin; i++)
        generating = generating && v->queues[op->in[i]].generating;
    if (c->script->whole_context)
        take_contexts(v, c, out);
    else
        take_values(&b, out);
    for (size_t k = 0; k < c->script->noutputs; k++) {
        out[k].generating = generating && out[k].values.n == 1;
        v->nvalues += out[k].values.n;
    }
    v->outputs[at] = out;
    v->queues[at] = out[0];
    return v->nvalues <= MOST_VALUES ||
           err_set(e, ERR_TOO_LARGE, "the mapping makes more than %d values", MOST_VALUES);
}
