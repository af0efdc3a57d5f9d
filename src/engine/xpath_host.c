/* The path of such an expression, as the host sees it, is the expression itself with its namespaces: the host compiles
 * it once a unit. The answer is the new body of a message: kind, then nodes as paths in the document (xml_at), or the
 * first value. */
#include "engine/xpath_host.h"

#include "engine/inside.h"

enum { FILE_FROM = 1 << 20 /* bytes of a body, when it is in a file anyway */ };

struct host_xpath {
    struct script_unit *unit;
    str path, expr;
    bool once; /* made for one evaluation: the host keeps nothing */
};

void host_write_body(struct buf *b, struct body *body)
{
    if (!body) {
        wire_u8(b, WIRE_NULL);
        return;
    }
    int fd = body_size(body) >= FILE_FROM ? blob_fd(body_blob(body)) : -1;
    if (fd >= 0) {
        wire_u8(b, WIRE_FILE);
        wire_i32(b, (uint32_t)fd);
        return;
    }
    wire_u8(b, body_is_text(body) ? WIRE_TEXT : WIRE_BYTES);
    str bytes = body_bytes(body);
    wire_text(b, bytes.p ? bytes : STR(""));
}

/* ---- compiling ---- */

static str path_of(struct arena *a, str expr, const struct map *namespaces)
{
    struct buf b = BUF(1 << 20);
    buf_addz(&b, "tidemill:xpath\n");
    for (size_t i = 0; namespaces && i < namespaces->entries.n; i++) {
        const struct map_entry *n = &namespaces->entries.at[i];
        if (n->value)
            buf_addf(&b, STR_FMT "=" STR_FMT "\n", STR_ARG(n->key),
                     STR_ARG(*(const str *)n->value));
    }
    buf_addf(&b, "\n" STR_FMT, STR_ARG(expr));
    str path = arena_str(a, buf_str(&b));
    buf_free(&b);
    return path;
}

static struct host_xpath *make(struct arena *a, str expr, const struct map *namespaces,
                               struct script_unit *unit, bool once)
{
    struct host_xpath *p = arena_new_of(a, struct host_xpath);
    *p = (struct host_xpath){unit, path_of(a, expr, namespaces), arena_str(a, expr), once};
    return p;
}

bool host_xpath_compile(struct arena *a, str expr, const struct map *namespaces,
                        struct script_unit *unit, struct host_xpath **ret, struct err *e)
{
    *ret = make(a, expr, namespaces, unit, false);
    if (script_compile(unit, (*ret)->path, e))
        return true;
    struct err why = *e;
    return err_set(e, why.code, "XPath '" STR_FMT "': %s", STR_ARG(str_sub(expr, 0, 100)), why.msg);
}

struct host_xpath *host_xpath_once(struct arena *a, str expr, const struct map *namespaces,
                                   struct script_unit *unit)
{
    return make(a, expr, namespaces, unit, true);
}

/* ---- a call ---- */

static bool is_name(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '-' ||
           c == '.' || (unsigned char)c >= 0x80;
}

/* The next $name of an expression, from *at on. In a text it does no harm. */
static bool next_variable(str expr, size_t *at, str *ret)
{
    while ((*at = str_find_char(expr, '$', *at)) != SIZE_MAX) {
        size_t end = ++*at;
        while (end < expr.n && is_name(expr.p[end]))
            end++;
        *ret = str_sub(expr, *at, end);
        *at = end;
        if (ret->n)
            return true;
    }
    return false;
}

static const struct field *variable(struct exchange *x, str name)
{
    const struct field *f = fields_find(&x->headers, name);
    return f ? f : fields_find(&x->properties, name);
}

static void write_variables(struct buf *b, const struct host_xpath *p, struct exchange *x)
{
    uint32_t n = 0;
    str name;
    for (size_t at = 0; next_variable(p->expr, &at, &name);)
        n += variable(x, name) != NULL;
    wire_i32(b, n);
    for (size_t at = 0; next_variable(p->expr, &at, &name);) {
        const struct field *f = variable(x, name);
        if (!f)
            continue;
        str text = datum_str(x->arena, f->value);
        wire_text(b, name);
        wire_u8(b, WIRE_TEXT);
        wire_text(b, text.p ? text : STR(""));
    }
    wire_i32(b, 0); /* no properties */
}

static bool send(const struct host_xpath *p, struct exchange *x, bool has_document,
                 struct script_reply *ret, struct err *e)
{
    struct script_call c = {.unit = p->unit, .frame = BUF(WIRE_MAX)};
    script_begin(&c.frame, p->unit, p->path, p->once ? STR("once") : STR(""));
    wire_text(&c.frame, x->program->artifact_id);
    wire_text(&c.frame, str_of(exchange_message_id(x)));
    wire_i64(&c.frame, 0);
    wire_u8(&c.frame, 0);
    host_write_body(&c.frame, has_document ? x->body : NULL);
    write_variables(&c.frame, p, x);
    return script_call_wait(&c, ret, e);
}

/* ---- the answer ---- */

static bool read_nodes(struct wire_in *in, const struct xml_doc *doc, struct arena *a,
                       struct xpath_result *ret, struct err *e)
{
    uint32_t n = wire_read_i32(in);
    if (n > in->rest.n / 4)
        return err_set(e, ERR_INTERNAL, "the answer of the script host is broken");
    ret->nodes = arena_new_array(a, const struct xml_node *, n + 1);
    for (ret->n = 0; ret->n < n; ret->n++) {
        ret->nodes[ret->n] = doc ? xml_at(doc, wire_read_text(in)) : NULL;
        if (!ret->nodes[ret->n])
            return err_set(e, ERR_NOT_IMPLEMENTED, "XPath: a comment, or the document, as result");
    }
    return true;
}

static bool read_result(struct wire_in *in, const struct xml_doc *doc, struct arena *a,
                        struct xpath_result *ret, struct err *e)
{
    str s;
    *ret = (struct xpath_result){.kind = wire_read_u8(in)};
    switch (ret->kind) {
    case XPATH_NODES:
        return read_nodes(in, doc, a, ret, e);
    case XPATH_STRING:
        s = wire_read_text(in);
        ret->s = arena_str(a, s.p ? s : STR(""));
        return true;
    case XPATH_NUMBER:
        ret->number = wire_read_f64(in);
        return true;
    case XPATH_BOOLEAN:
        ret->b = wire_read_u8(in);
        return true;
    }
    return err_set(e, ERR_INTERNAL, "the answer of the script host is broken");
}

/* RESULT: outcome, log, body (docs/SCRIPTS.md). */
static bool read_answer(str payload, const struct xml_doc *doc, struct arena *a,
                        struct xpath_result *ret, struct err *e)
{
    struct wire_in in = {.rest = payload};
    if (wire_read_u8(&in)) {
        wire_read_text(&in); /* the class */
        str why = wire_read_text(&in);
        return err_set(e, ERR_BAD_REQUEST, "XPath: " STR_FMT, STR_ARG(why));
    }
    uint32_t logged = wire_read_i32(&in), changed = wire_read_u8(&in),
             kind = changed ? wire_read_u8(&in) : WIRE_NULL;
    if (logged || kind != WIRE_BYTES)
        return err_set(e, ERR_TOO_LARGE, "the result of an XPath is too large");
    struct wire_in body = {.rest = wire_read_text(&in)};
    return read_result(&body, doc, a, ret, e);
}

bool host_xpath_eval(const struct host_xpath *p, struct exchange *x, const struct xml_doc *doc,
                     struct arena *a, struct xpath_result *ret, struct err *e)
{
    struct script_reply r = {0};
    if (!send(p, x, doc != NULL, &r, e))
        return false;
    bool ok = r.outcome == SCRIPT_ANSWERED;
    if (!ok)
        *e = r.error;
    ok = ok && read_answer(buf_str(&r.payload), doc, a, ret, e);
    buf_free(&r.payload);
    return ok;
}
