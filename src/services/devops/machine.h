/* machine: the configuration of the DevOps service, devops.json: status profiles, which process type
 * has which, text types, limits (docs/DEVOPS.md). Checked as a whole when it is loaded; immutable. */
#ifndef SERVICES_DEVOPS_MACHINE_H
#define SERVICES_DEVOPS_MACHINE_H
#include "base/err.h"
#include "base/vec.h"

typedef VEC(str) devops_codes;
struct devops_status {
    str code, name;
    bool final;
    devops_codes next;
};
struct devops_profile {
    str name, initial;
    VEC(struct devops_status) statuses;
};
struct devops_process {
    str type;
    const struct devops_profile *profile;
};
struct devops_text_type {
    str type, name;
    bool log;               /* every post appends; else it replaces */
    devops_codes processes; /* empty: all */
};
struct machine {
    VEC(struct devops_profile) profiles;
    VEC(struct devops_process) processes;
    VEC(struct devops_text_type) texts;
    size_t attachment_bytes;
    bool format_on_post; /* $format in a POST; Gateway refuses it */
};
/* All texts are borrowed from json. Errors (ERR_BAD_REQUEST) name the row. */
bool machine_load(struct arena *a, str json, const struct machine **ret, struct err *e) MUST_USE;
/* NULL: unknown. */
const struct devops_process *machine_process(const struct machine *m, str type);
const struct devops_status *machine_status(const struct devops_profile *p, str code);
const struct devops_text_type *machine_text(const struct machine *m, str process, str type);
/* Whether an item may go from one status to the other, in the order of the real checks; messages and
 * codes are those of the service. An edge is not asked for with any. */
bool machine_change(const struct devops_profile *p, str object_id, str from, str to, bool any,
                    struct err *e) MUST_USE;
#endif
