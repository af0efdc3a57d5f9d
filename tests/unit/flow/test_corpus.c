/* Measures bundle_read and flow_compile over a folder of real bundles, when there is one: $TEST_CORPUS, or the folder
 * the build names. With an empty registry nothing may compile, and every refusal must name what it refuses. */
#include "flow_case.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MOST = 4000 };

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static str slurp(struct arena *a, const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    size_t n = (size_t)ftell(f);
    rewind(f);
    char *p = arena_alloc(a, n + 1);
    assert_int_equal(fread(p, 1, n, f), n);
    fclose(f);
    return (str){p, n};
}

/* The milliseconds the compilation took. */
static double run_one(const char *name, str zip, const struct registry *r)
{
    struct err e = {0};
    struct bundle *b;
    struct problems ps = {.arena = arena_new()};
    if (!bundle_read(zip, &b, &e))
        fail_msg("%s: %s", name, e.msg);
    double start = now_ms();
    struct program *p = flow_compile(b, r, &ps);
    double took = now_ms() - start;
    bundle_free(b);
    assert_true((p != NULL) == (ps.list.n == 0));
    if (!r->nsteps && p && p->operations.n > 2)
        fail_msg("%s compiled without steps", name);
    for (size_t i = 0; i < ps.list.n; i++) {
        assert_true(ps.list.at[i].step.n > 0 && ps.list.at[i].text.n > 0);
        if (getenv("VERBOSE"))
            printf("%s\t%d\t%.*s\n", name, err_http(ps.list.at[i].code),
                   STR_ARG(ps.list.at[i].text));
    }
    program_free(p);
    arena_free(ps.arena);
    return took;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void test_corpus(void **state)
{
    (void)state;
    const char *folder = getenv("TEST_CORPUS");
    DIR *d = opendir(folder ? folder : "");
    if (!d)
        skip();
    const struct registry none = {0};
    double took[MOST];
    size_t n = 0;
    for (struct dirent *f; n < MOST && (f = readdir(d));) {
        AUTO(arena) struct arena *a = arena_new();
        if (!str_ends(str_of(f->d_name), STR(".zip")))
            continue;
        str zip = slurp(a, folder, f->d_name);
        run_one(f->d_name, zip, &none);
        took[n++] = run_one(f->d_name, zip, &fake_registry);
    }
    closedir(d);
    qsort(took, n, sizeof took[0], by_value);
    if (n)
        printf("%zu bundles; compile: median %.3f ms, most %.3f ms\n", n, took[n / 2], took[n - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_corpus)};
    return RUN(tests);
}
