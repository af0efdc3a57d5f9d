/* Any bytes as an artifact. What is accepted is written back and read again: the same files, the same parameters. */
#include <stdlib.h>

#include "flow/flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void same(const struct bundle *b, const struct bundle *again)
{
    check(str_eq(b->id, again->id) && str_eq(b->version, again->version) &&
          str_eq(b->name, again->name));
    check(b->parameters.n == again->parameters.n);
    for (size_t i = 0; i < b->parameters.n; i++)
        check(str_eq(b->parameters.at[i].value, again->parameters.at[i].value));
    for (size_t i = 0; i < b->files.entries.n; i++) {
        const struct map_entry *f = &b->files.entries.at[i];
        const str *other = f->value ? map_get(&again->files, f->key) : NULL;
        check(!f->value || (other && str_eq(*(const str *)f->value, *other)));
    }
}

static void round_trip(struct bundle *b)
{
    AUTO(buf) struct buf zip = BUF(64 << 20);
    struct bundle *again = NULL;
    struct err e = {0};
    if (b->parameters.n)
        check(bundle_configure(b, b->parameters.at[0].key, STR("a=b\\ \n\xC3\xA4"), &e));
    check(bundle_write(b, &zip, &e));
    check(bundle_read(buf_str(&zip), &again, &e));
    same(b, again);
    bundle_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct bundle *b = NULL;
    struct err e = {0};
    if (bundle_read((str){(const char *)data, n}, &b, &e))
        round_trip(b);
    bundle_free(b);
    return 0;
}
