/* Any bytes as an artifact, or (first byte F) as the files of one, parted by the byte 1. What is accepted is written back and read again: the same files, the same parameters. */
#include <stdlib.h>

#include "flow/flow.h"
#include "format/zip.h"

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

static void pack(str rest, struct buf *zip)
{
    static const char *const names[] = {"META-INF/MANIFEST.MF",
                                        "src/main/resources/parameters.prop",
                                        "src/main/resources/parameters.propdef", "metainfo.prop"};
    struct zip_entry entries[COUNT(names)];
    struct err e;
    size_t n = 0;
    str bytes;
    while (n < COUNT(names) && str_split(&rest, 1, &bytes)) {
        entries[n] = (struct zip_entry){str_of(names[n]), bytes, 0};
        n++;
    }
    check(zip_write(zip, entries, n, &e));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    AUTO(buf) struct buf zip = BUF(64 << 20);
    struct bundle *b = NULL;
    struct err e = {0};
    str bytes = {(const char *)data, n};
    if (n && data[0] == 'F') {
        pack(str_from(bytes, 1), &zip);
        bytes = buf_str(&zip);
    }
    if (bundle_read(bytes, &b, &e))
        round_trip(b);
    bundle_free(b);
    return 0;
}
