/* Inside the mock room. */
#ifndef SERVICES_MOCK_PARTS_H
#define SERVICES_MOCK_PARTS_H
#include "base/pool.h"
#include "odata/odata.h"
#include "services/mock/mock.h"

#include <pthread.h>

/* An entity of the data file. */
struct data_row {
    const struct jr *object;
    str content, content_type; /* of its media; STR_NONE: none */
};
struct data_set {
    const struct model_set *set;
    VEC(struct data_row) rows;
};
/* The last number that a key got in a new entity, among those with an equal rest of the key. */
struct given {
    uint64_t scope;
    int64_t last;
};
enum { MOST_REMARKS = 1000 };
struct mock {
    struct arena *arena;
    struct mock_config config;
    struct model *model;
    struct odata_service *service;
    struct pool *pool;
    VEC(struct data_set) data;
    struct map examples; /* function name -> const struct jr *: what was recorded of it */
    pthread_mutex_t resetting, giving;
    struct given **given; /* by model_type.index and its keys; under giving */
    VEC(str) remarks;     /* of the document, then of the data */
    str user, password, secret;
    int record; /* descriptor, or -1 */
};

/* ---- data.c ---- */
bool data_read(struct mock *m, struct err *e) MUST_USE;
/* Entities of a set, or examples of a function; v is changed and kept. */
bool data_add(struct mock *m, str name, struct jr *v, struct err *e) MUST_USE;
/* Empties all tables and fills them with the initial rows, in one commit. */
bool data_reset(struct mock *m, struct err *e) MUST_USE;
bool data_is_there(struct mock *m, bool *ret, struct err *e) MUST_USE;

/* ---- mend.c ---- */
/* Puts the members of an entity, or of a complex value, into the form of bodies; unknown ones go. */
void mend_object(struct mock *m, const struct model_type *t, struct jr *object);

/* ---- generate.c ---- */
/* Plausible rows for every set, the same for the same seed, as the data file would have them. */
bool generate(struct mock *m, struct err *e) MUST_USE;

/* ---- complete.c: what a new entity lacks ---- */
/* Its DefaultValue; else, of a property that is never null, the initial one; else null. */
struct value initial_value(const struct model_property *p);
extern const struct odata_set_hook any_set;

/* ---- functions.c ---- */
extern const struct odata_function_hook any_function;

/* ---- gateway.c ---- */
/* false: refused, the answer is filled in. */
bool gateway_check(struct mock *m, struct http_request *r);

/* ---- record.c ---- */
bool record_open(struct mock *m, struct err *e) MUST_USE;
void record_answer(void *ctx, struct http_request *r); /* ctx: the mock */

/* ---- small things ---- */
str word_lower(struct arena *a, str s); /* ASCII */
#endif
