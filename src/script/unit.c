/* units, published units and calls: what steps use; the hosts do the rest. */
#include "script/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { HOST_LIMIT_MS = 60000, HEAP_MB = 256, RESULT_MAX = 256 << 20, COMPILE_MS = 60000 };

/* ---- opening ---- */

#define FOLDER "tidemill-script-"

/* Folders of servers that were killed: their name has the process id. */
static void remove_stale(const char *tmp)
{
    DIR *d = opendir(tmp);
    char path[PATH_MAX];
    for (struct dirent *f; d && (f = readdir(d));) {
        str name = str_of(f->d_name);
        int64_t pid;
        if (!str_starts(name, STR(FOLDER)))
            continue;
        str number = str_from(name, sizeof FOLDER - 1);
        number = str_sub(number, 0, str_find_char(number, '-', 0));
        if (!str_to_i64(number, &pid) || pid <= 0 || kill((pid_t)pid, 0) == 0 || errno != ESRCH)
            continue;
        snprintf(path, sizeof path, "%s/%s", tmp, f->d_name);
        unit_remove_folder(path); /* of another user: it stays */
    }
    if (d)
        closedir(d);
}

bool script_open(const struct script_config *c, struct script_hosts **ret, struct err *e)
{
    struct script_hosts *s = mem_alloc(sizeof *s);
    const char *tmp = getenv("TMPDIR");
    memset(s, 0, sizeof *s);
    s->config = *c;
    s->config.limit_ms = c->limit_ms ? c->limit_ms : HOST_LIMIT_MS;
    s->config.heap_mb = c->heap_mb ? c->heap_mb : HEAP_MB;
    s->nhosts = c->processes ? c->processes : 1;
    s->nhosts = s->nhosts > HOSTS_MAX ? HOSTS_MAX : s->nhosts;
    tmp = tmp && strlen(tmp) < 30 ? tmp : "/tmp";
    remove_stale(tmp);
    snprintf(s->folder, sizeof s->folder, "%s/" FOLDER "%d-XXXXXX", tmp, (int)getpid());
    if (!mkdtemp(s->folder)) {
        free(s);
        return err_set(e, ERR_UNAVAILABLE, "no folder for scripts: errno %d", errno);
    }
    s->arena = arena_new();
    map_init(&s->published, s->arena, false);
    pthread_mutex_init(&s->lock, NULL);
    for (unsigned i = 0; i < HOSTS_MAX; i++)
        host_init(&s->hosts[i], s, i);
    install_find(s);
    *ret = s;
    return true;
}

void script_close(struct script_hosts *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->published.entries.n; i++)
        script_unit_unref(s->published.entries.at[i].value);
    for (unsigned i = 0; i < HOSTS_MAX; i++)
        host_close(&s->hosts[i]);
    unit_remove_folder(s->folder);
    arena_free(s->arena);
    pthread_mutex_destroy(&s->lock);
    free(s->class_path);
    free(s);
}

bool script_available(struct script_hosts *s, struct err *e)
{
    return install_check(s, e);
}

/* ---- folders ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path) != 0 && errno != ENOENT;
}

void unit_remove_folder(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool write_file(const char *path, str bytes, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    size_t done = 0;
    while (fd >= 0 && done < bytes.n) {
        ssize_t n = write(fd, bytes.p + done, bytes.n - done);
        if (n < 0 && errno != EINTR)
            break;
        done += n > 0 ? (size_t)n : 0;
    }
    bool ok = fd >= 0 && done == bytes.n;
    if (fd >= 0)
        close(fd);
    return ok || err_set(e, ERR_UNAVAILABLE, "writing %s: errno %d", path, errno);
}

/* Paths in bundles were checked when it was read: none leaves its root. */
static bool write_files(const char *folder, const struct map *files, struct err *e)
{
    AUTO(arena) struct arena *a = arena_new();
    for (size_t i = 0; i < files->entries.n; i++) {
        const struct map_entry *f = &files->entries.at[i];
        if (!f->value || !str_starts(f->key, STR("src/main/resources/")) ||
            str_ends(f->key, STR("/")) || str_ends(f->key, STR(".iflw")))
            continue;
        size_t slash = str_rfind_char(f->key, '/');
        str dir = arena_fmt(a, "%s/" STR_FMT, folder, STR_ARG(str_sub(f->key, 0, slash)));
        str path = arena_fmt(a, "%s/" STR_FMT, folder, STR_ARG(f->key));
        if (!file_make_dir(dir.p, e) || !write_file(path.p, *(const str *)f->value, e))
            return false;
    }
    return true;
}

/* ---- units ---- */

static char *copy(str s)
{
    char *p = mem_alloc(s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return p;
}

bool script_unit_new(struct script_hosts *s, str name, const struct map *files,
                     struct script_unit **ret, struct err *e)
{
    if (!install_check(s, e))
        return false;
    struct script_unit *u = mem_alloc(sizeof *u);
    *u = (struct script_unit){
        .all = s, .name = copy(name), .id = atomic_fetch_add(&s->last_unit, 1) + 1};
    char folder[128];
    atomic_init(&u->refs, 1);
    u->host = &s->hosts[u->id % s->nhosts];
    snprintf(folder, sizeof folder, "%s/unit%u", s->folder, u->id);
    u->folder = copy(str_of(folder));
    if (!file_make_dir(folder, e) || !write_files(folder, files, e)) {
        script_unit_unref(u);
        return err_ctx(e, "scripts of '" STR_FMT "'", STR_ARG(name));
    }
    host_want(u->host);
    *ret = u;
    return true;
}

struct script_unit *script_unit_ref(struct script_unit *u)
{
    if (u)
        atomic_fetch_add_explicit(&u->refs, 1, memory_order_relaxed);
    return u;
}

void script_unit_unref(struct script_unit *u)
{
    if (!u || atomic_fetch_sub_explicit(&u->refs, 1, memory_order_acq_rel) != 1)
        return;
    host_forget(u->host, u);
    unit_remove_folder(u->folder);
    free(u->name);
    free(u->folder);
    free(u);
}

struct script_hosts *script_unit_hosts(const struct script_unit *u)
{
    return u->all;
}

/* ---- published units ---- */

static struct script_unit *replace(struct script_hosts *s, str name, struct script_unit *by)
{
    pthread_mutex_lock(&s->lock);
    struct script_unit *old = map_remove(&s->published, name);
    if (by)
        map_put(&s->published, arena_str(s->arena, name), by);
    pthread_mutex_unlock(&s->lock);
    return old;
}

bool script_publish(struct script_hosts *s, str name, const struct map *files, struct err *e)
{
    struct script_unit *u;
    if (!script_unit_new(s, name, files, &u, e))
        return false;
    script_unit_unref(replace(s, name, u));
    return true;
}

void script_withdraw(struct script_hosts *s, str name)
{
    script_unit_unref(replace(s, name, NULL));
}

struct script_unit *script_published(struct script_hosts *s, str name)
{
    pthread_mutex_lock(&s->lock);
    struct script_unit *u = script_unit_ref(map_get(&s->published, name));
    pthread_mutex_unlock(&s->lock);
    return u;
}

/* ---- calls ---- */

void script_begin(struct buf *b, const struct script_unit *u, str path, str function)
{
    wire_begin(b);
    wire_i32(b, u->id);
    wire_text(b, path);
    wire_text(b, function);
}

static bool add(struct script_call *take, enum wire_kind kind, struct err *e)
{
    if (!wire_end(&take->frame, kind, 0, e)) {
        buf_free(&take->frame);
        return false;
    }
    struct call *c = mem_alloc(sizeof *c);
    *c = (struct call){.kind = kind,
                       .unit = script_unit_ref(take->unit),
                       .frame = take->frame,
                       .limit_ms =
                           take->limit_ms ? take->limit_ms : take->unit->all->config.limit_ms,
                       .done = take->done,
                       .ask = take->ask,
                       .arg = take->arg};
    take->frame = (struct buf){0};
    host_add(take->unit->host, c);
    return true;
}

bool script_send(struct script_call *take, struct err *e)
{
    return add(take, WIRE_CALL, e);
}

void script_answer(struct script_unit *u, uint32_t call, struct buf *frame)
{
    host_write(u->host, call, frame);
}

struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool over;
    struct script_reply reply;
};

static void replied(void *arg, struct script_reply *r)
{
    struct waiting *w = arg;
    pthread_mutex_lock(&w->lock);
    w->reply = *r;
    r->payload = (struct buf){0};
    w->over = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static bool wait_for(struct script_call *take, enum wire_kind kind, struct script_reply *ret,
                     struct err *e)
{
    struct waiting w = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    take->done = replied;
    take->arg = &w;
    if (!add(take, kind, e))
        return false;
    pthread_mutex_lock(&w.lock);
    while (!w.over)
        pthread_cond_wait(&w.changed, &w.lock);
    pthread_mutex_unlock(&w.lock);
    *ret = w.reply;
    return true;
}

bool script_call_wait(struct script_call *take, struct script_reply *ret, struct err *e)
{
    return wait_for(take, WIRE_CALL, ret, e);
}

bool script_compile(struct script_unit *u, str path, struct err *e)
{
    struct script_call c = {.unit = u, .frame = BUF(1 << 20), .limit_ms = COMPILE_MS};
    struct script_reply r = {0};
    wire_begin(&c.frame);
    wire_i32(&c.frame, u->id);
    wire_text(&c.frame, path);
    if (!wait_for(&c, WIRE_COMPILE, &r, e))
        return false;
    struct wire_in in = {.rest = buf_str(&r.payload)};
    bool ok = r.outcome == SCRIPT_ANSWERED && wire_read_u8(&in) == 0 && !in.failed;
    if (!ok && r.outcome == SCRIPT_LOST)
        *e = r.error;
    str why = ok ? STR_NONE : wire_read_text(&in);
    if (!ok && r.outcome != SCRIPT_LOST)
        err_set(e, ERR_BAD_REQUEST, STR_FMT, STR_ARG(why));
    buf_free(&r.payload);
    return ok;
}

bool script_take_file(struct script_hosts *s, str name, struct blob **ret, struct err *e)
{
    AUTO(arena) struct arena *a = arena_new();
    if (!name.n || str_find_char(name, '/', 0) != SIZE_MAX)
        return err_set(e, ERR_INTERNAL, "the script host names a strange file");
    str path = arena_fmt(a, "%s/" STR_FMT, s->folder, STR_ARG(name)), bytes;
    bool ok = file_read(a, path.p, RESULT_MAX, &bytes, e);
    unlink(path.p);
    if (ok)
        *ret = blob_copy(bytes);
    return ok;
}
