/* Customizable feeds: m:FC_TargetPath puts a property into an element of the Atom entry (title, author,
 * ..), m:FC_KeepInContent="false" takes it out of the content. */
#ifndef ODATA_FEED_H
#define ODATA_FEED_H
#include "format/xml.h"
#include "odata/service.h"

/* The text of the property that a path names ("SyndicationTitle"); STR_NONE: none, or null. Escaped for XML. */
str feed_text(struct odata_request *rq, const struct entity *en, const char *path);
/* The elements behind updated: author, contributor, published, rights, summary. */
void feed_elements(struct odata_request *rq, const struct entity *en);
/* What the elements of an entry say of properties that the content leaves out. */
bool feed_read(struct arena *a, const struct xml_node *entry, struct entity *en,
               struct err *e) MUST_USE;
#endif
