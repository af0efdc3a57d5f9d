/* exchange: one message (or a part of one) on its way through a program. On one thread at a time.
 * Parts of a splitter and branches of a multicast are exchanges of their own with a parent; all of them
 * share one struct message, which is the processing log. */
#ifndef ENGINE_EXCHANGE_H
#define ENGINE_EXCHANGE_H
#include <stdatomic.h>

#include "engine/fields.h"

struct engine;
struct artifact;
struct program;
struct message;
struct fork;
struct frame;

struct exchange {
    struct arena *arena; /* dies with the exchange */
    struct engine *engine;
    struct artifact *artifact; /* counted */
    const struct program *program;
    struct message *message;
    struct body *body; /* NULL: null */
    struct fields headers, properties;
    bool has_reply; /* somebody waits for the answer (synchronous) */
    unsigned nesting; /* flows that called flows to come here */

    void *wait; /* the waiting step's own; in the arena */

    /* what a Join collected for the Gather after it: finished parts in order; owned by the engine */
    struct exchange **parts;
    size_t nparts;

    /* the loop's own */
    struct exchange *parent;
    struct fork *fork;      /* of which this is a part */
    struct fork *children;  /* running below this */
    size_t index;           /* among the parts */
    uint32_t pc;
    struct frame *frames;   /* calls of local processes, innermost first */
    struct frame *spare;    /* frames to use again */
    uint32_t loop;          /* of the call that has just returned */
    bool in_handler;        /* inside an exception subprocess */
    bool resuming;          /* pc has run already and waited: its resume is next */
    bool began;             /* a receiver's call is under way (control_send) */
    bool detached;          /* a part that runs beside others: no share in the message's transaction */
    bool failed, arrived;   /* how it ended; arrived: a part at its Join or Gather */
    bool skip_handler;      /* its part failed: the exception subprocess had its chance there */
    int64_t step_start_us;
    struct trace *trace;    /* of the running step, at TRACE */
    struct datum *fault;    /* DATUM_FAULT: why the exchange failed, or was caught */
    struct datum *thrown;   /* set by exchange_throw, until the loop takes it */
    void *saved;            /* of control_send */
    atomic_int state;       /* running, parked, resumed: run.c */
    atomic_uint refs;       /* itself and its parts */
    struct exchange *queued; /* the next to run on this thread */
    const struct err *error; /* why it failed, in the arena; NULL: it did not */
};

/* ---- message content, for steps ---- */
void exchange_set_body(struct exchange *x, struct body *take);
str exchange_header(struct exchange *x, const char *name); /* as text in the arena; STR_NONE: absent or null */
str exchange_property(struct exchange *x, const char *name);
/* The Java exception behind the FAIL that the step returns next; the message is e's. */
void exchange_throw(struct exchange *x, const char *class_name, struct err *e);
/* The same with all that a fault carries; fills e from it. */
void exchange_throw_fault(struct exchange *x, const struct fault *copy, struct err *e);
/* The message's own pending changes, for steps that must read what they wrote before the commit (exchange_effects):
 * a slot shared by all parts, NULL at first; drop is called with its value when the message is over. */
void **exchange_overlay(struct exchange *x, void (*drop)(void *));

/* ---- fork: parts below this exchange ---- */
struct fork_plan {
    /* Prepares part i (headers and properties are already copies of the parent's): sets its body, and its
     * start with exchange_start_at. false with e->code == ERR_NONE: there is no part i. false with e: failure. */
    bool (*part)(struct exchange *parent, struct exchange *child, size_t i, void *state, struct err *e);
    void *state;         /* in the parent's arena */
    unsigned parallel;   /* most parts at a time; 1: one after the other */
    bool stop_on_error;  /* no further part after one that failed; the message fails */
    bool split;          /* sets CamelSplitIndex/Size/Complete; without Gather the message goes back unchanged */
    size_t total;        /* number of parts when known, else 0 */
    unsigned timeout_ms; /* parallel only; 0: none */
};
/* The step then returns STEP_FORK. Parts start at the operation after the forking one, unless part says
 * otherwise. No part at all: the message ends COMPLETED. */
void exchange_fork(struct exchange *x, const struct fork_plan *plan);
void exchange_start_at(struct exchange *child, uint32_t pc);
void exchange_drop_parts(struct exchange *x); /* Gather is done with x->parts */

/* ---- the processing log, for steps and adapters; thread-safe ---- */
const char *exchange_message_id(const struct exchange *x);
int64_t exchange_started_ms(const struct exchange *x); /* since 1970 */
str exchange_correlation_id(const struct exchange *x); /* shared by all messages of one conversation */
void exchange_log_attachment(struct exchange *x, str name, str content_type, str bytes);
void exchange_log_header(struct exchange *x, str name, str value); /* custom header property */
/* A receiver was called: AdapterAttributes and RunStep details. */
void exchange_log_adapter(struct exchange *x, str adapter, str name, str value);
#endif
