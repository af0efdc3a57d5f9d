/* A store in memory or in a fresh directory, and shorthand for statements. */
#ifndef STORE_HELP_H
#define STORE_HELP_H
#include "../test.h"

#include "store/store.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline struct store *open_at(const char *dir)
{
    struct store *s = NULL;
    struct err e;
    if (!store_open(&(struct store_config){.dir = str_of(dir)}, &s, &e))
        fail_msg("store_open: %s (%s)", e.msg, e.ctx);
    return s;
}

static inline int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static inline char *make_dir(char path[64])
{
    strcpy(path, "/tmp/test-store-XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static inline void remove_dir(const char *path)
{
    nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* One statement as a batch. */
static inline bool exec(struct store *s, const char *sql, const struct value *binds, size_t n,
                        struct err *e)
{
    struct store_batch *b = store_batch_new();
    store_batch_add(b, sql, binds, n);
    return store_commit_wait(s, b, e);
}

static inline void must(struct store *s, const char *sql)
{
    struct err e;
    if (!exec(s, sql, NULL, 0, &e))
        fail_msg("%s: %s", sql, e.msg);
}

static inline int64_t number(struct store *s, const char *sql)
{
    struct value v = VALUE_INT(-1);
    struct err e;
    bool found = false;
    if (!store_get(s, NULL, sql, NULL, 0, &v, 1, &found, &e))
        fail_msg("%s: %s", sql, e.msg);
    return found ? v.i : -1;
}
#endif
