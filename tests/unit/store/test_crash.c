/* A child commits rows and writes each number it was told is safe into a pipe; it is killed at a
 * random moment. What it has reported must be there afterwards, and batches must be whole. */
#include "help.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { KILLS = 12, AHEAD = 16 };
static int report;

static void tell(void *arg, bool ok, const struct err *e)
{
    (void)e;
    int32_t n = (int32_t)(intptr_t)arg;
    if (!ok || write(report, &n, sizeof n) != sizeof n)
        _exit(1);
}

static void commit(struct store *s, int32_t n)
{
    struct store_batch *b = store_batch_new();
    const struct value v = VALUE_INT(n);
    store_batch_add(b, "INSERT INTO t (n) VALUES (?)", &v, 1);
    store_batch_add(b, "INSERT INTO u (n) VALUES (?)", &v, 1);
    store_commit(s, b, tell, (void *)(intptr_t)n);
}

static _Noreturn void write_until_killed(const char *dir, int32_t from)
{
    struct store *s;
    struct err e;
    if (!store_open(&(struct store_config){.dir = str_of(dir)}, &s, &e))
        _exit(2);
    for (int32_t n = from;; n++) {
        struct store_stats stats;
        commit(s, n);
        do
            store_get_stats(s, &stats);
        while (stats.queued > AHEAD && usleep(50) == 0);
    }
}

/* The last number that the child reported, or before when it reported none. */
static int32_t run_child(const char *dir, int32_t before, unsigned ms)
{
    int p[2];
    assert_int_equal(pipe(p), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(p[0]);
        report = p[1];
        write_until_killed(dir, before + 1000);
    }
    close(p[1]);
    usleep(ms * 1000);
    kill(pid, SIGKILL);
    int status;
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status));
    int32_t n, last = before, want = before + 1000;
    while (read(p[0], &n, sizeof n) == sizeof n) {
        assert_int_equal(n, want++); /* in the order they were handed in */
        last = n;
    }
    close(p[0]);
    return last;
}

static void test_acknowledged_rows_survive(void **state)
{
    (void)state;
    char dir[64];
    struct store *s = open_at(make_dir(dir));
    must(s, "CREATE TABLE t (n INTEGER PRIMARY KEY)");
    must(s, "CREATE TABLE u (n INTEGER PRIMARY KEY)");
    store_close(s);
    int32_t last = 0;
    int64_t acknowledged = 0;
    unsigned random = (unsigned)time(NULL) ^ (unsigned)getpid();
    for (int i = 0; i < KILLS; i++) {
        int32_t before = last;
        last = run_child(dir, before, 20 + (unsigned)rand_r(&random) % 120);
        acknowledged += last > before ? last - before - 999 : 0;
        s = open_at(dir);
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM t WHERE n > %d AND n <= %d", before, last);
        assert_int_equal(number(s, sql), last > before ? last - before - 999 : 0);
        assert_int_equal(number(s, "SELECT count(*) FROM t"), number(s, "SELECT count(*) FROM u"));
        last = (int32_t)number(
            s, "SELECT coalesce(max(n), 0) FROM t"); /* some were not reported yet */
        store_close(s);
    }
    assert_true(acknowledged > 0);
    print_message("%lld acknowledged rows\n", (long long)acknowledged);
    remove_dir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_acknowledged_rows_survive),
    };
    return RUN(tests);
}
