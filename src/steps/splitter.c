/* General and Iterating Splitter (semantics.md 18). The split points are found first: nodes of the parsed body, or
 * slices of its text. A part's body is made when the part starts: what stands before the first node is serialised
 * once and copied into each part. */
#include "engine/exchange.h"
#include "engine/program.h"
#include "steps/split_text.h"

enum { MAX_PARTS = 10000000, DECLARED = 16 };

enum split_by { BY_XPATH, BY_LINE, BY_TOKEN };
struct splitter {
    bool general;
    enum split_by by;
    struct flow_xpath *xpath;
    str token;
    size_t grouping;
    bool streaming, stop_on_error;
    unsigned parallel, timeout_ms;
};

/* Lives in the parent's arena. */
struct split {
    size_t n, grouping; /* items; items per part */
    struct body *body;
    const struct xml_node **nodes;
    str *pieces; /* lines or elements */
    const char *joint;
    str header; /* first line of a general split */
    struct buf before, after;
};

/* ---- configuration ---- */

/* "/p:a/b xmlns:p="u" xmlns:q='v'": the expression without the declarations, which join those of the flow. */
static str take_declarations(struct prepare *p, str expr, const struct map **ret)
{
    size_t at = str_find(expr, STR(" xmlns:"), 0);
    *ret = &p->program->namespaces;
    if (at == SIZE_MAX)
        return expr;
    struct map *all = arena_new_of(p->arena, struct map);
    map_init(all, p->arena, false);
    for (size_t i = 0; i < p->program->namespaces.entries.n; i++) {
        const struct map_entry *m = &p->program->namespaces.entries.at[i];
        if (m->value)
            map_put(all, m->key, m->value);
    }
    str rest = str_from(expr, at);
    for (size_t k = 0; k < DECLARED && (at = str_find(rest, STR("xmlns:"), 0)) != SIZE_MAX; k++) {
        rest = str_from(rest, at + 6);
        size_t eq = str_find_char(rest, '=', 0);
        if (eq == SIZE_MAX || eq + 2 >= rest.n)
            break;
        char quote = rest.p[eq + 1];
        size_t end = str_find_char(rest, quote, eq + 2);
        str *uri = arena_new_of(p->arena, str);
        *uri = str_sub(rest, eq + 2, end);
        map_put(all, str_trim(str_sub(rest, 0, eq)), uri);
        rest = str_from(rest, end);
    }
    *ret = all;
    return str_sub(expr, 0, str_find(expr, STR(" xmlns:"), 0));
}

static void prepare_expression(struct splitter *c, struct prepare *p, str expr)
{
    const struct map *namespaces;
    struct err e = {0};
    expr = str_trim(take_declarations(p, expr, &namespaces));
    while (expr.n > 1 && expr.p[expr.n - 1] == '/')
        expr.n--;
    if (c->general && str_find_char(expr, '|', 0) != SIZE_MAX)
        prepare_unsupported(p, "a General Splitter with the XPath '" STR_FMT "'", STR_ARG(expr));
    else if (!expr.n)
        prepare_wrong(p, "the splitter's XPath: it is empty");
    else if (!prepare_xpath_in(p, expr, namespaces, &c->xpath, &e))
        problem_add(p->problems, e.code, p->id, p->label, "%s", e.msg);
}

static str token_name(str token)
{
    token = str_trim(token);
    if (str_starts(token, STR("<")))
        token = str_from(token, 1);
    while (token.n && strchr(">/ ", token.p[token.n - 1]))
        token.n--;
    return token;
}

static void prepare_kind(struct splitter *c, struct prepare *p)
{
    str type = str_trim(prepare_text_or(p, "exprType", "XPath"));
    str value = prepare_text(p, "splitExprValue");
    if (!value.n)
        value = prepare_text(p, "tokenValue");
    if (str_eq_nocase(type, STR("XPath"))) {
        prepare_expression(c, p, value);
    } else if (str_starts_nocase(type, STR("Line"))) {
        c->by = BY_LINE;
    } else if (str_eq_nocase(type, STR("Token"))) {
        c->token = token_name(value);
        c->by = c->token.n ? BY_TOKEN : BY_LINE;
    } else {
        prepare_unsupported(p, "exprType '" STR_FMT "'", STR_ARG(type));
    }
}

static void prepare(void *cfg, struct prepare *p, bool general)
{
    struct splitter *c = cfg;
    c->general = general;
    c->grouping = (size_t)prepare_int(p, "grouping", 1, 1, MAX_PARTS);
    c->streaming = prepare_bool(p, "Streaming", false);
    c->stop_on_error = prepare_bool(p, "StopOnExecution", false);
    c->parallel = 1;
    if (prepare_bool(p, "ParallelProcessing", false)) {
        c->parallel = (unsigned)prepare_int(p, "SplitterThreads", 10, 1, 50);
        c->timeout_ms = (unsigned)prepare_int(p, "timeOut", 300, 0, 4000000) * 1000;
    }
    prepare_kind(c, p);
}

static void prepare_general(void *cfg, struct prepare *p)
{
    prepare(cfg, p, true);
}

static void prepare_iterating(void *cfg, struct prepare *p)
{
    prepare(cfg, p, false);
}

/* ---- finding the split points ---- */

static bool find_nodes(const struct splitter *c, struct exchange *x, struct split *s, struct err *e)
{
    struct xpath_result r;
    if (!flow_xpath_eval(c->xpath, x, x->arena, &r, e))
        return false;
    if (r.kind != XPATH_NODES) {
        str source = flow_xpath_source(c->xpath);
        return err_set(e, ERR_BAD_REQUEST, "the XPath '" STR_FMT "' finds no nodes",
                       STR_ARG(source));
    }
    s->nodes = r.nodes;
    s->n = r.n;
    if (!c->general || !r.n)
        return true;
    buf_addz(&s->before, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    xml_write_around(r.nodes[0], false, &s->before, &s->after);
    return true;
}

static bool next_piece(const struct splitter *c, str *rest, str *ret)
{
    return c->by == BY_LINE ? split_line(rest, ret) : split_element(rest, c->token, ret);
}

static bool find_pieces(const struct splitter *c, struct exchange *x, struct split *s,
                        struct err *e)
{
    VEC(str) pieces = {0};
    str rest = body_bytes(s->body), piece;
    s->joint = c->by == BY_LINE ? "\n" : "";
    if (c->general && c->by == BY_LINE && !next_piece(c, &rest, &s->header))
        return true;
    while (next_piece(c, &rest, &piece)) {
        if (pieces.n == MAX_PARTS)
            return err_set(e, ERR_TOO_LARGE, "more than %d parts", MAX_PARTS);
        vec_add(x->arena, &pieces, piece);
    }
    s->pieces = pieces.at;
    s->n = pieces.n;
    return true;
}

/* ---- parts ---- */

static void write_nodes(const struct split *s, size_t from, size_t to, struct buf *out)
{
    buf_add(out, buf_str(&s->before));
    for (size_t i = from; i < to; i++) {
        /* under the first node's parent the start tags before it declare what is in scope */
        bool at_home = s->before.n && xml_parent(s->nodes[i]) == xml_parent(s->nodes[0]);
        xml_write(s->nodes[i], out, at_home ? 0 : XML_NAMESPACES);
    }
    buf_add(out, buf_str(&s->after));
}

static void write_pieces(const struct split *s, size_t from, size_t to, struct buf *out)
{
    if (s->header.p) {
        buf_add(out, s->header);
        buf_addz(out, s->joint);
    }
    for (size_t i = from; i < to; i++) {
        if (i > from)
            buf_addz(out, s->joint);
        buf_add(out, s->pieces[i]);
    }
}

static bool make_part(struct exchange *parent, struct exchange *child, size_t i, void *state,
                      struct err *e)
{
    struct split *s = state;
    size_t from = i * s->grouping, to = from + s->grouping;
    AUTO(buf) struct buf out = BUF(XML_MAX_BYTES);
    (void)parent;
    if (from >= s->n)
        return false;
    to = to > s->n ? s->n : to;
    if (s->nodes)
        write_nodes(s, from, to, &out);
    else
        write_pieces(s, from, to, &out);
    if (!buf_check(&out, e))
        return false;
    exchange_set_body(child, body_of_buf(&out));
    return true;
}

static void free_split(void *arg)
{
    struct split *s = arg;
    body_unref(s->body);
    buf_free(&s->before);
    buf_free(&s->after);
}

static struct step_result run(const void *cfg, struct exchange *x, struct err *e)
{
    const struct splitter *c = cfg;
    struct split *s = arena_new_of(x->arena, struct split);
    *s = (struct split){.body = body_ref(x->body), .grouping = c->grouping};
    s->before = s->after = BUF(XML_MAX_BYTES);
    arena_defer(x->arena, free_split, s);
    if (c->by == BY_XPATH ? !find_nodes(c, x, s, e) : !find_pieces(c, x, s, e))
        return FAIL;
    size_t total = (s->n + c->grouping - 1) / c->grouping;
    const struct fork_plan plan = {
        .part = make_part,
        .state = s,
        .parallel = c->parallel,
        .stop_on_error = c->stop_on_error,
        .split = true,
        .total = c->streaming ? 0 : total,
        .timeout_ms = c->timeout_ms,
    };
    exchange_fork(x, &plan);
    return (struct step_result){.next = STEP_FORK};
}

static void explain(const void *cfg, struct buf *out)
{
    const struct splitter *c = cfg;
    if (c->by == BY_XPATH)
        buf_add(out, flow_xpath_source(c->xpath));
    else if (c->by == BY_TOKEN)
        buf_addf(out, "token " STR_FMT, STR_ARG(c->token));
    else
        buf_addz(out, "lines");
}

const struct step_type step_general_splitter = {
    .name = "GeneralSplitter",
    .activity = "Splitter:GeneralSplitter",
    .cfg_size = sizeof(struct splitter),
    .prepare = prepare_general,
    .run = run,
    .explain = explain,
    .forks = true,
};

const struct step_type step_iterating_splitter = {
    .name = "IteratingSplitter",
    .activity = "Splitter:IteratingSplitter|Splitter:Camel",
    .cfg_size = sizeof(struct splitter),
    .prepare = prepare_iterating,
    .run = run,
    .explain = explain,
    .forks = true,
};
