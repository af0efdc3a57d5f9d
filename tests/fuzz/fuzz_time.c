/* Instants survive the way through text and through every zone. */
#include "base/time.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    AUTO(arena) struct arena *a = arena_new();
    str in = {(const char *)data, n};
    int64_t ms, back;
    struct time_parts t;
    size_t blank = str_find_char(in, '|', 0);
    if (!time_parse_iso(str_sub(in, 0, blank), &ms))
        return 0;
    time_split_utc(ms, &t);
    if (time_join_utc(&t) != ms)
        abort();
    if (t.year >= 0 && t.year <= 9999 &&
        (!time_parse_iso(time_iso(a, ms, true), &back) || back != ms))
        abort();
    const struct time_zone *z = blank == SIZE_MAX ? NULL : time_zone_named(str_from(in, blank + 1));
    if (z) {
        time_split(ms, z, &t);
        back = time_join(&t, z);
        if (llabs(back - ms) > 3 * 3600000 &&
            t.year > 1970) /* the repeated hour may be the other one */
            abort();
    }
    return 0;
}
