/* A small service on a real store, asked without a server: fake.c stands in for net's answers. */
#ifndef FAKE_H
#define FAKE_H
#include "../test.h"

#include "odata/odata.h"

struct world {
    struct arena *a;
    struct model *model;
    struct store *store;
    struct odata_service *service;
    bool deny; /* every role is refused */
};
struct answer {
    int status;
    const char *type, *body, *location, *disposition; /* NUL-terminated */
    int pieces;
    bool broken; /* after the last piece */
};
/* The library (fake.c): authors and books in tables, shelves by hooks, functions. */
void world_open(struct world *w);
void world_close(struct world *w);
/* accept, type, body may be NULL. The answer lives in w->a. */
struct answer ask(struct world *w, const char *method, const char *path, const char *accept,
                  const char *type, const char *body);
struct answer get(struct world *w, const char *path); /* as JSON */
struct answer post(struct world *w, const char *path, const char *json);
extern const char library_edmx[];
#define assert_body(answer, want) assert_string_equal((answer).body, want)
#define assert_has(answer, part)                                  \
    do {                                                          \
        if (!strstr((answer).body, part))                         \
            fail_msg("'%s' is not in '%s'", part, (answer).body); \
    } while (0)
#endif
