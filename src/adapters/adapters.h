/* adapters: the lists of adapters, for the registry that app hands to the flow compiler. The timer's component is
 * "timer". */
#ifndef ADAPTERS_ADAPTERS_H
#define ADAPTERS_ADAPTERS_H
#include "engine/step.h"

extern const struct receiver_type *const receivers_all[];
extern const size_t receivers_count;
extern const struct sender_type *const senders_all[];
extern const size_t senders_count;
#endif
