/* blob: immutable, counted bytes from outside (a body, an attachment, a bundle). Small ones live in
 * memory, those over BLOB_MEMORY in an unlinked temporary file that is mapped when somebody asks for
 * the bytes. Counting is atomic: blobs travel between threads. */
#ifndef BASE_BLOB_H
#define BASE_BLOB_H
#include "base/buf.h"

enum { BLOB_MEMORY = 1 << 20 }; /* bytes */

struct blob;
struct blob *blob_take(struct buf *b); /* takes the bytes out of b, which is empty afterwards */
struct blob *blob_copy(str s);
struct blob *blob_ref(struct blob *b);  /* returns b; NULL is fine */
void blob_unref(struct blob *b);        /* NULL is fine */
str blob_bytes(const struct blob *b);   /* borrowed while a reference is held; NULL gives "" */
size_t blob_size(const struct blob *b); /* NULL: 0 */
int blob_fd(const struct blob *b);      /* the file behind it, or -1 when it is in memory */

/* Collects bytes of unknown size. */
struct blob_writer {
    struct buf memory;
    int fd; /* -1 while in memory */
    size_t n, limit;
};
void blob_writer_init(struct blob_writer *w, size_t limit);
bool blob_writer_add(struct blob_writer *w, str s, struct err *e) MUST_USE; /* ERR_TOO_LARGE */
struct blob *blob_writer_finish(struct blob_writer *w); /* the writer is empty afterwards */
void blob_writer_abort(struct blob_writer *w);
static inline void blob_cleanup(struct blob **b)
{
    blob_unref(*b);
}
#endif
