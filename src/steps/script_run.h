/* script_run: sends the message to a script host, parks the exchange, and applies the answer. For script steps and
 * for XSLT mappings that need the host. */
#ifndef STEPS_SCRIPT_RUN_H
#define STEPS_SCRIPT_RUN_H
#include "engine/engine.h"

/* path: of the script in the unit's files. WAIT, or FAIL. */
struct step_result script_run(struct script_unit *unit, str path, str function, struct exchange *x,
                              struct err *e);
struct step_result script_resume(struct exchange *x, struct err *e);

/* ---- script_ask.c: what a running script asks for ---- */
/* Writes the answer to a question, on a thread that may block. x is parked. */
void script_ask(struct exchange *x, str question, struct buf *answer);
#endif
