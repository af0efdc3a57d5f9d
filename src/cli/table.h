/* table: results for people, in columns as wide as their widest cell, or for programs as JSON. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H
#include "cli/command.h"

enum { TABLE_COLUMNS = 12 };
struct table {
    const char *const *names; /* column titles, also the members of the JSON objects */
    size_t ncolumns;
    VEC(struct table_row { str cells[TABLE_COLUMNS]; }) rows;
};
/* Cells are borrowed; ncolumns of them. */
void table_add(struct cli *c, struct table *t, const str *cells);
void table_print(const struct cli *c, const struct table *t); /* -o decides the form */
#endif
