/* The tree of target fields: the paths of the mapping file, brought into the order and with the occurrences of the
 * schema. Fields without a mapping of their own or below are left out; paths the schema does not have are skipped, as
 * the design tool leaves stale ones behind. */
#include "mapping/compile.h"
#include "mapping/structure.h"

#define ENVELOPE "http://sap.com/xi/XI/SplitAndMerge"
enum { MOST_DEPTH = 128 };

struct wish {              /* a path of the file that has a mapping, or leads to one */
    str step, path, local; /* "ns0:name[2]", without copy number: local */
    str name;              /* as written: "ns0:name" */
    bool attribute, has_elements;
    unsigned copy;
    const struct mmap_field *field;
    VEC(struct wish *) children;
    struct map by_name; /* "name" or "@name" -> first (struct wish *) */
    struct wish *same;  /* the next with the same name */
    bool used;
};
struct wishes {
    struct compile *c;
    struct map by_path;
    struct wish top;
};

/* ---- paths ---- */

static void read_step(struct wish *w)
{
    str prefix;
    size_t open = str_rfind_char(w->step, '[');
    int64_t n = 0;
    w->name = w->step;
    if (open != SIZE_MAX && str_ends(w->step, STR("]")) &&
        str_to_i64(str_sub(w->step, open + 1, w->step.n - 1), &n) && n >= 0 && n < 100000) {
        w->copy = (unsigned)n;
        w->name = str_sub(w->step, 0, open);
    }
    mapping_compile_name(w->name, &prefix, &w->local, &w->attribute);
    w->name = str_from(w->name, w->attribute);
}

static str name_key(struct arena *a, str local, bool attribute)
{
    return attribute ? arena_fmt(a, "@" STR_FMT, STR_ARG(local)) : local;
}

static void add_child(struct compile *c, struct wish *parent, struct wish *w)
{
    str key = name_key(c->scratch, w->local, w->attribute);
    struct wish *first = map_get(&parent->by_name, key), **at = &first;
    parent->has_elements = parent->has_elements || !w->attribute;
    vec_add(c->scratch, &parent->children, w);
    while (*at && (*at)->copy <= w->copy)
        at = &(*at)->same;
    w->same = *at;
    *at = w;
    map_put(&parent->by_name, key, first);
}

static struct wish *wish_at(struct wishes *all, str path, unsigned depth)
{
    struct wish *w = map_get(&all->by_path, path);
    if (w || !path.n)
        return w ? w : &all->top;
    if (depth > MOST_DEPTH) {
        mapping_compile_problem(all->c, ERR_TOO_LARGE, "a target path of more than %d steps",
                                MOST_DEPTH);
        return NULL;
    }
    size_t slash = str_rfind_char(path, '/');
    struct wish *parent =
        wish_at(all, slash == SIZE_MAX ? STR("") : str_sub(path, 0, slash), depth + 1);
    if (!parent)
        return NULL;
    w = arena_new_of(all->c->scratch, struct wish);
    w->path = path;
    w->step = slash == SIZE_MAX ? path : str_from(path, slash + 1);
    map_init(&w->by_name, all->c->scratch, false);
    read_step(w);
    add_child(all->c, parent, w);
    map_put(&all->by_path, path, w);
    return w;
}

static void read_wishes(struct wishes *all)
{
    const struct mmap *file = all->c->file;
    map_init(&all->by_path, all->c->scratch, false);
    map_init(&all->top.by_name, all->c->scratch, false);
    for (size_t i = 0; i < file->fields.n; i++) {
        const struct mmap_field *f = &file->fields.at[i];
        struct wish *w = f->value && !f->variable ? wish_at(all, f->path, 0) : NULL;
        if (w)
            w->field = f;
    }
}

/* ---- names ---- */

static void use_prefix(struct compile *c, str name)
{
    size_t colon = str_find_char(name, ':', 0);
    str prefix = str_sub(name, 0, colon == SIZE_MAX ? 0 : colon),
        uri = mapping_compile_uri(c, prefix);
    if (!prefix.n || c->m->to_json || str_eqz(prefix, "xml"))
        return;
    for (size_t i = 0; i < c->m->prefixes.n; i++)
        if (str_eq(c->m->prefixes.at[i].prefix, prefix))
            return;
    if (!uri.p && c->file->several)
        uri = STR(ENVELOPE);
    if (!uri.n)
        mapping_compile_problem(c, ERR_BAD_REQUEST, "the prefix '" STR_FMT "' has no namespace",
                                STR_ARG(prefix));
    else
        vec_add(c->a, &c->m->prefixes,
                ((struct prefix){arena_str(c->a, prefix), arena_str(c->a, uri)}));
}

/* ---- the tree ---- */

struct place {                /* where a level stands in the schema */
    struct structure *schema; /* NULL: unknown */
    const struct structure_node *node;
};

static struct target *make(struct compile *c, const struct wish *w, unsigned min, unsigned max)
{
    struct target *t = arena_new_of(c->a, struct target);
    *t = (struct target){.name = arena_str(c->a, w->name), .path = arena_str(c->a, w->path)};
    t->attribute = w->attribute;
    t->min = min;
    t->max = max;
    t->op = -1;
    t->index = c->m->ntargets++;
    use_prefix(c, w->name);
    if (w->field) {
        c->field = w->path;
        t->op = mapping_compile_value(c, w->field->value, w->field->from);
        c->field = STR("");
    }
    return t;
}

static bool fill(struct compile *c, struct target *t, const struct wish *w, struct place at,
                 unsigned depth);

static bool add(struct compile *c, struct target *parent, struct wish *w,
                const struct structure_node *n, struct structure *s, unsigned depth)
{
    unsigned min = n ? n->min : 0, max = n                                  ? n->max
                                         : w->attribute || !w->has_elements ? 1
                                                                            : STRUCTURE_MANY;
    struct target *t = make(c, w, min, max);
    w->used = true;
    t->array = n && n->array;
    t->value_type = n && c->file->basic_types ? (int)n->value : STRUCTURE_TEXT;
    vec_add(c->a, &parent->children, t);
    if (!fill(c, t, w, (struct place){n ? s : NULL, n}, depth + 1))
        return false;
    parent->mapped_below = parent->mapped_below || t->op >= 0 || t->mapped_below;
    return true;
}

static bool add_unknown(struct compile *c, struct target *t, const struct wish *w, bool known,
                        bool attributes, unsigned depth)
{
    for (size_t i = 0; i < w->children.n; i++) {
        struct wish *x = w->children.at[i];
        if (x->used || x->attribute != attributes)
            continue;
        if (known)
            mapping_compile_note(c, "the schema has no " STR_FMT ": left out", STR_ARG(x->path));
        else if (!add(c, t, x, NULL, NULL, depth))
            return false;
    }
    return true;
}

static bool fill(struct compile *c, struct target *t, const struct wish *w, struct place at,
                 unsigned depth)
{
    struct structure_content content = {0};
    struct err e = {0};
    if (at.schema && w->children.n + (w->field != NULL) &&
        !structure_content(at.schema, at.node, &content, &e)) {
        mapping_compile_problem(c, e.code, "%s", e.msg);
        return false;
    }
    t->text = !t->attribute && (content.known ? content.text : !w->has_elements);
    if (!content.known && !add_unknown(c, t, w, false, true, depth))
        return false;
    for (size_t i = 0; i < content.nodes.n; i++) {
        const struct structure_node *n = &content.nodes.at[i];
        struct wish *x = map_get(&w->by_name, name_key(c->scratch, n->name, n->attribute));
        for (; x; x = x->same)
            if (!x->used && !add(c, t, x, n, at.schema, depth))
                return false;
    }
    return add_unknown(c, t, w, content.known, true, depth) &&
           add_unknown(c, t, w, content.known, false, depth);
}

/* The schema of a message; what is missing leaves the order of the file. */
static struct structure *open_schema(struct compile *c, const struct mmap_message *m,
                                     const struct wish *root)
{
    struct structure *s = NULL;
    struct err e = {0};
    if (!structure_open(c->scratch, c->files, m->type, m->file, m->root, m->ns, &s, &e)) {
        if (e.code != ERR_NOT_FOUND || c->m->to_json)
            mapping_compile_problem(c, e.code, "target structure: %s", e.msg);
        else
            mapping_compile_note(c, "target structure: %s; fields come in the order of the mapping",
                                 e.msg);
        return NULL;
    }
    if (root && !str_eq(root->local, s->root.name)) {
        mapping_compile_note(c, "the target's root is " STR_FMT ", the schema has " STR_FMT,
                             STR_ARG(root->local), STR_ARG(s->root.name));
        return NULL;
    }
    return s;
}

static struct target *single_root(struct wishes *all)
{
    struct compile *c = all->c;
    const struct mmap_message *m = c->file->targets.n ? &c->file->targets.at[0] : NULL;
    struct wish *root = all->top.children.n ? all->top.children.at[0] : NULL;
    struct structure *s = m ? open_schema(c, m, root) : NULL;
    if (!root) { /* nothing is mapped: an empty root */
        str name = s ? s->root.name : m ? m->root : STR("");
        if (!name.n) {
            mapping_compile_problem(c, ERR_BAD_REQUEST, "the mapping has no target");
            return NULL;
        }
        root = arena_new_of(c->scratch, struct wish);
        root->name = root->local = name;
        root->path = arena_fmt(c->scratch, "/" STR_FMT, STR_ARG(name));
        map_init(&root->by_name, c->scratch, false);
    }
    struct target *t = make(c, root, s ? s->root.min : 1, s ? s->root.max : 1);
    t->array = s && s->root.array;
    return fill(c, t, root, (struct place){s, s ? &s->root : NULL}, 0) ? t : NULL;
}

/* ---- several messages ---- */

static struct wish *child_named(struct wish *parent, str local)
{
    return parent ? map_get(&parent->by_name, local) : NULL;
}

static struct wish *made_up(struct compile *c, const struct wish *parent, str name)
{
    struct wish *w = arena_new_of(c->scratch, struct wish);
    w->name = w->local = name;
    w->path = arena_fmt(c->scratch, STR_FMT "/" STR_FMT, STR_ARG(parent->path), STR_ARG(name));
    map_init(&w->by_name, c->scratch, false);
    return w;
}

static bool add_message(struct compile *c, struct target *messages, struct wish *envelope, size_t i)
{
    const struct mmap_message *m = &c->file->targets.at[i];
    str local = arena_fmt(c->scratch, "Message%zu", i + 1);
    struct wish *w = child_named(envelope, local);
    if (!w) {
        size_t colon = str_find_char(envelope->name, ':', 0);
        w = made_up(c, envelope,
                    colon == SIZE_MAX
                        ? local
                        : arena_fmt(c->scratch, STR_FMT ":" STR_FMT,
                                    STR_ARG(str_sub(envelope->name, 0, colon)), STR_ARG(local)));
    }
    struct target *message = make(c, w, 1, 1);
    message->mapped_below = true;
    vec_add(c->a, &messages->children, message);
    struct wish *root = w->children.n ? w->children.at[0] : NULL;
    struct structure *s = root ? open_schema(c, m, root) : NULL;
    struct structure_node n = s ? s->root : (struct structure_node){0};
    n.min = m->min;
    n.max = m->max ? m->max : STRUCTURE_MANY;
    if (root && s)
        return add(c, message, root, &n, s, 2);
    return !root || add(c, message, root, NULL, NULL, 2);
}

static struct target *several_roots(struct wishes *all)
{
    struct compile *c = all->c;
    struct wish *envelope = child_named(&all->top, STR("Messages"));
    if (!envelope) {
        mapping_compile_problem(c, ERR_BAD_REQUEST,
                                "the targets of several messages do not begin with /Messages");
        return NULL;
    }
    struct target *messages = make(c, envelope, 1, 1);
    messages->mapped_below = true;
    for (size_t i = 0; i < c->file->targets.n; i++)
        if (!add_message(c, messages, envelope, i))
            return NULL;
    return messages;
}

void mapping_compile_target(struct compile *c)
{
    struct wishes all = {.c = c};
    read_wishes(&all);
    if (c->problems->list.n)
        return;
    c->m->target = c->file->several ? several_roots(&all) : single_root(&all);
}
