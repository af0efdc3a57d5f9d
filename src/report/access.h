/* access: how a command comes in to a tenant: service keys as downloaded, in all their shapes. */
#ifndef REPORT_ACCESS_H
#define REPORT_ACCESS_H
#include "report/caller.h"

/* Reads a service key: {"oauth":{"url","tokenurl","clientid","clientsecret"}} (plan api, the script's config.json), the
 * same members at the top, or {"uaa":{"url","clientid","clientsecret"},"url"}, whose token path is /oauth/token; any of
 * them may stand in a "credentials" member. Texts live in a. */
bool access_of_key(struct arena *a, str json, struct access *ret, struct err *e) MUST_USE;
#endif
