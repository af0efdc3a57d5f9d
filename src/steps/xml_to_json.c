/* XML to JSON (semantics.md 19 d-h). The document is read into a small tree of JSON names and texts, then written:
 * without streaming equal siblings become one array at the place of the first, with streaming children come in
 * document order and arrays only where the table of paths says so. */
#include "base/json.h"
#include "format/charset.h"
#include "steps/json_names.h"

enum { MAX_JSON = 256 << 20, MAX_PATHS = 100, MAX_SEGMENTS = 64, GROUP_BY_MAP = 8 };

struct path {
    str segments[MAX_SEGMENTS];
    size_t n;
};
struct xml_to_json {
    struct json_names names;
    bool suppress_root, streaming, all;
    str encoding;
    struct path *paths;
    size_t npaths;
};

/* An element on its way to JSON. */
struct item {
    str name;
    struct item *next;         /* sibling */
    struct item *first, *last; /* children */
    struct item *same,
        *same_last; /* further siblings of this name, on the first one; on others: same is the next */
    struct field_text *attributes, *attributes_last;
    str text;
    bool grouped; /* stands behind an earlier one of its name */
    bool array;   /* streaming: its path asks for an array */
};
struct field_text {
    struct field_text *next;
    str name, value;
};
struct reader {
    const struct xml_to_json *c;
    struct arena *a;
    struct item *stack[XML_MAX_DEPTH + 1];
    const struct xml_node *nodes[XML_MAX_DEPTH + 1];
    size_t depth;
    struct item *root;
    struct err *e;
    bool failed;
};

/* ---- configuration ---- */

static bool add_path(struct path *to, str text)
{
    str segment;
    while (str_split(&text, '/', &segment)) {
        segment = str_trim(segment);
        if (!segment.n)
            continue;
        if (to->n == MAX_SEGMENTS)
            return false;
        to->segments[to->n++] = segment;
    }
    return true;
}

static void prepare_paths(struct xml_to_json *c, struct prepare *p)
{
    struct prepare_row *rows;
    size_t n;
    if (!prepare_rows(p, "xmlJsonPathTable", &rows, &n))
        return;
    if (n > MAX_PATHS)
        prepare_unsupported(p, "more than %d paths of arrays", MAX_PATHS);
    n = n > MAX_PATHS ? MAX_PATHS : n;
    c->paths = arena_new_array(p->arena, struct path, n);
    for (size_t i = 0; i < n; i++) {
        str text = row_cell(&rows[i], "", 0);
        if (!text.n)
            continue;
        if (!add_path(&c->paths[c->npaths++], text))
            prepare_unsupported(p, "the path '" STR_FMT "'", STR_ARG(text));
    }
}

static void prepare(void *cfg, struct prepare *p)
{
    struct xml_to_json *c = cfg;
    json_names_prepare(&c->names, p);
    c->suppress_root = prepare_bool(p, "xmlJsonSuppressRootElement", false);
    c->streaming = prepare_bool(p, "xmlJsonUseStreaming", false);
    c->all = str_eqz(prepare_text(p, "xmlJsonConvertAllElements"), "all");
    c->encoding = str_trim(prepare_text(p, "jsonOutputEncoding"));
    if (c->streaming && !c->all)
        prepare_paths(c, p);
}

/* ---- reading ---- */

static str json_name(struct reader *r, const struct xml_node *n, bool attribute)
{
    const struct json_names *j = &r->c->names;
    str local = xml_local(n), uri = xml_uri(n), prefix = STR("");
    const char *at = attribute ? "@" : "";
    if (j->namespaces && uri.n) {
        str mapped = json_names_prefix(j, uri);
        prefix = mapped.p ? mapped : xml_prefix(n);
        if (!prefix.n && !mapped.p && !r->c->streaming) {
            if (!r->failed)
                err_set(r->e, ERR_BAD_REQUEST, "Invalid JSON namespace: " STR_FMT, STR_ARG(uri));
            r->failed = true;
        }
    }
    if (prefix.n)
        return arena_fmt(r->a, "%s" STR_FMT STR_FMT STR_FMT, at, STR_ARG(prefix),
                         STR_ARG(j->separator), STR_ARG(local));
    return attribute ? arena_fmt(r->a, "@" STR_FMT, STR_ARG(local)) : local;
}

static bool segment_fits(str segment, const struct xml_node *n)
{
    str local = xml_local(n), prefix = xml_prefix(n);
    if (str_eq(segment, local))
        return true;
    return segment.n == prefix.n + 1 + local.n && prefix.n && str_starts(segment, prefix) &&
           segment.p[prefix.n] == ':' && str_ends(segment, local);
}

static bool is_array_path(const struct reader *r)
{
    const struct xml_to_json *c = r->c;
    for (size_t i = 0; i < c->npaths; i++) {
        const struct path *p = &c->paths[i];
        size_t k = p->n == r->depth ? p->n : 0;
        while (k && segment_fits(p->segments[k - 1], r->nodes[k - 1]))
            k--;
        if (p->n == r->depth && k == 0)
            return true;
    }
    return false;
}

static void on_start(void *arg, const struct xml_node *n)
{
    struct reader *r = arg;
    struct item *it = arena_new_of(r->a, struct item);
    struct item *up = r->depth ? r->stack[r->depth - 1] : NULL;
    if (r->depth > XML_MAX_DEPTH)
        return; /* the parser's own limit keeps this from happening */
    it->name = json_name(r, n, false);
    r->stack[r->depth] = it;
    r->nodes[r->depth++] = n;
    it->array = r->c->streaming && (r->c->all || is_array_path(r));
    if (!up)
        r->root = it;
    else if (up->last)
        up->last = up->last->next = it;
    else
        up->first = up->last = it;
}

static void on_end(void *arg, const struct xml_node *n)
{
    struct reader *r = arg;
    (void)n;
    struct item *it = r->stack[--r->depth];
    if (it->first && !str_trim(it->text).n)
        it->text = STR("");
}

static void on_text(void *arg, str text)
{
    struct reader *r = arg;
    struct item *it = r->stack[r->depth - 1];
    if (it->text.n)
        it->text = arena_fmt(r->a, STR_FMT STR_FMT, STR_ARG(it->text), STR_ARG(text));
    else
        it->text = arena_str(r->a, text);
}

static void on_attribute(void *arg, const struct xml_node *n, str value)
{
    struct reader *r = arg;
    struct item *it = r->stack[r->depth - 1];
    struct field_text *f = arena_new_of(r->a, struct field_text);
    f->name = json_name(r, n, true);
    f->value = arena_str(r->a, value);
    if (it->attributes_last)
        it->attributes_last = it->attributes_last->next = f;
    else
        it->attributes = it->attributes_last = f;
}

/* ---- writing ---- */

static void chain(struct item *first, struct item *it)
{
    it->grouped = true;
    if (first->same_last)
        first->same_last->same = it;
    else
        first->same = it;
    first->same_last = it;
}

/* Without streaming: links the children of one name. */
static void group(struct arena *a, struct item *it)
{
    struct map seen;
    map_init(&seen, a, false);
    for (struct item *k = it->first; k; k = k->next) {
        struct item *first = map_get(&seen, k->name);
        if (first)
            chain(first, k);
        else
            map_put(&seen, k->name, k);
    }
}

/* With streaming: neighbours of one name that are to be an array. */
static void group_neighbours(struct item *it)
{
    struct item *first = NULL;
    for (struct item *k = it->first; k; k = k->next) {
        if (first && k->array && str_eq(first->name, k->name))
            chain(first, k);
        else
            first = k;
    }
}

static void write_value(const struct xml_to_json *c, struct arena *a, struct jw *w,
                        struct item *it);

static void write_group(const struct xml_to_json *c, struct arena *a, struct jw *w, struct item *it)
{
    bool array = it->array || it->same;
    if (array)
        jw_array(w);
    for (struct item *k = it; k; k = k->same)
        write_value(c, a, w, k);
    if (array)
        jw_array_end(w);
}

static void write_value(const struct xml_to_json *c, struct arena *a, struct jw *w, struct item *it)
{
    if (!it->first && !it->attributes) {
        jw_str(w, it->text.p ? it->text : STR(""));
        return;
    }
    if (c->streaming)
        group_neighbours(it);
    else
        group(a, it);
    jw_object(w);
    for (const struct field_text *f = it->attributes; f; f = f->next) {
        jw_key(w, f->name);
        jw_str(w, f->value);
    }
    for (struct item *k = it->first; k; k = k->next)
        if (!k->grouped) {
            jw_key(w, k->name);
            write_group(c, a, w, k);
        }
    if (it->text.n) {
        jw_keyz(w, "$");
        jw_str(w, it->text);
    }
    jw_object_end(w);
}

static void write_root(const struct xml_to_json *c, struct arena *a, struct buf *out,
                       struct item *root)
{
    struct jw w;
    jw_init(&w, out);
    if (c->suppress_root) {
        write_value(c, a, &w, root);
        return;
    }
    jw_object(&w);
    jw_key(&w, root->name);
    write_group(c, a, &w, root);
    jw_object_end(&w);
}

static bool encode(const struct xml_to_json *c, struct exchange *x, struct buf *json, struct err *e)
{
    str charset = c->encoding;
    AUTO(buf) struct buf other = BUF(MAX_JSON);
    if (!charset.n)
        charset = exchange_header(x, "CamelCharsetName");
    if (!charset.n)
        charset = exchange_property(x, "CamelCharsetName");
    bool same = !charset.n || str_eq_nocase(charset, STR("UTF-8"));
    if (!same && !charset_encode(buf_str(json), charset, &other))
        return err_set(e, ERR_BAD_REQUEST, "the encoding '" STR_FMT "' is unknown",
                       STR_ARG(charset));
    exchange_set_body(x, body_of_buf(same ? json : &other));
    return true;
}

static struct step_result run(const void *cfg, struct exchange *x, struct err *e)
{
    const struct xml_to_json *c = cfg;
    static const struct xml_events events = {
        .start = on_start, .end = on_end, .text = on_text, .attribute = on_attribute};
    const struct xml_doc *doc;
    AUTO(buf) struct buf out = BUF(MAX_JSON);
    AUTO(arena) struct arena *a = arena_new();
    struct reader r = {.c = c, .a = a, .e = e};
    if (!body_xml(x->body, &doc, e))
        return FAIL;
    xml_walk(xml_root(doc), &events, &r);
    if (r.failed)
        return FAIL;
    write_root(c, a, &out, r.root);
    return buf_check(&out, e) && encode(c, x, &out, e) ? CONTINUE : FAIL;
}

const struct step_type step_xml_to_json = {
    .name = "XmlToJsonConverter",
    .activity = "XmlToJsonConverter",
    .cfg_size = sizeof(struct xml_to_json),
    .prepare = prepare,
    .run = run,
};
