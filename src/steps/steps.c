/* THE list. A new step: its table here, its file in meson.build. */
#include "steps/steps.h"

extern const struct step_type step_content_modifier;

const struct step_type *const steps_all[] = {
    &step_content_modifier,
};
const size_t steps_count = COUNT(steps_all);
