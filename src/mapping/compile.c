/* A mapping file to a program: every value tree to operations (compile_brick.c), the target fields into the tree of the
 * schema (mapping_compile_target.c). What cannot run is collected, all of it. */
#include "mapping/compile.h"

#include <stdarg.h>
#include <stdio.h>

void mapping_compile_problem(struct compile *c, enum err_code code, const char *fmt, ...)
{
    char text[480];
    va_list ap;
    int n = c->field.n ? snprintf(text, sizeof text, "target field " STR_FMT ": ",
                                  (int)(c->field.n < 200 ? c->field.n : 200), c->field.p)
                       : 0;
    va_start(ap, fmt);
    vsnprintf(text + n, sizeof text - (size_t)n, fmt, ap);
    va_end(ap);
    if (c->problems->list.n < MAPPING_PROBLEMS)
        vec_add(c->a, &c->problems->list,
                ((struct mapping_problem){code, arena_str(c->a, str_of(text))}));
}

void mapping_compile_note(struct compile *c, const char *fmt, ...)
{
    char text[480];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    vec_add(c->a, &c->m->notes, arena_str(c->a, str_of(text)));
}

str mapping_compile_uri(const struct compile *c, str prefix)
{
    const str *uri = map_get(&c->file->prefixes, prefix);
    return uri ? *uri : STR_NONE;
}

void mapping_compile_name(str step, str *ret_prefix, str *ret_local, bool *ret_attribute)
{
    *ret_attribute = step.n && step.p[0] == '@';
    step = str_from(step, *ret_attribute);
    size_t colon = str_find_char(step, ':', 0);
    *ret_prefix = colon == SIZE_MAX ? STR_NONE : str_sub(step, 0, colon);
    *ret_local = colon == SIZE_MAX ? step : str_from(step, colon + 1);
}

static void find_variables(struct compile *c)
{
    for (size_t i = 0; i < c->file->fields.n; i++)
        if (c->file->fields.at[i].variable)
            map_put(&c->variables, c->file->fields.at[i].path, &c->file->fields.at[i]);
}

static bool is_json(const struct mmap_message *list, size_t n)
{
    return n && str_eq_nocase(list[0].type, STR("json"));
}

bool mapping_compile(struct arena *a, str name, str bytes, const struct map *files,
                     struct mapping **ret, struct mapping_problems *problems)
{
    AUTO(arena) struct arena *scratch = arena_new();
    struct compile c = {.a = a, .scratch = scratch, .files = files, .problems = problems};
    struct mmap *file;
    struct err e = {0};
    size_t before = problems->list.n;
    if (!mmap_read(scratch, bytes, &file, &e)) {
        mapping_compile_problem(&c, e.code, "%s", e.msg);
        return false;
    }
    c.file = file;
    c.m = arena_new_of(a, struct mapping);
    c.m->arena = a;
    c.m->name = arena_str(a, name);
    c.m->from_json = is_json(file->sources.at, file->sources.n);
    c.m->to_json = is_json(file->targets.at, file->targets.n);
    c.made = arena_new_array(scratch, uint32_t, file->nbricks + 1);
    map_init(&c.sources, scratch, false);
    map_init(&c.variables, scratch, false);
    map_init(&c.m->source.children, a, false);
    find_variables(&c);
    mapping_compile_target(&c);
    if (problems->list.n > before)
        return false;
    mapping_compile_order(&c);
    *ret = c.m;
    return true;
}
