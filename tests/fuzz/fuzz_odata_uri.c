/* Path and query of a request: "path?query". What is accepted leads to an entity that can be named. */
#include "fuzz_odata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    AUTO(arena) struct arena *a = arena_new();
    str s = arena_str(a, (str){(const char *)data, n}), path = s;
    struct err e = {0};
    struct uri u;
    struct options o;
    str_split(&s, '?', &path);
    if (!uri_parse(fuzz_model(), a, path, &u, &e)) {
        assert(e.code != ERR_NONE);
        return 0;
    }
    if (u.kind == URI_ENTITY && uri_last(&u)->key) {
        AUTO(buf) struct buf again = BUF(1 << 20);
        struct uri same;
        write_entity_path(&again, uri_last(&u)->set, uri_last(&u)->key);
        bool ok = uri_parse(fuzz_model(), a, buf_str(&again), &same, &e);
        assert(ok && same.kind == URI_ENTITY);
        (void)ok;
    }
    if (options_split(a, s, &o, &e) && options_bind(a, fuzz_model(), &u, &o, &e))
        assert(o.pick);
    return 0;
}
