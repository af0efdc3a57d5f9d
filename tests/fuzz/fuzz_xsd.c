/* A schema in any of its forms, by the first byte: X XSD, W WSDL, E EDMX, J OpenAPI; up to the byte 1 the name of the
 * root. Its first levels are expanded. */
#include "mapping/structure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void expand(struct structure *s, const struct structure_node *n, unsigned depth,
                   unsigned *left)
{
    struct structure_content c;
    struct err e;
    if (!depth || !*left || !structure_content(s, n, &c, &e))
        return;
    --*left;
    for (size_t i = 0; i < c.nodes.n; i++)
        expand(s, &c.nodes.at[i], depth - 1, left);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    AUTO(arena) struct arena *a = arena_new();
    struct structure *s;
    struct err e = {0};
    struct map files;
    unsigned left = 2000;
    str rest = {(const char *)data, n}, root;
    const char *type = n && data[0] == 'W'   ? "wsdl"
                       : n && data[0] == 'E' ? "edmx"
                       : n && data[0] == 'J' ? "json"
                                             : "xsd";
    if (!str_split(&rest, 1, &root))
        return 0;
    map_init(&files, a, false);
    map_put(&files, STR("src/main/resources/xsd/a"), &rest);
    if (structure_open(a, &files, str_of(type), STR("a"), str_from(root, 1), STR_NONE, &s, &e))
        expand(s, &s->root, 5, &left);
    return 0;
}
