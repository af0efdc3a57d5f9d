/* xml_pieces: documents put into others as text, without building trees. */
#ifndef STEPS_XML_PIECES_H
#define STEPS_XML_PIECES_H
#include "base/buf.h"

/* Adds a document without its declaration and what surrounds the root's tags. false: it is not sure that it is one
 * well-formed UTF-8 document with one root (out may hold a piece of it then: nothing is added). */
bool xml_piece(str bytes, struct buf *out);
#endif
