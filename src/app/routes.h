/* routes: which path is answered by whom, and who may ask. */
#ifndef APP_ROUTES_H
#define APP_ROUTES_H
#include "adapters/https_sender.h"
#include "app/admin.h"
#include "services/ci/ci.h"
#include "services/devops/devops.h"

struct faces {
    struct ci *ci;
    struct devops *devops;
    struct identity *identity;
    struct https_sender https;
    struct admin admin;
};
enum { ROUTES = 11 };
void routes_fill(struct http_route ret[ROUTES], struct faces *f);
#endif
