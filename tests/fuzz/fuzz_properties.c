/* Reading, writing and reading again gives the same pairs, for both formats. */
#include "format/properties.h"

#include <stdlib.h>

static void same(const struct map *x, const struct map *y)
{
    if (x->entries.n != y->entries.n)
        abort();
    for (size_t i = 0; i < x->entries.n; i++) {
        const str *got = map_get(y, x->entries.at[i].key), *want = x->entries.at[i].value;
        if (!got || !str_eq(*got, *want))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf b = BUF(1 << 24);
    struct map first, second;
    str in = {(const char *)data, n};
    properties_read(a, in, &first);
    properties_write(&b, &first);
    properties_read(a, buf_str(&b), &second);
    same(&first, &second);
    manifest_read(a, in, &first);
    buf_reset(&b);
    manifest_write(&b, &first);
    return 0;
}
