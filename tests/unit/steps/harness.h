/* harness: runs steps and receivers as the engine does, from key/value pairs, without a bundle. */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H
#include "../test.h"

#include "engine/engine.h"

#include <pthread.h>
#include <stdio.h>

struct harness {
    struct store *store;
    struct http_client *http;
    struct oauth2 *oauth2;
    struct engine *engine;
    struct credential credential; /* what every alias gives */
    /* the flow under construction; harness_flow starts a new one */
    struct program *program;
    struct problems problems;
    struct map files;
    struct arena *arena;
    /* content of the next message */
    struct fields headers, properties;
    struct body *start_body;
    bool has_reply;
    /* what came out of the last one */
    bool ok;
    str body; /* p NULL: null */
    struct fields out_headers, out_properties;
    struct err error;
    char class_name[120]; /* of the fault */
    int http_status;      /* of the fault */
    enum message_status status;
    struct body *out_body;
    struct datum *fault;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
};
void harness_open(struct harness *h);
void harness_close(struct harness *h);
void harness_flow(struct harness *h); /* an empty flow */
/* Key, value, ..., NULL. The step follows the one added before. */
void harness_step(struct harness *h, const struct step_type *t, ...);
void harness_receiver(struct harness *h, const struct receiver_type *t, ...);
/* One more way in, which begins at the first step. */
void harness_sender(struct harness *h, const struct sender_type *t, ...);
/* Starts the flow under construction under that id, beside others; harness_send goes to "flow". false with e. */
bool harness_deploy(struct harness *h, const char *id, struct err *e);
void harness_file(struct harness *h, const char *path, const char *bytes);
void harness_header(struct harness *h, const char *name, const char *value);
void harness_property(struct harness *h, const char *name, const char *value);
/* Deploys the flow when it is new, sends a message and waits for its end. body NULL: null. Headers and properties
 * set before are used up. Fails the test when the flow has problems. */
void harness_send(struct harness *h, const char *body);
void harness_send_bytes(struct harness *h, str body);
bool harness_sends(struct harness *h,
                   const char *body); /* harness_send, then whether it completed */
str harness_out(struct harness *h, const char *header);
str harness_out_property(struct harness *h, const char *name);
/* The first problem of the flow under construction; "" when there is none. */
str harness_problem(struct harness *h);
#define assert_sends(h, in, want)                                              \
    do {                                                                       \
        if (!harness_sends((h), (in)))                                         \
            fail_msg("'%s' failed: %s", (in) ? (in) : "null", (h)->error.msg); \
        assert_str((h)->body, want);                                           \
    } while (0)
#define assert_refuses(h, in, part)                                  \
    do {                                                             \
        assert_false(harness_sends((h), (in)));                      \
        if (!strstr((h)->error.msg, (part)))                         \
            fail_msg("'%s' is not in '%s'", (part), (h)->error.msg); \
    } while (0)
#endif
