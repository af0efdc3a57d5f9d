/* xpath_host: XPath 2 and 3 of a flow, evaluated by Saxon in a script host. Waits for it: operations with such an
 * expression run on the blocking pool (struct operation). */
#ifndef ENGINE_XPATH_HOST_H
#define ENGINE_XPATH_HOST_H
#include "engine/exchange.h"
#include "script/script.h"

struct host_xpath;
/* namespaces: as for xpath_compile. unit is borrowed and outlives the expression, which lives in the arena.
 * ERR_BAD_REQUEST: Saxon's words. */
bool host_xpath_compile(struct arena *a, str expr, const struct map *namespaces, struct script_unit *unit,
                        struct host_xpath **ret, struct err *e) MUST_USE;
/* One that is compiled when it is evaluated, since its text is known no earlier. */
struct host_xpath *host_xpath_once(struct arena *a, str expr, const struct map *namespaces, struct script_unit *unit);
/* On the body of x, of which doc is the document (NULL: it has none). $name is a header, then a property. */
bool host_xpath_eval(const struct host_xpath *p, struct exchange *x, const struct xml_doc *doc, struct arena *a,
                     struct xpath_result *ret, struct err *e) MUST_USE;
/* A body as a value of a frame to a host. Its open file stays open as long as the body. */
void host_write_body(struct buf *b, struct body *body);
#endif
