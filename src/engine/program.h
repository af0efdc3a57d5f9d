/* program: a compiled flow. A flat array of operations; each names its successor, so branches that meet
 * share the operations after the meeting point. Immutable after program_freeze; counted by artifacts. */
#ifndef ENGINE_PROGRAM_H
#define ENGINE_PROGRAM_H
#include "engine/step.h"

struct operation {
    const struct step_type *type;
    void *cfg;
    str id, label;   /* BPMN id and name, for logs and errors */
    uint32_t next;   /* operation that follows; 0: the end of its process */
    uint16_t process;
    bool handler;    /* belongs to an exception subprocess */
    bool waits;      /* has an expression that a script host evaluates */
};
enum transaction { TRANSACTION_NONE, TRANSACTION_REQUIRED, TRANSACTION_FROM_CALLER };
struct process {
    str id, name;
    uint32_t entry;   /* local processes: where a call begins; 0: none */
    uint32_t handler; /* first operation of its exception subprocess; 0: none */
    bool local;
    enum transaction transaction;
};
/* One way in: a sender channel or a timer. */
struct route {
    const struct sender_type *type;
    void *cfg;
    str id, label;
    uint32_t entry;
    uint16_t process;
};
enum http_session { SESSION_NONE, SESSION_EXCHANGE, SESSION_FLOW };
struct program {
    struct arena *arena;
    VEC(struct operation) operations; /* [0] is the end of a main process */
    VEC(struct process) processes;
    VEC(struct route) routes;
    struct map namespaces; /* prefix -> (str *) URI */
    str allowed_headers;   /* the collaboration's list, one regular expression or "*" */
    bool return_exception; /* returnExceptionToSender */
    enum http_session http_session;
    str artifact_id;
    bool waits; /* while it is compiled: the next operation will */
    struct script_unit *unit; /* its files for script hosts; NULL: no step needs them */
};
struct program *program_new(void);
/* The index of the new operation. id and label are borrowed (the program's arena). */
uint32_t program_add(struct program *p, const struct step_type *type, void *cfg, str id, str label, uint16_t process);
void program_free(struct program *p); /* disposes configurations; NULL is fine */
/* The listing of `tidemill flow explain`. */
void program_explain(const struct program *p, struct buf *out);
#endif
