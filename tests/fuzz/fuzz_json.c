/* What the reader accepts, the writer writes and the reader accepts again, with the same shape. */
#include "base/json.h"

#include <stdlib.h>

static void write_value(struct jw *w, const struct jr *v)
{
    if (v->key.p)
        jw_key(w, v->key);
    switch (v->kind) {
    case JR_STRING:
        jw_str(w, v->s);
        break;
    case JR_NUMBER:
        jw_raw(w, v->s);
        break;
    case JR_BOOL:
        jw_bool(w, v->b);
        break;
    case JR_NULL:
        jw_null(w);
        break;
    case JR_ARRAY:
    case JR_OBJECT:
        v->kind == JR_ARRAY ? jw_array(w) : jw_object(w);
        for (const struct jr *m = v->first; m; m = m->next)
            write_value(w, m);
        v->kind == JR_ARRAY ? jw_array_end(w) : jw_object_end(w);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf first = BUF(1 << 24), second = BUF(1 << 24);
    struct err e = {0};
    struct jw w;
    struct jr *v, *again;
    if (!jr_parse(a, (str){(const char *)data, n}, &v, &e)) {
        if (e.code != ERR_BAD_REQUEST)
            abort();
        return 0;
    }
    jw_init(&w, &first);
    write_value(&w, v);
    if (!jr_parse(a, buf_str(&first), &again, &e))
        abort();
    jw_init(&w, &second);
    write_value(&w, again);
    if (!str_eq(buf_str(&first), buf_str(&second)))
        abort();
    return 0;
}
