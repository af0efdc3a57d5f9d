/* What a child can and cannot do, tried with a shell in the place of a JVM. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "script/process.h"

/* Runs a shell script; what it wrote to its channel. */
static void shell(const char *script, char *ret, size_t cap, char *how, size_t how_cap)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    struct process p;
    struct err e = {0};
    size_t n = 0;
    assert_true(process_start(argv, "/", NULL, &p, &e));
    for (ssize_t got; n < cap - 1 && (got = read(p.channel, ret + n, cap - 1 - n)) > 0;)
        n += (size_t)got;
    ret[n] = 0;
    usleep(50000);
    process_end(&p, how, how_cap);
}

static void environment(void **state)
{
    (void)state;
    char out[2000], how[40];
    setenv("SECRET", "x", 1);
    int fd = open("/dev/null", O_RDONLY); /* not close-on-exec */
    shell(
        "echo $SECRET/$LANG; pwd; for i in 3 4 5 6 7 8 9; do eval \"true <&$i\" 2>/dev/null && echo open $i; done; exit 7",
        out, sizeof out, how, sizeof how);
    close(fd);
    assert_string_equal(out, "/C.UTF-8\n/\n");
    assert_string_equal(how, "exit status 7");
}

static void no_processes(void **state)
{
    (void)state;
    char out[2000], how[40];
    shell("echo before; /bin/true; echo after $?", out, sizeof out, how, sizeof how);
    assert_true(strncmp(out, "before\n", 7) == 0);
    assert_null(strstr(out, "after 0"));
}

static void killed(void **state)
{
    (void)state;
    const char *argv[] = {"/bin/sh", "-c", "read x", NULL};
    struct process p;
    struct err e = {0};
    char how[40];
    assert_true(process_start(argv, "/", NULL, &p, &e));
    process_end(&p, how, sizeof how);
    assert_string_equal(how, "signal 9");
    argv[0] = "/nowhere/java";
    assert_true(process_start(argv, "/", NULL, &p, &e));
    usleep(100000);
    process_end(&p, how, sizeof how);
    assert_string_equal(how, "exit status 127");
}

static void no_cgroup(void **state)
{
    (void)state;
    const char *argv[] = {"/bin/sh", "-c", "exit 0", NULL};
    struct process p;
    struct err e = {0};
    char how[40];
    assert_true(process_start(argv, "/", "/nowhere", &p, &e));
    usleep(100000);
    process_end(&p, how, sizeof how);
    assert_string_equal(how, "exit status 125"); /* better no host than one without its quota */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(environment),
        cmocka_unit_test(no_processes),
        cmocka_unit_test(killed),
        cmocka_unit_test(no_cgroup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
