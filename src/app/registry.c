#include "app/registry.h"

#include "adapters/adapters.h"
#include "steps/steps.h"

void registry_all(struct registry *ret)
{
    *ret = (struct registry){
        .steps = steps_all,
        .nsteps = steps_count,
        .receivers = receivers_all,
        .nreceivers = receivers_count,
        .senders = senders_all,
        .nsenders = senders_count,
    };
}

void registry_services(struct registry *r, struct script_hosts *scripts, struct ci *ci)
{
    r->scripts = scripts;
    r->artifact_files = ci_artifact_files;
    r->artifact_arg = ci;
}
