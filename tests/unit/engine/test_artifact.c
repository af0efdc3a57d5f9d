/* Deployment: endpoints that clash, are taken over, or must be given back first. */
#include "kit.h"

/* One endpoint per cfg text. */
static struct {
    const char *path;
    struct artifact *owner;
} endpoints[8];
static bool takes_over;
static int disposed;

static bool start(const void *cfg, struct artifact *a, const struct route *r, bool first,
                  struct err *e)
{
    (void)r, (void)first;
    for (size_t i = 0; i < COUNT(endpoints); i++) {
        if (endpoints[i].owner && !strcmp(endpoints[i].path, cfg)) {
            bool same = str_eq(artifact_info(endpoints[i].owner)->id, artifact_info(a)->id);
            if (!takes_over || !same)
                return err_set(e, ERR_CONFLICT, "%s is taken", (const char *)cfg);
            endpoints[i].owner = a;
            return true;
        }
    }
    for (size_t i = 0; i < COUNT(endpoints); i++)
        if (!endpoints[i].owner) {
            endpoints[i].path = cfg;
            endpoints[i].owner = a;
            return true;
        }
    return err_set(e, ERR_INTERNAL, "full");
}

static void stop(const void *cfg, struct artifact *a, const struct route *r)
{
    (void)cfg, (void)r;
    for (size_t i = 0; i < COUNT(endpoints); i++)
        if (endpoints[i].owner == a && !strcmp(endpoints[i].path, cfg))
            endpoints[i].owner = NULL;
}

static void dispose(void *cfg)
{
    (void)cfg;
    disposed++;
}
static const struct sender_type sender = {
    .component = "Test", .start = start, .stop = stop, .dispose = dispose};

static bool deploy(struct engine *g, const char *id, const char *a, const char *b, struct err *e)
{
    struct program *p = kit_program();
    struct artifact_info info = {.id = str_of(id), .version = STR("1")};
    const char *paths[] = {a, b};
    for (size_t i = 0; i < 2 && paths[i]; i++)
        vec_add(
            p->arena, &p->routes,
            (struct route){.type = &sender, .cfg = (void *)(uintptr_t)paths[i], .id = STR("r")});
    return engine_deploy(g, &info, p, true, e);
}

static struct artifact *owner(const char *path)
{
    for (size_t i = 0; i < COUNT(endpoints); i++)
        if (endpoints[i].owner && !strcmp(endpoints[i].path, path))
            return endpoints[i].owner;
    return NULL;
}

static bool serves(struct engine *g, const char *id, const char *path)
{
    struct artifact *a = engine_artifact(g, str_of(id));
    bool same = a && owner(path) == a;
    artifact_unref(a);
    return same;
}

static void check(void)
{
    struct engine *g = kit_engine(NULL);
    struct err e = {0};
    disposed = 0;
    assert_true(deploy(g, "one", "/a", "/b", &e));
    assert_true(deploy(g, "two", "/c", NULL, &e));
    assert_true(deploy(g, "one", "/b", "/a", &e)); /* the same endpoints */
    assert_int_equal(disposed, 2);
    assert_true(serves(g, "one", "/a") && serves(g, "one", "/b"));
    assert_false(deploy(g, "one", "/a", "/c", &e)); /* one of them is somebody else's */
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_int_equal(disposed, 4); /* the refused program is freed */
    assert_true(serves(g, "one", "/a") && serves(g, "one", "/b") && serves(g, "two", "/c"));
    assert_false(deploy(g, "three", "/c", NULL, &e));
    assert_null(engine_artifact(g, STR("three")));
    assert_true(engine_undeploy(g, STR("two")));
    assert_null(owner("/c"));
    assert_true(deploy(g, "three", "/c", NULL, &e));
    engine_close(g, 0);
    assert_null(owner("/a"));
}

static void endpoints_are_taken_over(void **state)
{
    (void)state;
    takes_over = true;
    check();
}

static void endpoints_are_given_back_first(void **state)
{
    (void)state;
    takes_over = false;
    check();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(endpoints_are_taken_over),
                                       cmocka_unit_test(endpoints_are_given_back_first)};
    return RUN(tests);
}
