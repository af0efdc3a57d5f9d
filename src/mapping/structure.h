/* structure: what a message looks like by its schema: which fields it has, in which order, how often. Read from XSD, WSDL, EDMX and
 * OpenAPI documents (message-mapping.md 2, 9); expanded level by level as asked for, so that recursive types do no
 * harm. Lives in a scratch arena while a mapping is compiled. Private to mapping/. */
#ifndef MAPPING_STRUCTURE_H
#define MAPPING_STRUCTURE_H
#include "base/err.h"
#include "base/map.h"

enum {
    STRUCTURE_MANY = 0x7fffffff,
    STRUCTURE_LEVEL = 10000 /* fields of one field */,
    STRUCTURE_MOST = 500000 /* fields one schema may be asked for */
};
enum structure_value { STRUCTURE_TEXT, STRUCTURE_NUMBER, STRUCTURE_BOOLEAN }; /* of JSON */
struct structure_node {
    str name, uri; /* uri STR_NONE: none */
    unsigned min, max;
    bool attribute;
    bool array; /* JSON: written as an array */
    enum structure_value value;
    const void *declaration; /* the reader's own */
};
struct structure_content {            /* of a node */
    VEC(struct structure_node) nodes; /* attributes first */
    bool text;                        /* may hold text */
    bool known;                       /* false: its type is not in the files */
};
struct structure;
struct structure_reader {
    const char *type; /* as the mapping file calls it */
    /* The message's root; max 0: it is there once. */
    bool (*open)(struct structure *s, str bytes, struct structure_node *ret, struct err *e);
    bool (*content)(struct structure *s, const struct structure_node *n,
                    struct structure_content *ret, struct err *e);
};
struct structure {
    struct arena *arena;
    const struct map *files; /* of the bundle */
    const struct structure_reader *reader;
    str path;               /* of the file */
    str root_name, root_ns; /* asked for */
    struct structure_node root;
    void *own;
    size_t expanded;
};
extern const struct structure_reader structure_xsd, structure_wsdl, structure_edmx, structure_json;
/* The message whose root is named so, of a file of the bundle. ERR_NOT_FOUND: no such file or root; ERR_BAD_REQUEST:
 * unreadable; ERR_NOT_IMPLEMENTED: another type. */
bool structure_open(struct arena *a, const struct map *files, str type, str file, str root, str ns,
                    struct structure **ret, struct err *e) MUST_USE;
bool structure_content(struct structure *s, const struct structure_node *n,
                       struct structure_content *ret, struct err *e) MUST_USE;
/* A file by its name alone, anywhere below src/main/resources, case and a missing extension ignored; NULL: absent. */
const str *structure_file(const struct map *files, str name, const char *extension, str *ret_path);
void structure_add(struct structure *s, struct structure_content *c,
                   struct structure_node n); /* not twice the same name */
#endif
