#include "mapping/structure.h"

static str last_part(str path)
{
    size_t slash = str_rfind_char(path, '/');
    return slash == SIZE_MAX ? path : str_from(path, slash + 1);
}

static bool is_named(str path, str name, const char *extension)
{
    str last = last_part(path);
    if (str_eq_nocase(last, name))
        return true;
    size_t n = strlen(extension);
    return last.n == name.n + 1 + n && last.p[name.n] == '.' && str_starts_nocase(last, name) &&
           str_eq_nocase(str_from(last, name.n + 1), str_of(extension));
}

const str *structure_file(const struct map *files, str name, const char *extension, str *ret_path)
{
    name = last_part(name);
    for (size_t i = 0; name.n && i < files->entries.n; i++) {
        const struct map_entry *f = &files->entries.at[i];
        if (f->value && is_named(f->key, name, extension)) {
            *ret_path = f->key;
            return f->value;
        }
    }
    return NULL;
}

static const struct structure_reader *reader_of(str type)
{
    static const struct structure_reader *const all[] = {&structure_xsd, &structure_wsdl,
                                                         &structure_edmx, &structure_json};
    for (size_t i = 0; i < COUNT(all); i++)
        if (str_eq_nocase(type, str_of(all[i]->type)))
            return all[i];
    return NULL;
}

bool structure_open(struct arena *a, const struct map *files, str type, str file, str root, str ns,
                    struct structure **ret, struct err *e)
{
    struct structure *s = arena_new_of(a, struct structure);
    *s = (struct structure){
        .arena = a, .files = files, .reader = reader_of(type), .root_name = root, .root_ns = ns};
    if (!s->reader)
        return err_set(e, ERR_NOT_IMPLEMENTED, "messages of type '" STR_FMT "'", STR_ARG(type));
    const str *bytes = structure_file(files, file, s->reader->type, &s->path);
    if (!bytes)
        return err_set(e, ERR_NOT_FOUND, "no file '" STR_FMT "' in the bundle", STR_ARG(file));
    if (!s->reader->open(s, *bytes, &s->root, e))
        return err_ctx(e, STR_FMT, STR_ARG(s->path));
    if (!s->root.max)
        s->root.min = s->root.max = 1;
    *ret = s;
    return true;
}

bool structure_content(struct structure *s, const struct structure_node *n,
                       struct structure_content *ret, struct err *e)
{
    *ret = (struct structure_content){.known = true};
    if (!s->reader->content(s, n, ret, e))
        return err_ctx(e, STR_FMT, STR_ARG(s->path));
    s->expanded += ret->nodes.n + 1;
    if (ret->nodes.n >= STRUCTURE_LEVEL)
        return err_set(e, ERR_TOO_LARGE, STR_FMT ": %d fields or more in '" STR_FMT "'",
                       STR_ARG(s->path), STRUCTURE_LEVEL, STR_ARG(n->name));
    return s->expanded <= STRUCTURE_MOST ||
           err_set(e, ERR_TOO_LARGE, STR_FMT ": more than %d fields", STR_ARG(s->path),
                   STRUCTURE_MOST);
}

void structure_add(struct structure *s, struct structure_content *c, struct structure_node n)
{
    for (size_t i = 0; i < c->nodes.n; i++) {
        struct structure_node *o = &c->nodes.at[i];
        if (o->attribute == n.attribute && str_eq(o->name, n.name) && str_eq(o->uri, n.uri)) {
            o->max = n.attribute ? o->max : STRUCTURE_MANY; /* in two places of a model */
            return;
        }
    }
    if (c->nodes.n < STRUCTURE_LEVEL)
        vec_add(s->arena, &c->nodes, n);
}
