/* Work items in our own API: query and body in, the DevOps service's administration does the rest. */
#include "app/admin.h"
#include "app/api.h"

#include "base/codec.h"

enum { TOP = 100, MOST = 1000 };

static struct devops_admin admin_of(struct api_call *c)
{
    return (struct devops_admin){
        c->admin->devops, c->arena, user_name(c->request->user), c->id, c->in, &c->out};
}

static bool number(const struct api_call *c, const char *name, int64_t fallback, int64_t most,
                   int64_t *ret, struct err *e)
{
    str v = query_value(c->arena, c->request->query, name);
    *ret = fallback;
    return !v.p || (str_to_i64(v, ret) && *ret >= 0 && *ret <= most) ||
           err_set(e, ERR_BAD_REQUEST, "%s must be a number from 0 to %lld", name, (long long)most);
}

static bool list(struct api_call *c, struct err *e)
{
    struct devops_admin a = admin_of(c);
    str query = c->request->query;
    struct devops_filter f = {.status = query_value(c->arena, query, "userStatus"),
                              .process = query_value(c->arena, query, "processType"),
                              .project = query_value(c->arena, query, "plannedProject")};
    return number(c, "top", TOP, MOST, &f.top, e) && number(c, "skip", 0, INT32_MAX, &f.skip, e) &&
           devops_admin_list(&a, &f, e);
}

#define OPERATION(name)                                 \
    static bool name(struct api_call *c, struct err *e) \
    {                                                   \
        struct devops_admin a = admin_of(c);            \
        return devops_admin_##name(&a, e);              \
    }
OPERATION(show)
OPERATION(create)
OPERATION(set_status)
OPERATION(import)

const struct api_operation workitem_operations[] = {
    {"listWorkItems",     list      },
    {"createWorkItem",    create    },
    {"importWorkItems",   import    },
    {"getWorkItem",       show      },
    {"setWorkItemStatus", set_status},
    {NULL,                NULL      },
};
