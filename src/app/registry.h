/* registry: the one place where the lists of steps and adapters meet. */
#ifndef APP_REGISTRY_H
#define APP_REGISTRY_H
#include "engine/step.h"

void registry_all(struct registry *ret);
#endif
