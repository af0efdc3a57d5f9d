/* pending: what data store and variable steps write. Inside a transaction the statements join the message's own and
 * the changes are remembered, so that later steps of the message see them; otherwise they are committed at once and
 * the exchange waits for the disk. */
#ifndef STEPS_PENDING_H
#define STEPS_PENDING_H
#include "engine/engine.h"

enum pending_kind { PENDING_ENTRY, PENDING_VARIABLE };
/* A row of data_store_entry or variable as the message leaves it. */
struct pending {
    const struct pending *next; /* older */
    enum pending_kind kind;
    bool removed;
    str store, flow, id; /* a variable has no store */
    str payload, headers;
    int64_t created_at, retain_until;
};
/* What this message has not committed yet; the newest first; NULL: nothing. */
const struct pending *pending_first(struct exchange *x);
const struct pending *pending_find(struct exchange *x, enum pending_kind kind, str store, str flow,
                                   str id);

struct pending_write {
    struct store_batch *batch;
    bool now;
};
struct pending_write pending_begin(struct exchange *x);
/* Remembers a change; nothing to do when it is committed at once. Texts are copied. */
void pending_note(struct exchange *x, const struct pending_write *w, const struct pending *change);
/* CONTINUE, or WAIT until the batch is on disk; then the step's resume is pending_resume. */
struct step_result pending_end(struct exchange *x, struct pending_write *w);
struct step_result pending_resume(const void *cfg, struct exchange *x, struct err *e);
#endif
