/* mock: any OData V2 service, from its EDMX alone: rows from JSON or made up, in a table per type; the
 * same engine as every other service. It knows no service by name. docs/MOCK.md. */
#ifndef SERVICES_MOCK_MOCK_H
#define SERVICES_MOCK_MOCK_H
#include "net/server.h"
#include "store/store.h"

enum mock_basis {
    MOCK_OLINGO, /* plain, anonymous: as the reference library answers */
    MOCK_GATEWAY /* CSRF tokens and sessions, Basic credentials are checked */
};
struct mock;
struct mock_config {
    str edmx;           /* the document */
    str data;           /* a JSON file, or a directory of them; STR_NONE: made up from seed */
    str root;           /* "/odata": behind the host, without the last slash */
    unsigned page_size; /* rows of one answer; 0: 1000 */
    enum mock_basis basis;
    str user; /* "name:password"; STR_NONE: none is asked for ("dev:dev" is right) */
    uint64_t seed;
    unsigned rows;       /* made up per set; 0: 20 */
    str record;          /* file that gets each request and answer as a line; STR_NONE: none */
    struct store *store; /* borrowed; rows that are there already are kept */
};
/* Loads the document and, into an empty store, the data. Errors name file, line or entity. */
bool mock_open(const struct mock_config *c, struct mock **ret, struct err *e) MUST_USE;
void mock_close(struct mock *m); /* after the HTTP server; NULL is fine */
/* For a route at root (ctx: the mock). */
http_handler mock_handle;
http_admit mock_admit;
size_t mock_sets(const struct mock *m); /* how many entity sets there are */
/* What of the document or the data is left out, and why; STR_NONE behind the last one. */
str mock_remark(const struct mock *m, size_t i);
#endif
