/* retention: forgets what is past its time: message processing logs after some days, data store entries and
 * variables after the expiry they carry. Runs soon after the start and then every hour, on the blocking pool. */
#ifndef APP_RETENTION_H
#define APP_RETENTION_H
#include "engine/engine.h"

struct retention;
struct retention *retention_start(struct engine *g, unsigned log_days);
void retention_free(struct retention *r); /* after engine_close; NULL is fine */
#endif
