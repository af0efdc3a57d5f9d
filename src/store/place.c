/* ":memory:" is a private directory on a memory file system, without fsync: the same code, and the
 * same isolation between readers and the writer, as a real one. It is removed at close; a killed
 * process leaves it behind. */
#include "store/place.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define TEMPORARY "tidemill-memory-"
enum { DEAD_S = 60 };

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    remove(path);
    return 0;
}

/* A directory whose lock is free has lost its owner; a young one may not have taken it yet. */
static void remove_if_dead(const char *dir)
{
    char path[600];
    struct stat st;
    snprintf(path, sizeof path, "%s/lock", dir);
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    if (stat(dir, &st) == 0 && st.st_uid == geteuid() && st.st_mtime < time(NULL) - DEAD_S &&
        flock(fd, LOCK_EX | LOCK_NB) == 0)
        nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    close(fd);
}

static void remove_dead(const char *parent)
{
    char path[512];
    DIR *d = opendir(parent);
    for (struct dirent *entry; d && (entry = readdir(d));)
        if (!strncmp(entry->d_name, TEMPORARY, strlen(TEMPORARY))) {
            snprintf(path, sizeof path, "%s/%.64s", parent, entry->d_name);
            remove_if_dead(path);
        }
    if (d)
        closedir(d);
}

static bool make_temporary(struct place *p, struct err *e)
{
    const char *own = getenv("TMPDIR");
    const char *const parents[] = {own ? own : "/dev/shm", "/dev/shm", "/tmp"};
    p->durable = false;
    for (size_t i = 0; i < COUNT(parents); i++) {
        int n = snprintf(p->dir, sizeof p->dir, "%s/" TEMPORARY "XXXXXX", parents[i]);
        if (n > 0 && (size_t)n < sizeof p->dir && mkdtemp(p->dir)) {
            remove_dead(parents[i]);
            return p->temporary = true;
        }
    }
    return err_set(e, ERR_UNAVAILABLE, "no directory for temporary files (TMPDIR)");
}

static bool make_lasting(struct place *p, str dir, struct err *e)
{
    if (dir.n == 0 || dir.n >= sizeof p->dir)
        return err_set(e, ERR_BAD_REQUEST, "the path of the data directory is %s",
                       dir.n ? "too long" : "empty");
    memcpy(p->dir, dir.p, dir.n);
    p->durable = true;
    return file_make_dir(p->dir, e);
}

static bool refuse(const struct place *p, int fd, struct err *e)
{
    char owner[16] = "";
    ssize_t n = pread(fd, owner, sizeof owner - 1, 0);
    return err_set(e, ERR_UNAVAILABLE,
                   "the data directory '%s' is in use by another tidemill process (pid %.*s)",
                   p->dir, n > 0 ? (int)strcspn(owner, "\n") : 1, n > 0 ? owner : "?");
}

static bool lock(struct place *p, struct err *e)
{
    char path[sizeof p->dir + 8];
    snprintf(path, sizeof path, "%s/lock", p->dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(e, ERR_UNAVAILABLE, "the data directory '%s' is not writable: %s", p->dir,
                       strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        refuse(p, fd, e);
        close(fd);
        return false;
    }
    p->lock = fd + 1;
    /* For the sentence above only. */
    if (ftruncate(fd, 0) == 0)
        dprintf(fd, "%d\n", (int)getpid());
    return true;
}

bool place_take(struct place *p, str dir, struct err *e)
{
    *p = (struct place){0};
    if (!(str_eqz(dir, ":memory:") ? make_temporary(p, e) : make_lasting(p, dir, e)))
        return false;
    p->where = str_of(p->dir);
    return lock(p, e);
}

void place_leave(struct place *p)
{
    if (p->temporary)
        nftw(p->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    if (p->lock)
        close(p->lock - 1);
    *p = (struct place){0};
}
