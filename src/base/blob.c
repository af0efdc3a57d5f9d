/* A large blob is a file without a name: the kernel writes it back under memory pressure and drops
 * it with the last reference, also after a crash. Mapping waits until somebody asks; losers of the
 * race to map unmap theirs. When the temporary folder is full, taken and copied bytes stay in
 * memory. */
#include "base/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct blob {
    atomic_size_t refs;
    size_t n;
    int fd;       /* -1: in memory */
    char *memory; /* owned */
    _Atomic(char *) map;
};

static int temporary_file(void)
{
    const char *folder = getenv("TMPDIR");
    char name[4096];
    folder = folder && *folder && strlen(folder) < sizeof name - 32 ? folder : "/tmp";
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    strcpy(stpcpy(name, folder), "/blob-XXXXXX"); /* a file system without O_TMPFILE */
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        unlink(name);
    return fd;
}

static bool write_all(int fd, str s)
{
    while (s.n) {
        ssize_t done = write(fd, s.p, s.n);
        if (done < 0 && errno != EINTR)
            return false;
        s = str_from(s, done > 0 ? (size_t)done : 0);
    }
    return true;
}

static int spill(str s)
{
    int fd = s.n > BLOB_MEMORY ? temporary_file() : -1;
    if (fd >= 0 && !write_all(fd, s)) {
        close(fd);
        return -1;
    }
    return fd;
}

static struct blob *blob_new(char *memory, size_t n, int fd)
{
    struct blob *b = mem_alloc(sizeof *b);
    *b = (struct blob){.refs = 1, .n = n, .fd = fd, .memory = memory};
    return b;
}

struct blob *blob_take(struct buf *b)
{
    int fd = spill(buf_str(b));
    struct blob *blob = blob_new(b->p, b->n, fd);
    if (fd >= 0) {
        free(b->p);
        blob->memory = NULL;
    }
    *b = (struct buf){.limit = b->limit};
    return blob;
}

struct blob *blob_copy(str s)
{
    int fd = spill(s);
    char *memory = fd < 0 && s.n ? memcpy(mem_alloc(s.n), s.p, s.n) : NULL;
    return blob_new(memory, s.n, fd);
}

struct blob *blob_ref(struct blob *b)
{
    if (b)
        atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
    return b;
}

void blob_unref(struct blob *b)
{
    if (!b || atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1)
        return;
    char *map = atomic_load(&b->map);
    if (map)
        munmap(map, b->n);
    if (b->fd >= 0)
        close(b->fd);
    free(b->memory);
    free(b);
}

static const char *mapped(const struct blob *b)
{
    _Atomic(char *) *slot = &((struct blob *)(uintptr_t)b)->map; /* the one thing that changes */
    char *map = atomic_load(slot), *mine;
    if (map)
        return map;
    mine = mmap(NULL, b->n, PROT_READ, MAP_SHARED, b->fd, 0);
    if (mine == MAP_FAILED)
        abort(); /* address space is memory */
    if (atomic_compare_exchange_strong(slot, &map, mine))
        return mine;
    munmap(mine, b->n);
    return map;
}

str blob_bytes(const struct blob *b)
{
    if (!b || !b->n)
        return STR("");
    return (str){b->fd >= 0 ? mapped(b) : b->memory, b->n};
}

size_t blob_size(const struct blob *b)
{
    return b ? b->n : 0;
}

int blob_fd(const struct blob *b)
{
    return b ? b->fd : -1;
}

void blob_writer_init(struct blob_writer *w, size_t limit)
{
    *w = (struct blob_writer){.memory = BUF(BLOB_MEMORY), .fd = -1, .limit = limit};
}

static bool writer_spill(struct blob_writer *w)
{
    w->fd = temporary_file();
    if (w->fd < 0 || !write_all(w->fd, buf_str(&w->memory)))
        return false;
    buf_free(&w->memory);
    return true;
}

bool blob_writer_add(struct blob_writer *w, str s, struct err *e)
{
    if (s.n > w->limit - w->n)
        return err_set(e, ERR_TOO_LARGE, "more than %zu bytes", w->limit);
    bool ok = w->fd >= 0 || w->n + s.n <= BLOB_MEMORY || writer_spill(w);
    if (ok && w->fd >= 0)
        ok = write_all(w->fd, s);
    else if (ok)
        buf_add(&w->memory, s);
    if (!ok)
        return err_set(e, ERR_UNAVAILABLE, "cannot write a temporary file: %s",
                       strerrordesc_np(errno));
    w->n += s.n;
    return true;
}

struct blob *blob_writer_finish(struct blob_writer *w)
{
    struct blob *b = blob_new(w->memory.p, w->n, w->fd);
    *w = (struct blob_writer){.memory = BUF(BLOB_MEMORY), .fd = -1, .limit = w->limit};
    return b;
}

void blob_writer_abort(struct blob_writer *w)
{
    if (w->fd >= 0)
        close(w->fd);
    buf_free(&w->memory);
    w->n = 0;
    w->fd = -1;
}
