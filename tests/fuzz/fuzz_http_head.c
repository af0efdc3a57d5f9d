/* The rules for request heads: a first line that is the target, then "Name:value" lines. What is
 * accepted keeps its promises. */
#include "net/address.h"
#include "net/rules.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void check_target(struct arena *a, str target)
{
    str path, query;
    struct host_map m = {0};
    struct err e;
    check(host_map_add(a, &m, STR("*=http://127.0.0.1:1"), &e));
    str mapped = host_map_apply(a, &m, target);
    check(mapped.p == target.p || str_starts(mapped, STR("http://127.0.0.1:1")));
    if (http_split_target(target, &path, &query))
        check(path.n && (path.p[0] == '/' || path.p[0] == '*') && !http_has_control(path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    AUTO(arena) struct arena *a = arena_new();
    str rest = arena_str(a, (str){(const char *)data, n}), line, name;
    struct http_headers h = {0};
    struct http_framing f;
    struct err e;
    if (str_split(&rest, '\n', &line))
        check_target(a, line);
    while (str_split(&rest, '\n', &line))
        if (str_split(&line, ':', &name))
            vec_add(a, &h.list, (struct http_header){name, line.p ? line : STR("")});
    if (!http_check_head(&h, true, &f, &e))
        return 0;
    check(f.host.p && !(f.chunked && f.has_length));
    for (size_t i = 0; i < h.list.n; i++)
        check(http_is_token(h.list.at[i].name) && !http_has_control(h.list.at[i].value));
    return 0;
}
