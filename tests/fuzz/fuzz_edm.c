/* A literal that is accepted is written as one that reads back as the same value. */
#include "format/edm.h"

#include <stdlib.h>

static bool same(struct value x, struct value y)
{
    if (x.kind != y.kind)
        return false;
    if (x.kind == V_TEXT || x.kind == V_BYTES)
        return str_eq(x.s, y.s);
    if (x.kind == V_REAL)
        return (x.d <= y.d && x.d >= y.d) || (x.d != x.d && y.d != y.d);
    return x.kind == V_NULL || x.i == y.i;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf b = BUF(1 << 20);
    struct value v, back;
    struct err e = {0};
    enum edm t, again;
    str in = {(const char *)data, n};
    if (edm_parse_uri(a, in, &t, &v, &e)) {
        edm_write_uri(&b, t, v);
        if (!edm_parse_uri(a, buf_str(&b), &again, &back, &e) || !same(v, back))
            abort();
        for (enum edm to = 0; to < EDM_COUNT; to++) {
            back = v;
            if (edm_convert(a, t, to, &back, &e) && back.kind != V_NULL &&
                back.kind != edm_value_kind(to))
                abort();
        }
    }
    for (t = 0; t < EDM_COMPLEX; t++)
        if (edm_parse_text(a, t, in, &v, &e)) {
            buf_reset(&b);
            edm_write_text(&b, t, v);
            if (!edm_parse_text(a, t, buf_str(&b), &back, &e) || !same(v, back))
                abort();
        }
    return 0;
}
