/* A $filter: what parses can be evaluated, planned, and is Boolean. */
#include "fuzz_odata.h"

#include "base/codec.h"
#include "odata/eval.h"
#include "odata/plan.h"

static void plan(struct arena *a, const struct expr *x)
{
    struct type_info info = {.type = model_type_named(fuzz_model(), STR("A")), .columns = STR("1")};
    struct plan p;
    plan_init(&p, a, &info, NULL, NULL, 0);
    plan_filter(&p, x);
    size_t marks = 0;
    str sql = plan_select(&p, -1, 0);
    for (size_t i = 0; i < sql.n; i++)
        marks += sql.p[i] == '?';
    assert(marks == p.binds.n);
    plan_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    AUTO(arena) struct arena *a = arena_new();
    str s = arena_str(a, (str){(const char *)data, n});
    const struct model_type *t = model_type_named(fuzz_model(), STR("A"));
    struct err e = {0};
    struct expr *x;
    order_list order = {0};
    if (!utf8_valid(s))
        return 0;
    if (filter_parse(a, fuzz_model(), t, s, &x, &e)) {
        struct entity *en = entity_new(a, t);
        assert(x->type == EDM_BOOLEAN);
        plan(a, x);
        (void)eval_filter(a, x, en);
        entity_set(en, "S", VALUE_TEXT(STR("a'b\xc3\xa4")));
        entity_set(en, "I", VALUE_INT(-7));
        entity_set(en, "L", VALUE_INT(INT64_MIN));
        entity_set(en, "M", VALUE_TEXT(STR("-12.34")));
        entity_set(en, "F", VALUE_REAL(1e300));
        entity_set(en, "D", VALUE_INT(-1));
        (void)eval_filter(a, x, en);
    }
    if (orderby_parse(a, fuzz_model(), t, s, &order, &e))
        assert(order.n > 0);
    return 0;
}
