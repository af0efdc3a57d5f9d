/* What file_write replaces and what it leaves as it is. */
#include "../test.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char folder[32];
    char path[64];
};

static int setup(void **state)
{
    static struct place p;
    strcpy(p.folder, "/tmp/tm-file-XXXXXX");
    assert_non_null(mkdtemp(p.folder));
    strcat(strcpy(p.path, p.folder), "/out");
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    unlink(p->path);
    return rmdir(p->folder);
}

static void a_file_is_replaced(void **state)
{
    struct place *p = *state;
    struct err e = {0};
    struct stat before, after;
    assert_true(file_write(p->path, STR("old"), 0600, &e));
    assert_int_equal(stat(p->path, &before), 0);
    assert_true(file_write(p->path, STR("new"), 0640, &e));
    assert_int_equal(stat(p->path, &after), 0);
    assert_int_not_equal(before.st_ino, after.st_ino);
    assert_int_equal(after.st_mode & 0777, 0640);
}

/* As root, --out /dev/null once put a plain file in the device's place. */
static void a_pipe_stays_a_pipe(void **state)
{
    struct place *p = *state;
    struct err e = {0};
    struct stat st;
    char got[8] = "";
    assert_int_equal(mkfifo(p->path, 0600), 0);
    int fd = open(p->path, O_RDWR | O_NONBLOCK);
    assert_true(fd >= 0);
    assert_true(file_write(p->path, STR("bytes"), 0644, &e));
    assert_int_equal(stat(p->path, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    assert_int_equal(read(fd, got, sizeof got), 5);
    assert_string_equal(got, "bytes");
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(a_pipe_stays_a_pipe, setup, teardown),
    };
    return RUN(tests);
}
