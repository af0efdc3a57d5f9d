/* compile: what the files of the compiler share. Private to mapping/. */
#ifndef MAPPING_COMPILE_H
#define MAPPING_COMPILE_H
#include "mapping/inside.h"
#include "mapping/mmap.h"

struct compile {
    struct arena *a, *scratch; /* the mapping's; of the compilation */
    const struct map *files;
    const struct mmap *file;
    struct mapping *m;
    struct mapping_problems *problems;
    uint32_t *made;       /* by brick: its operation + 1; 0: none yet; MAKING: being made */
    struct map sources;   /* path and context -> (uint32_t *) operation */
    struct map variables; /* path -> (struct mmap_field *) */
    unsigned depth;       /* of the value in work */
    str field;            /* the target field in work, for problems */
};
void mapping_compile_problem(struct compile *c, enum err_code code, const char *fmt, ...)
    PRINTF(3, 4);
void mapping_compile_note(struct compile *c, const char *fmt, ...) PRINTF(2, 3);
str mapping_compile_uri(const struct compile *c, str prefix); /* STR_NONE: unknown */
/* Splits "prefix:name" or "@name". */
void mapping_compile_name(str step, str *ret_prefix, str *ret_local, bool *ret_attribute);
/* compile_brick.c: the operation of a value; -1 with a problem. */
int64_t mapping_compile_value(struct compile *c, const struct brick *b, unsigned from);
void mapping_compile_order(struct compile *c);
/* mapping_compile_target.c */
void mapping_compile_target(struct compile *c);
#endif
