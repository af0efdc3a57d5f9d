#include "steps/json_names.h"

void json_names_prepare(struct json_names *j, struct prepare *p)
{
    struct prepare_row *rows;
    size_t n;
    j->namespaces = prepare_bool(p, "useNamespaces", true);
    j->separator = prepare_text_or(p, "jsonNamespaceSeparator", ":");
    if (!prepare_rows(p, "jsonNamespaceMapping", &rows, &n))
        return;
    j->mapping = arena_alloc(p->arena, n * sizeof *j->mapping);
    for (size_t i = 0; i < n; i++) {
        str uri = str_trim(row_cell(&rows[i], "uri", 0));
        if (!uri.n)
            continue;
        j->mapping[j->n].uri = uri;
        j->mapping[j->n++].prefix = str_trim(row_cell(&rows[i], "prefix", 1));
    }
}

str json_names_prefix(const struct json_names *j, str uri)
{
    for (size_t i = 0; i < j->n; i++)
        if (str_eq(j->mapping[i].uri, uri))
            return j->mapping[i].prefix;
    return STR_NONE;
}

str json_names_uri(const struct json_names *j, str prefix)
{
    for (size_t i = 0; i < j->n; i++)
        if (str_eq(j->mapping[i].prefix, prefix))
            return j->mapping[i].uri;
    return STR_NONE;
}
