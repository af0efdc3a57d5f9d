/* A stream of frames from a host, with values of every kind: nothing read leaves the bytes, and everything ends. */
#include "script/wire.h"

#include <stdlib.h>

static void check(bool ok)
{
    if (!ok)
        abort();
}

static bool inside(str whole, str part)
{
    return !part.p || !part.n || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void read_values(str payload)
{
    struct wire_in in = {.rest = payload};
    while (in.rest.n && !in.failed) {
        switch (wire_read_u8(&in) % 5) {
        case 0:
            check(inside(payload, wire_read_text(&in)));
            break;
        case 1:
            (void)wire_read_i32(&in);
            break;
        case 2:
            (void)wire_read_i64(&in);
            break;
        case 3:
            (void)wire_read_f64(&in);
            break;
        default:
            (void)wire_read_u8(&in);
        }
        check(inside(payload, in.rest));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    str all = {(const char *)data, n};
    for (;;) {
        struct wire_frame f;
        struct err e = {0};
        size_t size;
        if (!wire_frame(all, &f, &size, &e) || !size)
            return 0;
        check(size >= WIRE_HEAD && size <= all.n && inside(all, f.payload));
        read_values(f.payload);
        all = str_from(all, size);
    }
}
