/* A $batch body: what is taken apart lies within the text. */
#include "odata/batch.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(str body, str s)
{
    assert(!s.n || (s.p >= body.p && s.p + s.n <= body.p + body.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    AUTO(arena) struct arena *a = arena_new();
    str body = {(const char *)data, n};
    batch_parts parts = {0};
    struct err e = {0};
    if (!batch_parse(a, STR("multipart/mixed; boundary=b"), body, &parts, &e)) {
        assert(e.code == ERR_BAD_REQUEST);
        return 0;
    }
    for (size_t i = 0; i < parts.n; i++) {
        assert(parts.at[i].changeset || parts.at[i].calls.n == 1);
        for (size_t k = 0; k < parts.at[i].calls.n; k++) {
            const struct batch_call *c = &parts.at[i].calls.at[k];
            assert(c->method.n && c->uri.n);
            check(body, c->method);
            check(body, c->uri);
            check(body, c->body);
        }
    }
    return 0;
}
