/* Simple: compiling never crashes; what compiles also runs, and says what is wrong when it cannot. */
#include <assert.h>

#include "engine/exchange.h"
#include "engine/schedule.h"
#include "engine/simple.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void try_mode(str text, enum simple_mode mode)
{
    struct arena *a = arena_new();
    struct exchange *x = arena_new_of(a, struct exchange);
    struct simple *s = NULL;
    struct err e = {0};
    str out;
    x->arena = a;
    fields_init(&x->headers, a, true);
    fields_init(&x->properties, a, false);
    fields_set_text(&x->headers, STR("x"), STR("value,1"));
    fields_set(&x->properties, STR("y"), datum_int(5));
    exchange_set_body(x, body_of_text(STR("<a>1</a>")));
    if (!simple_compile(a, text, mode, &s, &e))
        assert(e.code != ERR_NONE && e.msg[0]);
    else if (!simple_text(s, x, a, &out, &e))
        assert(e.code != ERR_NONE);
    fields_free(&x->headers);
    fields_free(&x->properties);
    body_unref(x->body);
    arena_free(a);
}

static void try_schedule(str text)
{
    struct arena *a = arena_new();
    struct schedule *s = NULL;
    struct err e = {0};
    if (!schedule_parse(a, text, &s, &e))
        assert(e.code != ERR_NONE);
    else
        assert(schedule_next(s, INT64_C(1700000000000)) > INT64_C(1700000000000));
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    str text = {(const char *)data, n > 4096 ? 4096 : n};
    try_mode(text, SIMPLE_TEXT);
    try_mode(text, SIMPLE_CONDITION);
    try_schedule(text);
    return 0;
}
