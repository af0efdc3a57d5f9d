/* Ids are random; their first two digits are the folder. The table store_large says which files
 * count: it is written in the same transaction as the row that names the file. */
#include "store/large.h"

#include "base/codec.h"
#include "base/time.h"
#include "store/driver.h"
#include "store/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct store_column columns[] = {
    {"id",   V_TEXT, true},
    {"size", V_INT,  true},
};
const struct store_table large_table = {
    "store_large", columns, COUNT(columns), (const char *const[]){"id"}, 1, NULL, 0,
};

enum { PATH = 600 };
struct batch_file {
    struct batch_file *next;
    bool drop;
    char path[PATH];
};

/* ---- paths ---- */
static bool is_id(str id)
{
    return id.n == STORE_LARGE_ID && strspn(id.p, "0123456789abcdef") >= id.n;
}

static void set_path(const struct store *s, str id, char ret[PATH])
{
    snprintf(ret, PATH, "%s/large/%.2s/%.*s", store_place(s)->dir, id.p, STR_ARG(id));
}

static void remember(struct store_batch *b, const char *path, bool drop)
{
    struct batch_file *f = arena_new_of(b->arena, struct batch_file);
    *f = (struct batch_file){b->files, drop, {0}};
    snprintf(f->path, PATH, "%s", path);
    b->files = f;
}

void large_settle(struct store_batch *b)
{
    for (const struct batch_file *f = b->files; f; f = f->next)
        if (f->drop == b->ok)
            unlink(f->path);
}

/* ---- writing ---- */
static bool write_all(int fd, str s)
{
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        s = str_from(s, (size_t)n);
    }
    return true;
}

static bool sync_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

/* path: .../large/ab/id; makes both folders and their entries last. */
static bool make_folders(const char *path, bool durable)
{
    char folder[PATH], *slash;
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = 0;
    if (access(folder, F_OK) == 0)
        return true;
    slash = strrchr(folder, '/');
    *slash = 0;
    bool ok = mkdir(folder, 0700) == 0 || errno == EEXIST;
    *slash = '/';
    ok = ok && (mkdir(folder, 0700) == 0 || errno == EEXIST);
    for (int up = 0; up < 2 && ok && durable; up++) {
        *strrchr(folder, '/') = 0;
        ok = sync_dir(folder);
    }
    return ok;
}

static bool write_file(const char *path, str bytes, bool durable)
{
    char folder[PATH];
    if (!make_folders(path, durable))
        return false;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool ok = write_all(fd, bytes) && (!durable || fsync(fd) == 0);
    int error = errno;
    close(fd);
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = 0;
    if (ok && (!durable || sync_dir(folder)))
        return true;
    unlink(path);
    errno = error;
    return false;
}

bool store_batch_add_large(struct store *s, struct store_batch *b, str bytes,
                           char ret_id[STORE_LARGE_ID + 1], struct err *e)
{
    unsigned char random[STORE_LARGE_ID / 2];
    char id[STORE_LARGE_ID + 1], path[PATH];
    random_bytes(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(id + 2 * i, 3, "%02x", random[i]);
    set_path(s, str_of(id), path);
    if (!write_file(path, bytes, store_place(s)->durable))
        return err_set(e, ERR_UNAVAILABLE,
                       "%zu bytes could not be written to the data directory: %s", bytes.n,
                       strerror(errno));
    remember(b, path, false);
    const struct value row[] = {VALUE_TEXT(str_of(id)), VALUE_INT((int64_t)bytes.n)};
    store_batch_add(b, "INSERT INTO store_large (id, size) VALUES (?, ?)", row, COUNT(row));
    memcpy(ret_id, id, sizeof id);
    return true;
}

void store_batch_drop_large(struct store *s, struct store_batch *b, str id)
{
    char path[PATH];
    if (!is_id(id))
        return;
    set_path(s, id, path);
    remember(b, path, true);
    const struct value key = VALUE_TEXT(id);
    store_batch_add(b, "DELETE FROM store_large WHERE id = ?", &key, 1);
}

/* ---- reading ---- */
static bool read_all(int fd, struct blob_writer *w, struct err *e)
{
    char part[65536];
    ssize_t n;
    while ((n = read(fd, part, sizeof part)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(e, ERR_UNAVAILABLE, "a file of the data directory cannot be read: %s",
                           strerror(errno));
        if (!blob_writer_add(w, (str){part, (size_t)n}, e))
            return false;
    }
    return true;
}

bool store_large_read(struct store *s, str id, size_t limit, struct blob **ret, struct err *e)
{
    char path[PATH];
    if (!is_id(id))
        return err_set(e, ERR_NOT_FOUND, "no stored file of this name");
    set_path(s, id, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, ERR_NOT_FOUND, "no stored file '%.*s': %s", STR_ARG(id), strerror(errno));
    struct blob_writer w;
    blob_writer_init(&w, limit);
    bool ok = read_all(fd, &w, e);
    close(fd);
    if (ok)
        *ret = blob_writer_finish(&w);
    else
        blob_writer_abort(&w);
    return ok;
}

/* ---- sweeping ---- */
static bool sweep_file(struct store *s, int folder, const char *name, int64_t before_s,
                       uint64_t *files, struct err *e)
{
    struct stat st;
    struct value key = VALUE_TEXT(str_of(name)), ignored;
    bool found = false;
    if (!is_id(key.s) || fstatat(folder, name, &st, 0) || st.st_mtime > before_s)
        return true;
    if (!store_get(s, NULL, "SELECT 1 FROM store_large WHERE id = ?", &key, 1, &ignored, 1, &found,
                   e))
        return false;
    if (!found && unlinkat(folder, name, 0) == 0)
        ++*files;
    return true;
}

static bool sweep_folder(struct store *s, const char *path, int64_t before_s, uint64_t *files,
                         struct err *e)
{
    DIR *d = opendir(path);
    bool ok = true;
    for (struct dirent *entry; d && ok && (entry = readdir(d));)
        ok = sweep_file(s, dirfd(d), entry->d_name, before_s, files, e);
    if (d)
        closedir(d);
    return ok;
}

bool store_large_sweep(struct store *s, int64_t age_s, uint64_t *ret_files, struct err *e)
{
    uint64_t files = 0;
    int64_t before_s = time_now_ms() / 1000 - age_s;
    char path[PATH];
    for (unsigned i = 0; i < 256; i++) {
        snprintf(path, sizeof path, "%s/large/%02x", store_place(s)->dir, i);
        if (!sweep_folder(s, path, before_s, &files, e))
            return false;
    }
    *ret_files = files;
    return true;
}
