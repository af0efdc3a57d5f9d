/* body: a message body. Immutable and counted (atomically: branches share it), with several faces
 * (bytes, parsed XML), each made when first asked for and kept. NULL is Camel's null body. */
#ifndef ENGINE_BODY_H
#define ENGINE_BODY_H
#include "base/blob.h"
#include "format/xml.h"

struct body;
struct body *body_of_blob(struct blob *take);
struct body *body_of_buf(struct buf *take); /* takes the bytes out of the buf */
struct body *body_of_text(str copy);
struct body *body_of_xml(struct xml_doc *take);
bool body_is_text(const struct body *b); /* made by body_of_text: a String in scripts; NULL: false */
struct body *body_ref(struct body *b); /* NULL is fine, here and below */
void body_unref(struct body *b);
str body_bytes(struct body *b); /* borrowed while a reference is held; serialises when only XML */
struct blob *body_blob(struct body *b); /* borrowed; NULL only for NULL */
/* The parsed face, borrowed; ERR_BAD_REQUEST when the bytes are no XML (an empty body is none). */
bool body_xml(struct body *b, const struct xml_doc **ret, struct err *e) MUST_USE;
size_t body_size(struct body *b);
#endif
