/* mapping_batch: calls of user functions of message mappings on their way to a script host and back
 * (hosts/jvm MappingFunctions.java). */
#ifndef STEPS_MAPPING_BATCH_H
#define STEPS_MAPPING_BATCH_H
#include "mapping/mapping.h"

#define MAPPING_BATCH_PATH "tidemill:mapping" /* instead of a script's */
void mapping_batch_write(struct buf *b, const struct mapping_call *calls, size_t n);
/* Fills results and errors of the calls; texts are copied to the arena. ERR_INTERNAL: a broken answer. */
bool mapping_batch_read(struct arena *a, str answer, struct mapping_call *calls, size_t n,
                        struct err *e) MUST_USE;
#endif
