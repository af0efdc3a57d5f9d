#include "cli/source.h"

#include "base/file.h"
#include "format/zip.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

enum { LARGEST = 400 << 20, DEEPEST = 32 };

/* Adds every file below root/below, in any order; names that begin with a dot are left out. */
static bool add_folder(struct arena *a, str root, str below, unsigned depth, zip_entries *to,
                       struct err *e)
{
    str folder = below.n ? arena_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(root), STR_ARG(below)) : root;
    DIR *d = depth < DEEPEST ? opendir(arena_strdup(a, folder)) : NULL;
    bool ok = d != NULL ||
              err_set(e, ERR_BAD_REQUEST, "cannot read the folder " STR_FMT, STR_ARG(folder));
    for (struct dirent *entry; ok && (entry = readdir(d));) {
        struct stat s;
        if (entry->d_name[0] == '.')
            continue;
        str name = below.n ? arena_fmt(a, STR_FMT "/%s", STR_ARG(below), entry->d_name)
                           : arena_fmt(a, "%s", entry->d_name);
        str path = arena_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(root), STR_ARG(name)), bytes;
        if (stat(path.p, &s))
            continue;
        if (S_ISDIR(s.st_mode)) {
            ok = add_folder(a, root, name, depth + 1, to, e);
        } else if (S_ISREG(s.st_mode)) {
            ok = file_read(a, path.p, LARGEST, &bytes, e);
            if (ok)
                vec_add(a, to, (struct zip_entry){name, bytes, s.st_mtime});
        }
    }
    if (d)
        closedir(d);
    return ok;
}

bool source_read(struct arena *a, str path, str *ret, struct err *e)
{
    struct stat s;
    zip_entries entries = {0};
    const char *z = arena_strdup(a, path);
    if (stat(z, &s))
        return err_set(e, ERR_NOT_FOUND, "there is no file or folder " STR_FMT, STR_ARG(path));
    if (!S_ISDIR(s.st_mode))
        return file_read(a, z, LARGEST, ret, e);
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    AUTO(buf) struct buf b = BUF(LARGEST);
    if (!add_folder(a, path, STR(""), 0, &entries, e) || !zip_write(&b, entries.at, entries.n, e))
        return err_ctx(e, "packing " STR_FMT, STR_ARG(path));
    *ret = arena_str(a, buf_str(&b));
    return true;
}
