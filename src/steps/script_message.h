/* script_message: a message on its way to a script host and back (docs/SCRIPTS.md). */
#ifndef STEPS_SCRIPT_MESSAGE_H
#define STEPS_SCRIPT_MESSAGE_H
#include "engine/engine.h"

/* Flow, message id, body, headers and properties. Open files of the body stay open while the exchange waits. */
void script_message_write(struct buf *b, struct exchange *x);
/* Applies an answer: log entries, then changes, also those made before a failure. false: the script failed; file is
 * the script's name. */
bool script_message_read(str payload, struct exchange *x, struct script_hosts *hosts,
                         struct err *e) MUST_USE;
#endif
