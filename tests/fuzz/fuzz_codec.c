/* Decoders undo encoders; what decoders accept is encoded to something that decodes to the same. */
#include "base/codec.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    AUTO(arena) struct arena *a = arena_new();
    str in = {(const char *)data, n}, out, back;
    if (!base64_decode(a, base64_encode(a, in), &back) || !str_eq(in, back))
        abort();
    if (!hex_decode(a, hex_encode(a, in, true), &back) || !str_eq(in, back))
        abort();
    if (base64_decode(a, in, &out) &&
        (!base64_decode(a, base64_encode(a, out), &back) || !str_eq(out, back)))
        abort();
    if (percent_decode(a, in, false, &out) &&
        (!percent_decode(a, percent_encode(a, out, "/"), false, &back) || !str_eq(out, back)) &&
        str_find_char(out, 0, 0) == SIZE_MAX)
        abort();
    query_value(a, in, "a");
    if (utf8_valid(in))
        utf8_count(in);
    return 0;
}
