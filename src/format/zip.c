/* ZIP through libarchive's seekable reader only: what is no entry of the central directory is not seen,
 * as with every other reader of bundles; the streaming reader would show other contents for a doctored
 * file. Names come from the entries' own headers. */
#include "format/zip.h"

#include "base/map.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <pthread.h>

enum {
    RATIO_FROM = 1 << 20,
    LONGEST_NAME = 1024
}; /* the ratio says nothing about small archives */

const struct zip_limits zip_bundle_limits = {10000, 100 << 20, 400 << 20, 200};

struct reading {
    struct arena *arena;
    struct archive *archive;
    const struct zip_limits *limits;
    size_t packed, total;
    struct map names;
    zip_entries *entries;
    struct err *e;
};

static locale_t utf8_locale;

static void find_locale(void)
{
    utf8_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* libarchive converts names by way of the thread's locale. Returns the former one. */
static locale_t use_utf8(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_locale);
    return uselocale(utf8_locale);
}

static bool library_error(struct archive *a, struct err *e)
{
    const char *why = archive_error_string(a);
    return err_set(e, ERR_BAD_REQUEST, "ZIP: %s", why ? why : "cannot be read");
}

static bool bad_name(struct err *e, str name, const char *why)
{
    return err_set(e, ERR_BAD_REQUEST, "ZIP: entry '" STR_FMT "': %s",
                   STR_ARG(str_sub(name, 0, 200)), why);
}

/* Relative, inside, and written in one way only. */
static bool check_name(str name, struct err *e)
{
    str rest = name, part;
    if (!name.n || name.n > LONGEST_NAME)
        return bad_name(e, name, "empty or too long a name");
    if (name.p[0] == '/' || (name.n > 1 && name.p[1] == ':'))
        return bad_name(e, name, "absolute path");
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] == '\\' || (unsigned char)name.p[i] < 0x20)
            return bad_name(e, name, "backslash or control character in the name");
    if (name.p[name.n - 1] == '/')
        rest.n--;
    while (str_split(&rest, '/', &part))
        if (!part.n || str_eq(part, STR(".")) || str_eq(part, STR("..")))
            return bad_name(e, name, "'', '.' or '..' in the path");
    return true;
}

static bool check_kind(struct reading *r, struct archive_entry *entry, str name)
{
    if (archive_entry_is_encrypted(entry))
        return bad_name(r->e, name, "encrypted");
    if (archive_entry_hardlink(entry) || archive_entry_symlink(entry) ||
        archive_entry_filetype(entry) != AE_IFREG)
        return bad_name(r->e, name, "a link or special file");
    if (map_get(&r->names, name))
        return bad_name(r->e, name, "twice in the archive");
    if (r->entries->n >= r->limits->entries)
        return err_set(r->e, ERR_TOO_LARGE, "ZIP: more than %zu entries", r->limits->entries);
    return true;
}

/* size: the inflated size that the directory states, or what has been inflated so far. */
static bool check_size(struct reading *r, str name, size_t size)
{
    const struct zip_limits *l = r->limits;
    size_t total = r->total + size;
    if (size > l->entry_bytes)
        return err_set(r->e, ERR_TOO_LARGE, "ZIP: entry '" STR_FMT "' has more than %zu bytes",
                       STR_ARG(str_sub(name, 0, 200)), l->entry_bytes);
    if (total > l->total_bytes)
        return err_set(r->e, ERR_TOO_LARGE, "ZIP: more than %zu bytes in all", l->total_bytes);
    if (l->ratio && total > RATIO_FROM && total / l->ratio > r->packed)
        return err_set(r->e, ERR_TOO_LARGE, "ZIP: inflates to more than %u times its size",
                       l->ratio);
    return true;
}

static bool read_data(struct reading *r, struct archive_entry *entry, str name, str *ret)
{
    if (!archive_entry_size_is_set(entry))
        return bad_name(r->e, name, "no size in the directory");
    int64_t stated = archive_entry_size(entry);
    if (stated < 0 || !check_size(r, name, (size_t)stated))
        return stated >= 0 ? false : bad_name(r->e, name, "negative size");
    size_t n = (size_t)stated, at = 0;
    char *z = arena_alloc(r->arena, n + 1);
    for (;;) { /* one byte of room past the end shows entries that are larger than stated */
        la_ssize_t got = archive_read_data(r->archive, z + at, n + 1 - at);
        if (got < 0)
            return library_error(r->archive, r->e);
        at += (size_t)got;
        if (at > n || (!got && at < n))
            return bad_name(r->e, name, "another size than the directory says");
        if (!got)
            break;
    }
    r->total += n;
    *ret = (str){z, n};
    return true;
}

static bool read_entry(struct reading *r, struct archive_entry *entry)
{
    struct zip_entry out = {.mtime = archive_entry_mtime(entry)};
    const char *z = archive_entry_pathname_utf8(entry);
    str name = str_of(z ? z : archive_entry_pathname(entry));
    if (!check_name(name, r->e))
        return false;
    if (archive_entry_filetype(entry) == AE_IFDIR)
        return true;
    out.name = arena_str(r->arena, name);
    if (!check_kind(r, entry, name) || !read_data(r, entry, name, &out.bytes))
        return false;
    vec_add(r->arena, r->entries, out);
    map_put(&r->names, out.name, r);
    return true;
}

static bool read_all(struct reading *r)
{
    struct archive_entry *entry;
    for (size_t headers = 0;; headers++) {
        int rc = archive_read_next_header(r->archive, &entry);
        if (rc == ARCHIVE_EOF)
            return true;
        if (rc != ARCHIVE_OK)
            return library_error(r->archive, r->e);
        if (headers >= 2 * r->limits->entries) /* folders count, too */
            return err_set(r->e, ERR_TOO_LARGE, "ZIP: more than %zu entries", r->limits->entries);
        if (!read_entry(r, entry))
            return false;
    }
}

bool zip_read(struct arena *a, str archive, const struct zip_limits *l, zip_entries *ret,
              struct err *e)
{
    zip_entries entries = {0};
    struct reading r = {.arena = a,
                        .archive = archive_read_new(),
                        .limits = l,
                        .packed = archive.n,
                        .entries = &entries,
                        .e = e};
    locale_t former = use_utf8();
    map_init(&r.names, a, false);
    archive_read_support_format_zip_seekable(r.archive);
    archive_read_set_options(r.archive, "zip:hdrcharset=UTF-8");
    bool ok = archive_read_open_memory(r.archive, archive.p, archive.n) == ARCHIVE_OK
                  ? read_all(&r)
                  : library_error(r.archive, e);
    archive_read_free(r.archive);
    uselocale(former);
    if (ok)
        *ret = entries;
    return ok;
}

/* ---- writing ---- */
static la_ssize_t collect(struct archive *a, void *arg, const void *p, size_t n)
{
    (void)a;
    buf_add(arg, (str){p, n});
    return (la_ssize_t)n;
}

static bool write_entry(struct archive *a, const struct zip_entry *from, struct err *e)
{
    char name[LONGEST_NAME + 1];
    if (!check_name(from->name, e))
        return false;
    memcpy(name, from->name.p, from->name.n);
    name[from->name.n] = 0;
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname_utf8(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)from->bytes.n);
    archive_entry_set_mtime(entry, from->mtime, 0);
    bool ok = archive_write_header(a, entry) == ARCHIVE_OK &&
              archive_write_data(a, from->bytes.p, from->bytes.n) == (la_ssize_t)from->bytes.n;
    archive_entry_free(entry);
    return ok || library_error(a, e);
}

bool zip_write(struct buf *out, const struct zip_entry *entries, size_t n, struct err *e)
{
    struct archive *a = archive_write_new();
    locale_t former = use_utf8();
    archive_write_set_format_zip(a);
    archive_write_set_options(a, "zip:compression=deflate,zip:hdrcharset=UTF-8");
    archive_write_set_bytes_in_last_block(a, 1);
    bool ok = archive_write_open(a, out, NULL, collect, NULL) == ARCHIVE_OK || library_error(a, e);
    for (size_t i = 0; ok && i < n; i++)
        ok = write_entry(a, &entries[i], e);
    if (ok && archive_write_close(a) != ARCHIVE_OK)
        ok = library_error(a, e);
    archive_write_free(a);
    uselocale(former);
    return ok && buf_check(out, e);
}
