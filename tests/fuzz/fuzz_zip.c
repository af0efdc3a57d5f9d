/* Entries that are accepted stay within the limits, have safe names and can be packed again. */
#include "format/zip.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct zip_limits limits = {20, 1 << 20, 2 << 20, 100};
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf b = BUF(1 << 24);
    zip_entries entries = {0};
    struct err e = {0};
    size_t total = 0;
    if (!zip_read(a, (str){(const char *)data, n}, &limits, &entries, &e)) {
        if (e.code != ERR_BAD_REQUEST && e.code != ERR_TOO_LARGE)
            abort();
        return 0;
    }
    for (size_t i = 0; i < entries.n; i++) {
        str name = entries.at[i].name;
        total += entries.at[i].bytes.n;
        if (!name.n || name.p[0] == '/' || str_starts(name, STR("../")) ||
            str_find_char(name, '\\', 0) != SIZE_MAX || str_find(name, STR("/../"), 0) != SIZE_MAX)
            abort();
    }
    if (entries.n > limits.entries || total > limits.total_bytes ||
        !zip_write(&b, entries.at, entries.n, &e))
        abort();
    return 0;
}
