#include "cli/table.h"

#include "base/codec.h"
#include "base/json.h"

#include <stdio.h>
#include <unistd.h>

void table_add(struct cli *c, struct table *t, const str *cells)
{
    struct table_row row = {0};
    memcpy(row.cells, cells, t->ncolumns * sizeof *cells);
    vec_add(c->arena, &t->rows, row);
}

static void print_json(const struct table *t)
{
    AUTO(buf) struct buf b = BUF(SIZE_MAX / 2);
    struct jw w;
    jw_init(&w, &b);
    jw_array(&w);
    for (size_t r = 0; r < t->rows.n; r++) {
        jw_object(&w);
        for (size_t k = 0; k < t->ncolumns; k++) {
            jw_keyz(&w, t->names[k]);
            jw_str(&w, t->rows.at[r].cells[k]);
        }
        jw_object_end(&w);
    }
    jw_array_end(&w);
    cli_write(stdout, buf_str(&b));
    putchar('\n');
}

static void print_cell(str s, size_t width, bool last)
{
    cli_write(stdout, s);
    for (size_t n = utf8_count(s); !last && n < width + 2; n++)
        putchar(' ');
    if (last)
        putchar('\n');
}

void table_print(const struct cli *c, const struct table *t)
{
    size_t widths[TABLE_COLUMNS] = {0};
    if (cli_json(c)) {
        print_json(t);
        return;
    }
    for (size_t k = 0; k < t->ncolumns; k++) {
        widths[k] = strlen(t->names[k]);
        for (size_t r = 0; r < t->rows.n; r++)
            if (utf8_count(t->rows.at[r].cells[k]) > widths[k])
                widths[k] = utf8_count(t->rows.at[r].cells[k]);
    }
    for (size_t k = 0; k < t->ncolumns; k++)
        print_cell(str_of(t->names[k]), widths[k], k + 1 == t->ncolumns);
    for (size_t r = 0; r < t->rows.n; r++)
        for (size_t k = 0; k < t->ncolumns; k++)
            print_cell(t->rows.at[r].cells[k], widths[k], k + 1 == t->ncolumns);
}
