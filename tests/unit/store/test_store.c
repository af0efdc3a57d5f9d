#include "help.h"

#include "base/time.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static const struct store_column columns[] = {
    {"Id",     V_TEXT,  true },
    {"Number", V_INT,   false},
    {"Ratio",  V_REAL,  false},
    {"Flag",   V_BOOL,  false},
    {"Body",   V_BYTES, false},
};
static const struct store_table table = {
    "Thing",
    columns,
    COUNT(columns),
    (const char *const[]){"Id"},
    1,
    (const char *const[]){"Number, Ratio DESC"},
    1,
};
static const char insert[] =
    "INSERT INTO \"Thing\" (\"Id\", \"Number\", \"Ratio\", \"Flag\", \"Body\")"
    " VALUES (?, ?, ?, ?, ?)";

static struct store *things(void)
{
    struct store *s = open_at(":memory:");
    struct err e;
    assert_true(store_define(s, &table, 1, &e));
    return s;
}

static void add_thing(struct store_batch *b, const char *id, int64_t number)
{
    const struct value v[] = {VALUE_TEXT(str_of(id)), VALUE_INT(number), VALUE_REAL(2),
                              VALUE_BOOL(true), VALUE_BYTES(STR("a\0b"))};
    store_batch_add(b, insert, v, COUNT(v));
}

static bool put_thing(struct store *s, const char *id, int64_t number, struct err *e)
{
    struct store_batch *b = store_batch_new();
    add_thing(b, id, number);
    return store_commit_wait(s, b, e);
}

static void test_values_come_back_as_they_went(void **state)
{
    (void)state;
    struct store *s = things();
    struct arena *a = arena_new();
    struct err e;
    struct value v[5], key = VALUE_TEXT(STR("x"));
    bool found;
    assert_true(put_thing(s, "x", -7, &e));
    assert_true(
        store_get(s, a, "SELECT * FROM \"Thing\" WHERE \"Id\" = ?", &key, 1, v, 5, &found, &e));
    assert_true(found);
    assert_str(v[0].s, "x");
    assert_true(v[1].kind == V_INT && v[1].i == -7);
    assert_true(v[2].kind == V_REAL && v[2].d == 2.0);
    assert_true(v[3].kind == V_BOOL && v[3].i == 1);
    assert_true(v[4].kind == V_BYTES && str_eq(v[4].s, STR("a\0b")));
    const struct value none[] = {VALUE_TEXT(STR("y")), VALUE_NULL, VALUE_NULL, VALUE_NULL,
                                 VALUE_BYTES(STR(""))};
    assert_true(exec(s, insert, none, 5, &e));
    key = none[0];
    assert_true(
        store_get(s, a, "SELECT * FROM \"Thing\" WHERE \"Id\" = ?", &key, 1, v, 5, &found, &e));
    assert_true(v[1].kind == V_NULL && v[4].kind == V_BYTES && v[4].s.n == 0);
    key = VALUE_TEXT(STR("z"));
    assert_true(
        store_get(s, a, "SELECT * FROM \"Thing\" WHERE \"Id\" = ?", &key, 1, v, 5, &found, &e));
    assert_false(found);
    const struct value absent[] = {VALUE_TEXT(STR_NONE), VALUE_NULL, VALUE_NULL, VALUE_NULL,
                                   VALUE_NULL};
    assert_false(exec(s, insert, absent, 5, &e));
    assert_int_equal(e.code, ERR_BAD_REQUEST);
    arena_free(a);
    store_close(s);
}

static void test_a_batch_is_all_or_nothing(void **state)
{
    (void)state;
    struct store *s = things();
    struct err e;
    assert_true(put_thing(s, "x", 1, &e));
    struct store_batch *b = store_batch_new();
    add_thing(b, "y", 1);
    add_thing(b, "x", 1);
    assert_false(store_commit_wait(s, b, &e));
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_int_equal(number(s, "SELECT count(*) FROM \"Thing\""), 1);
    /* Wrong SQL and a wrong number of values fail alone, too. */
    b = store_batch_new();
    add_thing(b, "y", 1);
    store_batch_add(b, "UPDATE nowhere SET x = 1", NULL, 0);
    assert_false(store_commit_wait(s, b, &e));
    assert_int_equal(e.code, ERR_INTERNAL);
    assert_false(exec(s, insert, NULL, 0, &e));
    assert_false(exec(s, "SELECT 1; SELECT 2", NULL, 0, &e));
    assert_int_equal(number(s, "SELECT count(*) FROM \"Thing\""), 1);
    store_batch_free(store_batch_new());
    store_close(s);
}

static void test_expecting_one_row(void **state)
{
    (void)state;
    struct store *s = things();
    struct err e;
    assert_true(put_thing(s, "x", 1, &e) && put_thing(s, "y", 1, &e));
    struct store_batch *b = store_batch_new();
    add_thing(b, "z", 3);
    store_batch_add(b, "UPDATE \"Thing\" SET \"Number\" = 2 WHERE \"Id\" = 'absent'", NULL, 0);
    store_batch_expect_one(b, ERR_PRECONDITION, "it has changed");
    assert_false(store_commit_wait(s, b, &e));
    assert_int_equal(e.code, ERR_PRECONDITION);
    assert_string_equal(e.msg, "it has changed");
    b = store_batch_new();
    store_batch_add(b, "UPDATE \"Thing\" SET \"Number\" = 2", NULL, 0);
    store_batch_expect_one(b, ERR_CONFLICT, "too many");
    assert_false(store_commit_wait(s, b, &e));
    assert_int_equal(number(s, "SELECT sum(\"Number\") FROM \"Thing\""), 2);
    b = store_batch_new();
    store_batch_add(b, "UPDATE \"Thing\" SET \"Number\" = 2 WHERE \"Id\" = 'x'", NULL, 0);
    store_batch_expect_one(b, ERR_NOT_FOUND, "not there");
    assert_true(store_commit_wait(s, b, &e));
    assert_int_equal(number(s, "SELECT sum(\"Number\") FROM \"Thing\""), 3);
    store_close(s);
}

struct walk {
    struct store *store;
    int rows, stop_after;
};

static bool look(void *arg, const struct value *columns_, size_t n)
{
    struct walk *w = arg;
    struct err e;
    assert_int_equal(n, 1);
    /* The same statement inside, and a write: both go through. */
    assert_true(number(w->store, "SELECT count(*) FROM \"Thing\"") >= 3);
    char id[32];
    snprintf(id, sizeof id, "%.10s-%d", columns_[0].s.p, w->rows);
    assert_true(put_thing(w->store, id, 0, &e));
    return ++w->rows < w->stop_after;
}

static void test_reading_while_writing(void **state)
{
    (void)state;
    struct store *s = things();
    struct err e;
    for (int i = 0; i < 3; i++)
        assert_true(put_thing(s, (const char *[]){"a", "b", "c"}[i], i, &e));
    struct walk w = {s, 0, 99};
    assert_true(store_query(s, "SELECT \"Id\" FROM \"Thing\"", NULL, 0, look, &w, &e));
    assert_int_equal(w.rows, 3); /* one moment */
    w = (struct walk){s, 0, 2};
    must(s, "DELETE FROM \"Thing\" WHERE length(\"Id\") > 1");
    assert_true(store_query(s, "SELECT \"Id\" FROM \"Thing\"", NULL, 0, look, &w, &e));
    assert_int_equal(w.rows, 2);
    assert_false(store_query(s, "SELECT nothing", NULL, 0, look, &w, &e));
    assert_false(store_query(s, "DELETE FROM \"Thing\"", NULL, 0, look, &w, &e));
    assert_int_equal(number(s, "SELECT count(*) FROM \"Thing\""), 5);
    store_close(s);
}

enum { PRODUCERS = 8, EACH = 60 };
struct producer {
    struct store *store;
    int id, failed;
};

static void *produce(void *arg)
{
    struct producer *p = arg;
    for (int i = 0; i < EACH; i++) {
        char id[32];
        struct err e;
        struct store_batch *b = store_batch_new();
        snprintf(id, sizeof id, "%d-%d", p->id, i);
        add_thing(b, id, i);
        add_thing(b, i % 10 == 9 ? id : "shared", i); /* all but the first fail */
        p->failed += !store_commit_wait(p->store, b, &e);
        number(p->store, "SELECT max(\"Number\") FROM \"Thing\"");
    }
    return NULL;
}

static void test_many_producers(void **state)
{
    (void)state;
    struct store *s = things();
    struct producer p[PRODUCERS];
    pthread_t threads[PRODUCERS];
    struct store_stats before, n;
    int failed = 0;
    store_get_stats(s, &before);
    for (int i = 0; i < PRODUCERS; i++) {
        p[i] = (struct producer){s, i, 0};
        pthread_create(&threads[i], NULL, produce, &p[i]);
    }
    for (int i = 0; i < PRODUCERS; i++) {
        pthread_join(threads[i], NULL);
        failed += p[i].failed;
    }
    assert_int_equal(failed, PRODUCERS * EACH - 1);
    assert_int_equal(number(s, "SELECT count(*) FROM \"Thing\""), 2);
    store_get_stats(s, &n);
    assert_int_equal(n.batches - before.batches, PRODUCERS * EACH);
    assert_int_equal(n.failed, failed);
    assert_int_equal(n.queued, 0);
    assert_true(n.commits <= n.batches && n.readers <= PRODUCERS + 1);
    store_close(s);
}

static void count_done(void *arg, bool ok, const struct err *e)
{
    assert_true(ok && !e);
    atomic_fetch_add((atomic_int *)arg, 1);
}

struct chain {
    struct store *store;
    atomic_int *n;
};

static void commit_more(void *arg, bool ok, const struct err *e)
{
    struct chain *c = arg;
    count_done(c->n, ok, e);
    struct store_batch *b = store_batch_new();
    add_thing(b, "chained", 1);
    store_commit(c->store, b, count_done, c->n);
}

static void test_close_finishes_what_was_handed_in(void **state)
{
    (void)state;
    char dir[64];
    struct store *s = open_at(make_dir(dir));
    struct err e;
    atomic_int done = 0;
    assert_true(store_define(s, &table, 1, &e));
    for (int i = 0; i < 3000; i++) {
        char id[16];
        struct store_batch *b = store_batch_new();
        snprintf(id, sizeof id, "%d", i);
        add_thing(b, id, i);
        store_commit(s, b, count_done, &done);
    }
    struct chain c = {s, &done};
    struct store_batch *b = store_batch_new();
    add_thing(b, "last", 1);
    store_commit(s, b, commit_more, &c);
    store_close(s);
    assert_int_equal(done, 3002);
    s = open_at(dir);
    assert_int_equal(number(s, "SELECT count(*) FROM \"Thing\""), 3002);
    store_close(s);
    remove_dir(dir);
}

static void test_a_directory_has_one_owner(void **state)
{
    (void)state;
    char dir[64], path[128];
    struct store *s = open_at(make_dir(dir)), *other = NULL;
    struct err e;
    struct stat st;
    assert_false(store_open(&(struct store_config){.dir = str_of(dir)}, &other, &e));
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    assert_non_null(strstr(e.msg, "in use by another"));
    snprintf(path, sizeof path, "%s/secret.key", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    snprintf(path, sizeof path, "%s/store.db", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    store_close(s);
    store_close(open_at(dir));
    remove_dir(dir);
    assert_false(store_open(&(struct store_config){.dir = STR("/proc/none/here")}, &other, &e));
    assert_false(store_open(&(struct store_config){.dir = STR("")}, &other, &e));
    assert_false(store_open(&(struct store_config){.dir = STR("x"), .url = STR("postgresql://h")},
                            &other, &e));
    assert_int_equal(e.code, ERR_NOT_IMPLEMENTED);
}

static bool read_inside(void *arg, const struct value *columns_, size_t n)
{
    (void)columns_, (void)n;
    return number(arg, "SELECT 1") == 1;
}

/* POSIX locks of a process fall when it closes any descriptor of the file. Without SQLite's lock a
 * sqlite3 shell beside us would take itself for the only user and delete the log when it leaves. */
static void test_others_see_that_it_is_in_use(void **state)
{
    (void)state;
    char dir[64], path[128];
    struct store *s = open_at(make_dir(dir));
    int status;
    struct err e;
    assert_true(store_query(s, "SELECT 1", NULL, 0, read_inside, s, &e)); /* two readers */
    snprintf(path, sizeof path, "%s/store.db", dir);
    pid_t pid = fork();
    if (pid == 0) {
        struct flock l = {.l_type = F_WRLCK, .l_start = 0x40000002, .l_len = 510};
        int fd = open(path, O_RDWR);
        _exit(fcntl(fd, F_GETLK, &l) || l.l_type == F_UNLCK);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    store_close(s);
    remove_dir(dir);
}

static void test_a_full_disk_refuses_and_recovers(void **state)
{
    (void)state;
    struct store *s = things();
    struct err e;
    char *lots = calloc(1, 1 << 20);
    const struct value v[] = {VALUE_TEXT(STR("big")), VALUE_NULL, VALUE_NULL, VALUE_NULL,
                              VALUE_BYTES(((str){lots, 1 << 20}))};
    must(s, "PRAGMA max_page_count = 40"); /* stands in for the disk */
    assert_true(put_thing(s, "before", 1, &e));
    assert_false(exec(s, insert, v, 5, &e));
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    assert_non_null(strstr(e.msg, "disk is full"));
    assert_true(put_thing(s, "after", 1, &e));
    must(s, "PRAGMA max_page_count = 4000");
    assert_true(exec(s, insert, v, 5, &e));
    assert_int_equal(number(s, "SELECT count(*) FROM \"Thing\""), 3);
    free(lots);
    store_close(s);
}

/* Writes fail in the middle of a group: nothing of it is acknowledged, nothing of it is there. */
static void test_a_failing_file_system(void **state)
{
    (void)state;
    char dir[64];
    struct store *s = open_at(make_dir(dir));
    struct err e;
    struct rlimit all, few = {1 << 20, RLIM_INFINITY};
    int good = 0;
    assert_true(store_define(s, &table, 1, &e));
    getrlimit(RLIMIT_FSIZE, &all);
    few.rlim_max = all.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &few);
    char id[16];
    do
        snprintf(id, sizeof id, "%d", good);
    while (put_thing(s, id, good, &e) && ++good < 10000);
    assert_in_range(good, 10, 9999);
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    setrlimit(RLIMIT_FSIZE, &all);
    assert_int_equal(number(s, "SELECT count(*) FROM \"Thing\""), good);
    assert_true(put_thing(s, id, good, &e));
    store_close(s);
    s = open_at(dir);
    assert_int_equal(number(s, "SELECT count(*) FROM \"Thing\""), good + 1);
    store_close(s);
    remove_dir(dir);
}

static atomic_bool reading;

static void *read_always(void *arg)
{
    while (reading)
        number(arg, "SELECT count(*) FROM \"Thing\" WHERE \"Number\" > 3");
    return NULL;
}

/* 120 MB pass through the log; returns its size then. */
static off_t write_lots(struct store *s, const char *dir)
{
    char path[256], *lots = calloc(1, 1 << 18);
    struct stat st;
    struct err e;
    glob_t g;
    for (int i = 0; i < 480; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i % 40);
        const struct value v[] = {VALUE_TEXT(str_of(id)), VALUE_INT(i), VALUE_NULL, VALUE_NULL,
                                  VALUE_BYTES(((str){lots, 1 << 18}))};
        struct store_batch *b = store_batch_new();
        store_batch_add(b, "DELETE FROM \"Thing\" WHERE \"Id\" = ?", v, 1);
        store_batch_add(b, insert, v, COUNT(v));
        assert_true(store_commit_wait(s, b, &e));
    }
    free(lots);
    snprintf(path, sizeof path, "%s/*/store.db-wal", dir);
    assert_int_equal(glob(path, 0, NULL, &g), 0);
    assert_int_equal(stat(g.gl_pathv[0], &st), 0);
    globfree(&g);
    return st.st_size;
}

static void test_the_log_starts_over_under_readers(void **state)
{
    (void)state;
    char dir[64];
    setenv("TMPDIR", make_dir(dir), 1);
    struct store *s = things();
    pthread_t readers[3];
    reading = true;
    for (size_t i = 0; i < COUNT(readers); i++)
        pthread_create(&readers[i], NULL, read_always, s);
    assert_in_range(write_lots(s, dir), 1, 100 << 20);
    reading = false;
    for (size_t i = 0; i < COUNT(readers); i++)
        pthread_join(readers[i], NULL);
    store_close(s);
    unsetenv("TMPDIR");
    assert_int_equal(rmdir(dir), 0);
}

/* A reader stays at its moment while nothing is committed; at rest it lets go of it. */
static void test_readers_at_rest_keep_nothing(void **state)
{
    (void)state;
    char dir[64];
    setenv("TMPDIR", make_dir(dir), 1);
    struct store *s = things();
    struct err e;
    for (int i = 0; i < 5; i++) {
        for (int again = 0; again < 3; again++)
            assert_int_equal(number(s, "SELECT count(*) FROM \"Thing\""), i);
        char id[] = {(char)('a' + i), 0};
        assert_true(put_thing(s, id, i, &e));
    }
    for (int again = 0; again < 3; again++)
        assert_int_equal(number(s, "SELECT count(*) FROM \"Thing\""), 5);
    assert_in_range(write_lots(s, dir), 1, 100 << 20);
    store_close(s);
    unsetenv("TMPDIR");
    assert_int_equal(rmdir(dir), 0);
}

static void age_children(const char *dir, time_t seconds)
{
    DIR *d = opendir(dir);
    struct timespec at[2] = {
        {time(NULL) - seconds, 0},
        {time(NULL) - seconds, 0}
    };
    int n = 0;
    for (struct dirent *entry; (entry = readdir(d));)
        if (entry->d_name[0] != '.')
            n += utimensat(dirfd(d), entry->d_name, at, 0) == 0;
    closedir(d);
    assert_int_equal(n, 1);
}

static void test_memory_leaves_nothing(void **state)
{
    (void)state;
    char dir[64];
    setenv("TMPDIR", make_dir(dir), 1);
    pid_t pid = fork();
    if (pid == 0) {
        open_at(":memory:");
        _exit(0); /* as if killed */
    }
    waitpid(pid, NULL, 0);
    age_children(dir, 3600);
    store_close(open_at(":memory:"));
    assert_int_equal(rmdir(dir), 0);
    unsetenv("TMPDIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_come_back_as_they_went),
        cmocka_unit_test(test_a_batch_is_all_or_nothing),
        cmocka_unit_test(test_expecting_one_row),
        cmocka_unit_test(test_reading_while_writing),
        cmocka_unit_test(test_many_producers),
        cmocka_unit_test(test_close_finishes_what_was_handed_in),
        cmocka_unit_test(test_a_directory_has_one_owner),
        cmocka_unit_test(test_others_see_that_it_is_in_use),
        cmocka_unit_test(test_a_full_disk_refuses_and_recovers),
        cmocka_unit_test(test_a_failing_file_system),
        cmocka_unit_test(test_the_log_starts_over_under_readers),
        cmocka_unit_test(test_readers_at_rest_keep_nothing),
        cmocka_unit_test(test_memory_leaves_nothing),
    };
    return RUN(tests);
}
