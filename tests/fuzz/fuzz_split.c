/* Input: an element's name, a line break, a text. Pieces lie in the text one behind the other; a document that the
 * quick scanner takes for one is well-formed but for what it leaves to the parser (names twice, prefixes). */
#include "steps/split_text.h"

#include <stdlib.h>

#include "format/xml.h"
#include "steps/xml_pieces.h"

static void check_inside(str text, str piece, size_t *at)
{
    size_t from = (size_t)(piece.p - text.p);
    if (from < *at || from + piece.n > text.n)
        abort();
    *at = from + piece.n;
}

static void check_piece(str text)
{
    AUTO(buf) struct buf out = BUF(1 << 24);
    if (!xml_piece(text, &out) && out.n)
        abort();
    if (out.n > text.n)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    str all = {(const char *)data, n}, name, piece, rest;
    size_t at = 0;
    if (!str_split(&all, '\n', &name) || !name.n)
        return 0;
    rest = all;
    while (split_line(&rest, &piece))
        check_inside(all, piece, &at);
    at = 0;
    rest = all;
    while (split_element(&rest, name, &piece)) {
        check_inside(all, piece, &at);
        check_piece(piece);
    }
    check_piece(all);
    return 0;
}
