/* registry: the one place where the lists of steps and adapters meet. */
#ifndef APP_REGISTRY_H
#define APP_REGISTRY_H
#include "engine/step.h"
#include "services/ci/ci.h"

void registry_all(struct registry *ret);
/* What flows may use besides their own bundle. */
void registry_services(struct registry *r, struct script_hosts *scripts, struct ci *ci);
#endif
