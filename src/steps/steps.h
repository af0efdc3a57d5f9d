/* steps: the list of step types, for the registry that app hands to the flow compiler. */
#ifndef STEPS_STEPS_H
#define STEPS_STEPS_H
#include "engine/step.h"

extern const struct step_type *const steps_all[];
extern const size_t steps_count;
#endif
