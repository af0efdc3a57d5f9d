#include "base/file.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void fd_cleanup(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static bool fail(struct err *e, const char *path, const char *doing)
{
    return err_set(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_INTERNAL, "cannot %s %s: %s", doing,
                   path, strerrordesc_np(errno));
}

static bool read_all(int fd, struct buf *b, const char *path, struct err *e)
{
    for (;;) {
        /* One byte past the limit tells a full file from a too large one. */
        size_t room = b->limit + 1 - b->n, want = room < 65536 ? room : 65536;
        b->limit++;
        char *to = buf_reserve(b, want);
        b->limit--;
        ssize_t got = read(fd, to, want);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(e, path, "read");
        if (got == 0)
            return true;
        b->n += (size_t)got;
        if (b->n > b->limit)
            return err_set(e, ERR_TOO_LARGE, "%s: more than %zu bytes", path, b->limit);
    }
}

bool file_read(struct arena *a, const char *path, size_t limit, str *ret, struct err *e)
{
    bool is_stdin = !strcmp(path, "-");
    AUTO(fd) int fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    AUTO(buf) struct buf b = BUF(limit);
    if (fd < 0)
        return fail(e, path, "open");
    if (!read_all(fd, &b, path, e))
        return false;
    *ret = arena_str(a, buf_str(&b));
    return true;
}

static bool write_all(int fd, str bytes)
{
    while (bytes.n) {
        ssize_t done = write(fd, bytes.p, bytes.n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        bytes = str_from(bytes, (size_t)done);
    }
    return true;
}

/* The rename is on disk only when the folder is. */
static bool sync_folder(struct arena *a, const char *path)
{
    size_t slash = str_rfind_char(str_of(path), '/');
    const char *folder = slash == SIZE_MAX ? "."
                         : slash == 0      ? "/"
                                           : arena_strdup(a, str_sub(str_of(path), 0, slash));
    AUTO(fd) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0;
}

/* A device, a pipe, a terminal: there is no old content to keep, and a rename would put a plain file in its place. */
static bool is_special(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static bool write_in_place(const char *path, str bytes, struct err *e)
{
    AUTO(fd) int fd = open(path, O_WRONLY | O_CLOEXEC);
    return (fd >= 0 && write_all(fd, bytes)) || fail(e, path, "write");
}

bool file_write(const char *path, str bytes, unsigned mode, struct err *e)
{
    if (is_special(path))
        return write_in_place(path, bytes, e);
    AUTO(arena) struct arena *a = arena_new();
    char *beside = arena_strdup(a, arena_fmt(a, "%s.XXXXXX", path));
    AUTO(fd) int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return fail(e, path, "write");
    if (!write_all(fd, bytes) || fchmod(fd, (mode_t)mode) || fsync(fd) || rename(beside, path)) {
        fail(e, path, "write");
        unlink(beside);
        return false;
    }
    return sync_folder(a, path) || fail(e, path, "sync the folder of");
}

bool file_make_dir(const char *path, struct err *e)
{
    AUTO(arena) struct arena *a = arena_new();
    char *z = arena_strdup(a, str_of(path));
    for (char *p = z + 1; *z; p++) {
        char c = *p;
        if (c && c != '/')
            continue;
        *p = 0;
        if (mkdir(z, 0700) && errno != EEXIST)
            return fail(e, path, "make folder");
        if (!c)
            break;
        *p = c;
    }
    struct stat st;
    if (stat(path, &st))
        return fail(e, path, "make folder");
    return S_ISDIR(st.st_mode) || err_set(e, ERR_INTERNAL, "%s is not a folder", path);
}
