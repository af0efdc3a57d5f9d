/* The DevOps service's configuration and what other rooms use of it; the service is tested from outside, in
 * tests/api/test_devops.py. */
#include "../test.h"

#include "format/xml.h"
#include "services/devops/devops.h"
#include "services/devops/machine.h"

static struct store *store;
static struct devops *devops;

static int open_all(void **state)
{
    struct err e = {0};
    (void)state;
    xml_setup();
    if (!store_open(&(struct store_config){.dir = STR(":memory:")}, &store, &e) ||
        !devops_open(&(struct devops_config){.store = store}, &devops, &e)) {
        print_error("%s: %s\n", e.ctx, e.msg);
        return 1;
    }
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    devops_close(devops);
    store_close(store);
    return 0;
}

#define MACHINE                                                                                                \
    "{\"profiles\":[{\"name\":\"P\",\"initial\":\"A\",\"statuses\":["                                          \
    "{\"code\":\"A\",\"name\":\"a\",\"next\":[\"B\"]},{\"code\":\"B\",\"name\":\"b\",\"next\":[\"A\",\"C\"]}," \
    "{\"code\":\"C\",\"name\":\"c\",\"final\":true}]}],\"processTypes\":[{\"type\":\"T\",\"profile\":\"P\"}]," \
    "\"textTypes\":[{\"type\":\"X\",\"name\":\"x\",\"processTypes\":[\"T\"]},{\"type\":\"Y\",\"name\":\"y\"}]}"

static void changes_follow_the_graph(void **state)
{
    AUTO(arena) struct arena *a = arena_new();
    const struct machine *m;
    struct err e = {0};
    (void)state;
    assert_true(machine_load(a, STR(MACHINE), &m, &e));
    assert_int_equal(m->attachment_bytes, 20 << 20);
    const struct devops_profile *p = machine_process(m, STR("T"))->profile;
    static const struct {
        const char *from, *to, *code, *forced; /* code: NULL: allowed */
    } rows[] = {
        {"A", "B", NULL,                   NULL                  },
        {"B", "A", NULL,                   NULL                  },
        {"A", "C", "/SALM/EXT_DEVOPS/002", NULL                  },
        {"A", "A", "/SALM/EXT_DEVOPS/003", "/SALM/EXT_DEVOPS/003"},
        {"C", "A", "/SALM/EXT_DEVOPS/004", NULL                  },
        {"C", "C", "/SALM/EXT_DEVOPS/004", "/SALM/EXT_DEVOPS/003"},
        {"A", "D", "/SALM/EXT_DEVOPS/001", "/SALM/EXT_DEVOPS/001"},
        {"C", "D", "/SALM/EXT_DEVOPS/001", "/SALM/EXT_DEVOPS/001"},
        {"Z", "A", "/SALM/EXT_DEVOPS/002", NULL                  }, /* from a profile of before */
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int force = 0; force < 2; force++) {
            const char *code = force ? rows[i].forced : rows[i].code;
            bool ok =
                machine_change(p, STR("1"), str_of(rows[i].from), str_of(rows[i].to), force, &e);
            assert_int_equal(ok, code == NULL);
            if (code)
                assert_string_equal(e.id, code);
        }
}

static void text_types_belong_to_process_types(void **state)
{
    AUTO(arena) struct arena *a = arena_new();
    const struct machine *m;
    struct err e = {0};
    (void)state;
    assert_true(machine_load(a, STR(MACHINE), &m, &e));
    assert_non_null(machine_text(m, STR("T"), STR("X")));
    assert_null(machine_text(m, STR("U"), STR("X")));
    assert_non_null(machine_text(m, STR("U"), STR("Y")));
    assert_null(machine_process(m, STR("U")));
}

static void wrong_files_are_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "[]",
        "{}",
        "{\"profiles\":{}}",
        "{\"profiles\":[]}",
        "{\"profiles\":[1]}",
        "{\"profiles\":[{}]}",
        "{\"profiles\":[{\"name\":\"123456789\"}]}",
        "{\"profiles\":[{\"name\":\"P\",\"initial\":\"A\",\"statuses\":[{}]}]}",
        "{\"profiles\":[{\"name\":\"P\",\"initial\":\"A\",\"statuses\":[{\"code\":\"A\",\"name\":\"a\",\"next\":[\"A\"]}]}]}",
        "{\"profiles\":[{\"name\":\"P\",\"initial\":\"A\",\"statuses\":[{\"code\":\"A\",\"name\":\"a\",\"next\":[1]}]}]}",
        "{\"profiles\":[{\"name\":\"P\",\"initial\":\"A\",\"statuses\":[{\"code\":\"A\",\"name\":\"a\",\"final\":1}]}]}",
        "{\"profiles\":[{\"name\":\"P\",\"initial\":\"Z\",\"statuses\":[{\"code\":\"A\",\"name\":\"a\",\"final\":true}]}]}",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(arena) struct arena *a = arena_new();
        const struct machine *m;
        struct err e = {0};
        assert_false(machine_load(a, str_of(rows[i]), &m, &e));
        assert_int_equal(e.code, ERR_BAD_REQUEST);
        assert_true(e.msg[0]);
    }
}

static bool act(bool (*run)(struct devops_admin *a, struct err *e), struct arena *arena,
                const char *id, const char *json, str *ret, struct err *e)
{
    struct jr *in = NULL;
    struct jw w;
    struct buf *b = arena_new_of(arena, struct buf);
    *b = BUF(1 << 20);
    arena_defer(arena, (void (*)(void *))buf_free, b);
    jw_init(&w, b);
    assert_true(!json || jr_parse(arena, str_of(json), &in, e));
    struct devops_admin a = {devops, arena, STR("ann"), str_of(id), in, &w};
    bool ok = run(&a, e);
    *ret = buf_str(b);
    return ok;
}

static void items_are_made_and_moved(void **state)
{
    AUTO(arena) struct arena *a = arena_new();
    struct err e = {0};
    str out, number;
    struct jr *item;
    (void)state;
    assert_true(act(devops_admin_create, a, NULL,
                    "{\"processType\":\"S1MJ\",\"description\":\"x\"}", &out, &e));
    assert_true(jr_parse(a, out, &item, &e));
    number = jr_text(item, "objectId");
    assert_str(number, "8000000001");
    assert_str(jr_text(item, "createdBy"), "ann");
    assert_true(
        act(devops_admin_set_status, a, "8000000001", "{\"userStatus\":\"E0002\"}", &out, &e));
    assert_false(
        act(devops_admin_set_status, a, "8000000001", "{\"userStatus\":\"E0016\"}", &out, &e));
    assert_string_equal(e.id, "/SALM/EXT_DEVOPS/002");
    assert_false(act(devops_admin_show, a, "8000000009", NULL, &out, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_true(act(devops_admin_show, a, "8000000001", NULL, &out, &e));
    assert_true(jr_parse(a, out, &item, &e));
    assert_str(jr_text(item, "userStatusDesc"), "In Development");
    assert_int_equal(jr_get(item, "changes")->n, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_follow_the_graph),
        cmocka_unit_test(text_types_belong_to_process_types),
        cmocka_unit_test(wrong_files_are_refused),
        cmocka_unit_test(items_are_made_and_moved),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
