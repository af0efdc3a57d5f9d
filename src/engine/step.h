/* step: what a step type, a sender adapter and a receiver adapter are to the compiler and the loop.
 * Types are tables handed in by app; configuration is prepared once at deployment and const after;
 * everything that runs is in the exchange.
 * SAP's names decide which type serves an activity (format.md 3): see struct step_type.activity. */
#ifndef ENGINE_STEP_H
#define ENGINE_STEP_H
#include "base/map.h"
#include "engine/exchange.h"
#include "engine/simple.h"
#include "script/script.h"

/* ---- what comes next ---- */
enum step_next {
    STEP_CONTINUE, /* operation.next */
    STEP_JUMP,     /* result.target */
    STEP_FORK,     /* exchange_fork was called: parts run, the exchange is parked */
    STEP_WAIT,     /* parked; engine_resume goes on with type->resume (or with next when that is NULL) */
    STEP_RETURN,   /* end of this (local) process: back to the caller, or end of the exchange */
    STEP_END,      /* the exchange is finished */
    STEP_FAIL      /* e says why; exchange_throw has set the fault, else it is made from e */
};
struct step_result {
    enum step_next next;
    uint32_t target; /* STEP_JUMP */
};
#define CONTINUE ((struct step_result){.next = STEP_CONTINUE})
#define WAIT ((struct step_result){.next = STEP_WAIT})
#define FAIL ((struct step_result){.next = STEP_FAIL})

/* ---- problems found while compiling: all of them are reported at once ---- */
struct problem {
    enum err_code code; /* ERR_NOT_IMPLEMENTED: not supported here; ERR_BAD_REQUEST: wrong content */
    str step;           /* id of the BPMN element or channel */
    str label;          /* its name for people */
    str text;           /* one sentence that names the thing */
};
struct problems {
    struct arena *arena;
    VEC(struct problem) list;
};

/* ---- preparing: the configuration of one activity or channel ---- */
struct prepare {
    struct arena *arena;           /* the program's: configuration lives here */
    struct program *program;       /* namespaces and other settings of the flow */
    const struct map *properties;  /* key -> (str *): {{parameters}} already replaced */
    const struct map *files;       /* path in the bundle -> (str *) bytes, e.g. src/main/resources/xsd/a.xsd; borrowed
                                    * for the call: copy what is kept (properties live as long as the program) */
    struct problems *problems;
    str id, label;                 /* BPMN id and name */
    str artifact;                  /* id of the flow */
    const struct registry *registry; /* NULL in some tests */
};
/* Property values; a missing key is an empty text. */
str prepare_text(const struct prepare *p, const char *key);
str prepare_text_or(const struct prepare *p, const char *key, const char *otherwise); /* when empty */
bool prepare_bool(const struct prepare *p, const char *key, bool otherwise); /* true/false/1/0 */
/* Not a number, or outside [least, most]: a problem is recorded, otherwise is returned. */
int64_t prepare_int(const struct prepare *p, const char *key, int64_t otherwise, int64_t least, int64_t most);
/* Compiled expressions; errors become problems, the result is NULL then. An empty text gives NULL. */
struct simple *prepare_simple(const struct prepare *p, str text, enum simple_mode mode);
struct flow_xpath *prepare_xpath(const struct prepare *p, str expr);
/* With other namespaces than the flow's; the error is the caller's to report. */
bool prepare_xpath_in(const struct prepare *p, str expr, const struct map *namespaces, struct flow_xpath **ret,
                      struct err *e) MUST_USE;
/* A file by its name as steps write it ("a.xsl", "script/a.xsl", "dir://…/a.xsl", "/xsd/x.xsd"): the path, or NULL. */
const str *prepare_file(const struct prepare *p, str reference, const char *folder, str *ret_path);
/* The flow's own files as a unit for scripts, made when first asked for. Borrowed from the program. */
struct script_unit *prepare_unit(const struct prepare *p, struct err *e);
/* Rows of a table-valued property (format.md 3): <row><cell id='X'>v</cell>..</row>. */
struct prepare_row {
    size_t ncells;
    struct { str id; str value; } cells[16]; /* id STR_NONE: positional */
};
/* Cell by id, or by position where the row has no ids; STR "" when absent. */
str row_cell(const struct prepare_row *r, const char *id, size_t position);
bool prepare_rows(const struct prepare *p, const char *key, struct prepare_row **ret, size_t *ret_n);
void problem_add(struct problems *ps, enum err_code code, str step, str label, const char *fmt, ...) PRINTF(5, 6);
/* The usual ways to refuse: "… is not supported", "… is wrong". */
void prepare_unsupported(const struct prepare *p, const char *fmt, ...) PRINTF(2, 3);
void prepare_wrong(const struct prepare *p, const char *fmt, ...) PRINTF(2, 3);

/* ---- step types ---- */
struct step_type {
    const char *name; /* for logs and explain: "ContentModifier" */
    /* MUST for plugins: the activities it serves, "activityType" or "activityType:sub key", where sub key is
     * subActivityType, mappingType, splitType, operation or encoderType; separated by '|'.
     * NULL: a type of the engine's own (control.h). */
    const char *activity;
    size_t cfg_size;
    /* MAY: fills cfg (zeroed) from p; what is wrong or missing becomes problems. */
    void (*prepare)(void *cfg, struct prepare *p);
    /* MUST. */
    struct step_result (*run)(const void *cfg, struct exchange *x, struct err *e);
    /* MAY: after STEP_WAIT, on a worker. x->wait is what run left there. */
    struct step_result (*resume)(const void *cfg, struct exchange *x, struct err *e);
    void (*dispose)(void *cfg); /* MAY: frees what the arena does not own */
    void (*explain)(const void *cfg, struct buf *out); /* MAY: one line for `flow explain` */
    bool blocks; /* run may block (library without another way): runs on the blocking pool */
    bool meets;  /* Join, Gather: a part that comes here has arrived; its parent goes on here */
    bool forks;  /* may return STEP_FORK (Splitter): tells which Gather belongs to it when no part arrived */
};

/* ---- adapters ---- */
struct receiver_type { /* the sending side of a flow: HTTP, ProcessDirect, Mail, ... */
    const char *component; /* ComponentType of the channel; '|' separates several */
    size_t cfg_size;
    void (*prepare)(void *cfg, struct prepare *p);
    /* Like a step. one_way: a Send step; the message stays as it is afterwards (the engine sees to it). */
    struct step_result (*run)(const void *cfg, struct exchange *x, struct err *e);
    struct step_result (*resume)(const void *cfg, struct exchange *x, struct err *e);
    void (*dispose)(void *cfg);
    void (*explain)(const void *cfg, struct buf *out);
    bool blocks;
    bool inside; /* goes to another flow here: not counted as sent */
};
struct route;
struct sender_type { /* what starts a flow: HTTPS, ProcessDirect, timer */
    const char *component;
    size_t cfg_size;
    void (*prepare)(void *cfg, struct prepare *p);
    /* The artifact starts: register the endpoint, arm the timer. first: a deployment, not a restart of the
     * server. Must not keep the artifact past stop. ERR_CONFLICT: the endpoint is taken. An endpoint held by another
     * artifact object of the same id (redeployment) should be taken over; stop of the old one then leaves it alone.
     * Where that is answered with ERR_CONFLICT, the engine stops the old one first. */
    bool (*start)(const void *cfg, struct artifact *a, const struct route *r, bool first, struct err *e);
    void (*stop)(const void *cfg, struct artifact *a, const struct route *r);
    void (*dispose)(void *cfg);
    void (*explain)(const void *cfg, struct buf *out);
    /* MAY: the address callers use, below the host ("/http/orders"), for ServiceEndpoints; STR_NONE: none. */
    str (*address)(const void *cfg);
    const char *protocol; /* of ServiceEndpoints: "REST", "SOAP"; NULL: none */
};
struct registry {
    const struct step_type *const *steps;
    size_t nsteps;
    const struct receiver_type *const *receivers;
    size_t nreceivers;
    const struct sender_type *const *senders;
    size_t nsenders;
    struct script_hosts *scripts; /* MAY: without it steps with scripts are refused */
    /* MAY: the files of another deployed artifact: type "SCRIPT_COLLECTION", ...; ret is in the arena, path -> (str *).
     * ERR_NOT_FOUND: it is not deployed. */
    bool (*artifact_files)(void *arg, const char *type, str id, struct arena *a, struct map *ret, struct err *e);
    void *artifact_arg;
};
#endif
