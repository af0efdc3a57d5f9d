/* A line of JSON per answer, appended as it comes; a line torn by the interruption is passed over. What comes in the first
 * moment is kept back: most runs are over by then, and need no journal. */
#include "report/journal.h"

#include "base/file.h"
#include "base/json.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 512 << 20, AGE_MAX_S = 86400, MOMENT_MS = 300 };

struct answer {
    str path, body;
};
struct journal {
    struct arena *arena;
    int64_t opened;
    VEC(struct answer) back; /* kept back */
    char *path;
    FILE *file;
    struct map answers; /* path -> (str *) body */
};

static void read_lines(struct arena *a, struct journal *j)
{
    str text, line;
    struct err ignored = {0};
    struct jr *entry;
    if (!file_read(a, j->path, FILE_MAX, &text, &ignored))
        return;
    while (str_split(&text, '\n', &line)) {
        if (!jr_parse(a, line, &entry, &ignored) || !jr_text(entry, "body").p ||
            !jr_text(entry, "path").p)
            continue;
        str *body = arena_new_of(a, str);
        *body = jr_text(entry, "body");
        map_put(&j->answers, jr_text(entry, "path"), body);
    }
}

bool journal_open(struct arena *a, str path, struct journal **ret, struct err *e)
{
    struct journal *j = arena_new_of(a, struct journal);
    struct stat st;
    j->arena = a;
    j->opened = time_monotonic_ms();
    j->path = arena_strdup(a, path);
    map_init(&j->answers, a, false);
    if (stat(j->path, &st) == 0 && time_now_ms() / 1000 - st.st_mtime > AGE_MAX_S)
        unlink(j->path);
    read_lines(a, j);
    int fd = open(j->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    j->file = fd < 0 ? NULL : fdopen(fd, "a");
    if (!j->file)
        return err_set(e, ERR_BAD_REQUEST, "%s: %s", j->path, strerror(errno));
    *ret = j;
    return true;
}

const str *journal_get(const struct journal *j, str path)
{
    return j ? map_get(&j->answers, path) : NULL;
}

static void write_line(struct journal *j, str path, str body)
{
    AUTO(buf) struct buf line = BUF(FILE_MAX);
    struct jw w;
    jw_init(&w, &line);
    jw_object(&w);
    jw_keyz(&w, "path");
    jw_str(&w, path);
    jw_keyz(&w, "body");
    jw_str(&w, body);
    jw_object_end(&w);
    buf_add_char(&line, '\n');
    if (!line.failed) {
        fwrite(line.p, 1, line.n, j->file);
        fflush(j->file);
    }
}

static void write_back(struct journal *j)
{
    for (size_t i = 0; i < j->back.n; i++)
        write_line(j, j->back.at[i].path, j->back.at[i].body);
    j->back.n = 0;
}

void journal_put(struct journal *j, str path, str body)
{
    if (!j)
        return;
    if (time_monotonic_ms() - j->opened < MOMENT_MS) {
        struct answer kept = {arena_str(j->arena, path), arena_str(j->arena, body)};
        vec_add(j->arena, &j->back, kept);
        return;
    }
    write_back(j);
    write_line(j, path, body);
}

void journal_close(struct journal *j, bool completed)
{
    if (!j)
        return;
    if (!completed)
        write_back(j);
    bool empty = fseek(j->file, 0, SEEK_END) == 0 && ftell(j->file) == 0;
    fclose(j->file);
    if (completed || empty)
        unlink(j->path);
}
