/* inside: what the files of engine/ share. Nobody else includes this. */
#ifndef ENGINE_INSIDE_H
#define ENGINE_INSIDE_H
#include <pthread.h>

#include "base/codec.h"
#include "base/time.h"
#include "engine/engine.h"

enum {
    CALL_DEPTH_MAX = 200,                  /* local processes inside each other */
    FORK_DEPTH_MAX = 32,                   /* splits inside splits */
    EXCHANGE_MEMORY_MAX = 256 << 20,       /* bytes of one exchange's arena */
    INLINE_BUDGET_US = 200                 /* what a caller's thread spends on a message at most, between steps */
};

/* A call of a local process. */
struct frame {
    struct frame *next; /* the caller's */
    uint32_t pc;        /* the call's operation */
    bool in_handler;    /* of the caller */
    uint32_t loop;      /* number of this call, from 0 */
};

/* ---- clock.c ---- */
struct clock;
struct clock *clock_new(struct pool *workers);
void clock_stop(struct clock *c); /* nothing fires any more */
void clock_free(struct clock *c);
uint64_t clock_at(struct clock *c, int64_t monotonic_ms, pool_fn *fn, void *arg);
bool clock_cancel(struct clock *c, uint64_t id);

/* ---- monitor.c ---- */
enum log_kind { LOG_ATTACHMENT, LOG_HEADER, LOG_ADAPTER };
struct log_item { /* a row that waits for the end: attachment, header property, adapter attribute */
    struct log_item *next;
    enum log_kind kind;
    str name, value, type;
    int64_t at;
};
struct trace { /* what DEBUG and TRACE add */
    struct trace *next;
    const struct operation *operation;
    int64_t start, end;
    size_t branch;
    const char *error; /* NULL: fine */
    struct body *body;
    struct fields headers, properties;
};
/* The processing log of one message; lives in the arena of its first exchange. */
enum { MESSAGE_SLICE = 250 << 10 };
struct message {
    char id[ID_MESSAGE + 1];
    bool listed, written;
    atomic_bool escalated;
    enum message_status status;
    _Atomic int level; /* enum log_levels */
    struct datum *id_text;
    str correlation_id, sender, local_component, transaction_id;
    int64_t start_ms, start_us, end_ms;
    struct message *prev, *next; /* in flight, for the sweep */
    struct exchange *main;
    pthread_mutex_t lock; /* for what follows: parts run at the same time, the sweep reads */
    struct arena *arena;  /* NULL until needed */
    str application_id, application_type, receiver, logged_sender, custom_status;
    struct log_item *items;
    struct trace *traces, **traces_end;
    size_t nitems, ntraces, bytes;
    const struct operation *last_error_step;
    struct store_batch *effects; /* of a transaction */
    void *overlay;
    void (*overlay_drop)(void *);
    atomic_size_t steps;
    /* What receivers were sent; slices of MESSAGE_SLICE, at least one a call: what a tenant is billed by. */
    _Atomic int64_t sent_calls, sent_bytes, sent_slices;
    exchange_done_fn *done;
    void *done_arg;
};
struct monitor {
    pthread_mutex_t lock;
    struct message *first;
    bool is_open;
    _Atomic int64_t trace_id;
};
bool monitor_open(struct engine *g, struct err *e) MUST_USE;
void monitor_close(struct engine *g); /* what is still in flight is ABANDONED */
void message_make(struct exchange *x, const struct start *s);
void message_free(struct message *m);
void monitor_begin(struct exchange *x);
void monitor_fields(struct exchange *x); /* SAP_* headers and properties were touched */
void monitor_error(struct exchange *x, const struct operation *op); /* an error at op, handled or not */
void monitor_before(struct exchange *x); /* at DEBUG and TRACE: before and after a step */
void monitor_step(struct exchange *x, const struct step_seen *s);
/* monitor_rows.c; m->lock is held */
const char *monitor_level_name(int level);
void monitor_add_log(struct store_batch *b, struct message *m);
void monitor_add_details(struct store_batch *b, const struct exchange *x); /* all but the log's own row */
void monitor_end(struct exchange *x); /* writes the log, then engine_finished */

/* ---- artifact.c ---- */
struct artifact {
    atomic_uint refs;
    struct engine *engine;
    struct arena *arena;
    struct artifact_info info;
    struct program *program;
    _Atomic int level;
};
struct artifacts {
    pthread_mutex_t lock;   /* of the tables */
    pthread_mutex_t deploy; /* one deployment at a time */
    struct arena *arena;
    struct map by_id;  /* id -> struct artifact */
    struct map levels; /* id -> int *, kept over redeployments */
};
void artifacts_open(struct engine *g);
void artifacts_stop(struct engine *g);  /* no new messages */
void artifacts_close(struct engine *g);

/* ---- run.c ---- */
struct engine {
    struct engine_config config;
    struct pool *workers, *blocking;
    struct clock *clock;
    struct monitor monitor;
    struct artifacts artifacts;
    atomic_size_t in_flight;
    _Atomic uint64_t started, completed, failed;
    atomic_bool closing, closed;
    struct engine *kept;
};
struct exchange *exchange_make(struct artifact *a);
struct exchange *exchange_make_part(struct exchange *parent);
void exchange_release(struct exchange *x); /* one reference */
void exchange_set_error(struct exchange *x, const struct err *copy); /* how it ended */
void engine_finished(struct exchange *x);  /* the log is on disk: tell the caller, free */
void run_from_other_thread(struct exchange *x); /* puts it on a worker */
void run_never_here(void); /* messages that this thread starts run on workers from their first step */

/* ---- control.c ---- */
void call_leave(struct exchange *x); /* drops the innermost frame */

/* ---- fork.c ---- */
/* After STEP_FORK: what to run next on this thread, or NULL (all parts run elsewhere, or x itself goes on later). */
struct exchange *fork_begin(struct exchange *x);
/* A part has ended: what to run next on this thread, or NULL. */
struct exchange *fork_part_ended(struct exchange *child);
/* The parts are done, x (the parent) goes on here: the result of the forking step. */
struct step_result fork_result(struct exchange *x, struct err *e);
void fork_take_over(struct exchange *x, struct exchange *part); /* body, headers and properties of part */
#endif
