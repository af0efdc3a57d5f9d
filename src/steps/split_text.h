/* split_text: cutting plain text into lines and into elements of a name, without parsing it. */
#ifndef STEPS_SPLIT_TEXT_H
#define STEPS_SPLIT_TEXT_H
#include "base/vec.h"

/* Takes the next line off *rest: ends are CR LF, LF, CR or the two characters backslash n. false: nothing left
 * (so an empty last line is none). */
bool split_line(str *rest, str *ret);
/* Takes the next outermost element with that name as written ("p:a"), from start tag to end tag, off *rest.
 * Comments and CDATA sections are skipped. false: no further one, or it does not end. */
bool split_element(str *rest, str name, str *ret);
#endif
