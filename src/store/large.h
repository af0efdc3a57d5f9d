/* large: bytes too big for a row, one file each under DIR/large. A file appears on disk before the
 * batch that names it is handed in, and goes with the batch that drops it; what a crash leaves over
 * is swept. Bytes up to STORE_INLINE are better off in a row. */
#ifndef STORE_LARGE_H
#define STORE_LARGE_H
#include "base/blob.h"
#include "store/store.h"

enum { STORE_INLINE = 64 << 10, STORE_LARGE_ID = 32 };

/* Writes the file (fsynced, on the calling thread). It stays when b is committed and is removed
 * when b fails or is freed. ret_id: hex text to be kept in a row. */
bool store_batch_add_large(struct store *s, struct store_batch *b, str bytes,
                           char ret_id[STORE_LARGE_ID + 1], struct err *e) MUST_USE;
void store_batch_drop_large(struct store *s, struct store_batch *b,
                            str id); /* soon after the commit */
/* ERR_NOT_FOUND, ERR_TOO_LARGE over limit bytes. */
bool store_large_read(struct store *s, str id, size_t limit, struct blob **ret,
                      struct err *e) MUST_USE;
/* Removes files older than age_s seconds that no committed batch has added. For a daily job. */
bool store_large_sweep(struct store *s, int64_t age_s, uint64_t *ret_files, struct err *e) MUST_USE;

/* Private to store/. */
extern const struct store_table large_table;
void large_settle(struct store_batch *b); /* b->ok decides which files go */
#endif
