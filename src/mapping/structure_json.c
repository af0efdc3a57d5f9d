/* Schemas of OpenAPI 2 and 3 documents in JSON. The root is named "/path__$delim$__POST__$delim$__Request" or
 * "...__$delim$__Response__$delim$__200"; it stands for an element of its own name when the body is an object, and for
 * as many as the array has when the body is one. */
#include "base/json.h"
#include "mapping/structure.h"

#define DELIMITER "__$delim$__"
enum { MOST_REFS = 32, MOST_PARTS = 64 };

struct json_schema {
    const struct jr *document;
};

static bool parse(struct structure *s, str bytes, struct jr **ret, struct err *e)
{
    size_t first = 0;
    while (first < bytes.n && strchr(" \t\r\n\xEF\xBB\xBF", bytes.p[first]))
        first++;
    if (first < bytes.n && bytes.p[first] != '{')
        return err_set(e, ERR_NOT_IMPLEMENTED, "OpenAPI documents in another form than JSON");
    return jr_parse(s->arena, bytes, ret, e);
}

static const struct jr *member(const struct jr *object, str key)
{
    for (const struct jr *m = object && object->kind == JR_OBJECT ? object->first : NULL; m;
         m = m->next)
        if (str_eq(m->key, key))
            return m;
    return NULL;
}

static const struct jr *pointer(const struct jr *at, str path)
{
    str part;
    while (at && str_split(&path, '/', &part))
        at = part.n ? member(at, part) : at;
    return at;
}

static const struct jr *resolve(struct structure *s, const struct jr *schema)
{
    const struct json_schema *j = s->own;
    for (unsigned i = 0; schema && i < MOST_REFS; i++) {
        str ref = jr_text(schema, "$ref");
        if (!str_starts(ref, STR("#/")))
            return schema;
        schema = pointer(j->document, str_from(ref, 2));
    }
    return NULL;
}

static bool is_type(const struct jr *schema, const char *type)
{
    const struct jr *t = jr_get(schema, "type");
    if (t && t->kind == JR_ARRAY)
        for (const struct jr *x = t->first; x; x = x->next)
            if (x->kind == JR_STRING && str_eqz(x->s, type))
                return true;
    return t && t->kind == JR_STRING && str_eqz(t->s, type);
}

/* Sets what a node's own schema says; arrays stand for their items. */
static void describe(struct structure *s, const struct jr *schema, struct structure_node *n)
{
    schema = resolve(s, schema);
    n->max = 1;
    if (schema && (is_type(schema, "array") || jr_get(schema, "items"))) {
        n->array = true;
        n->min = 0;
        n->max = STRUCTURE_MANY;
        schema = resolve(s, jr_get(schema, "items"));
    }
    if (schema && (is_type(schema, "number") || is_type(schema, "integer")))
        n->value = STRUCTURE_NUMBER;
    if (schema && is_type(schema, "boolean"))
        n->value = STRUCTURE_BOOLEAN;
    n->declaration = schema;
}

static bool is_required(const struct jr *schema, str name)
{
    const struct jr *list = jr_get(schema, "required");
    for (const struct jr *r = list && list->kind == JR_ARRAY ? list->first : NULL; r; r = r->next)
        if (r->kind == JR_STRING && str_eq(r->s, name))
            return true;
    return false;
}

static void add_properties(struct structure *s, const struct jr *schema,
                           struct structure_content *out, unsigned depth)
{
    static const char *const parts[] = {"allOf", "anyOf", "oneOf"};
    schema = depth < MOST_PARTS ? resolve(s, schema) : NULL;
    for (size_t i = 0; i < COUNT(parts); i++) {
        const struct jr *list = jr_get(schema, parts[i]);
        for (const struct jr *p = list && list->kind == JR_ARRAY ? list->first : NULL;
             p && out->nodes.n < STRUCTURE_LEVEL; p = p->next)
            add_properties(s, p, out, depth + 8);
    }
    const struct jr *all = jr_get(schema, "properties");
    for (const struct jr *p = all && all->kind == JR_OBJECT ? all->first : NULL; p; p = p->next) {
        struct structure_node n = {.name = p->key, .min = is_required(schema, p->key)};
        describe(s, p, &n);
        structure_add(s, out, n);
    }
}

static bool content(struct structure *s, const struct structure_node *n,
                    struct structure_content *ret, struct err *e)
{
    (void)e;
    if (n->declaration)
        add_properties(s, n->declaration, ret, 0);
    ret->text = !ret->nodes.n;
    ret->known = n->declaration != NULL;
    return true;
}

/* ---- the root ---- */

static const struct jr *of_media(const struct jr *body)
{
    const struct jr *types = jr_get(body, "content"),
                    *media = types && types->kind == JR_OBJECT ? types->first : NULL;
    return media ? jr_get(media, "schema") : jr_get(body, "schema");
}

static const struct jr *request_of(struct structure *s, const struct jr *operation)
{
    const struct jr *body = jr_get(operation, "requestBody"),
                    *list = jr_get(operation, "parameters");
    if (body)
        return of_media(resolve(s, body));
    for (const struct jr *p = list && list->kind == JR_ARRAY ? list->first : NULL; p; p = p->next)
        if (str_eqz(jr_text(resolve(s, p), "in"), "body"))
            return jr_get(resolve(s, p), "schema");
    return NULL;
}

static bool next_part(str *rest, str *ret)
{
    size_t at = str_find(*rest, STR(DELIMITER), 0);
    *ret = str_sub(*rest, 0, at);
    *rest = at == SIZE_MAX ? STR("") : str_from(*rest, at + strlen(DELIMITER));
    return ret->n > 0;
}

static const struct jr *find_root(struct structure *s, const struct jr *document)
{
    str rest = s->root_name, path, method, side, status;
    if (!next_part(&rest, &path) || !next_part(&rest, &method) || !next_part(&rest, &side))
        return NULL;
    const struct jr *item = resolve(s, member(jr_get(document, "paths"), path)), *operation = NULL;
    for (const struct jr *m = item && item->kind == JR_OBJECT ? item->first : NULL; m; m = m->next)
        if (str_eq_nocase(m->key, method))
            operation = m;
    if (str_eq_nocase(side, STR("Request")))
        return request_of(s, operation);
    next_part(&rest, &status);
    return of_media(resolve(s, member(jr_get(operation, "responses"), status)));
}

static bool open(struct structure *s, str bytes, struct structure_node *ret, struct err *e)
{
    struct json_schema *own = arena_new_of(s->arena, struct json_schema);
    struct jr *document;
    if (!parse(s, bytes, &document, e))
        return false;
    own->document = document;
    s->own = own;
    const struct jr *root = find_root(s, document);
    if (!root)
        return err_set(e, ERR_NOT_FOUND, "no message '" STR_FMT "' in " STR_FMT,
                       STR_ARG(s->root_name), STR_ARG(s->path));
    describe(s, root, ret);
    ret->min = !ret->array;
    ret->name = ret->array ? STR("__$$RoOt_ArRaY$$__") : STR("__$$DuMmY_RoOt$$__");
    return true;
}

const struct structure_reader structure_json = {"json", open, content};
