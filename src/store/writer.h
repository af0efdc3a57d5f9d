/* writer: the one thread that writes. Private to store/. */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H
#include "store/driver.h"

struct writer;
/* rest is called before pages are moved home: readers at rest let go of what they have seen. */
bool writer_start(const struct driver *d, str where, bool durable, void (*rest)(void *arg),
                  void *arg, struct writer **ret, struct err *e) MUST_USE;
void writer_stop(struct writer *w); /* applies what is queued first; NULL is fine */
void writer_add(struct writer *w, struct store_batch *b); /* takes b */
/* The writer's connection for another thread; queued batches wait until it is given back. */
struct conn *writer_borrow(struct writer *w);
void writer_give_back(struct writer *w);
/* Another number after every commit, before it is acknowledged; 0 while pages are moved home. */
uint64_t writer_generation(const struct writer *w);
void writer_get_stats(struct writer *w, struct store_stats *ret);
#endif
