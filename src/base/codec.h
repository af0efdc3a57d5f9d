/* codec: base64, hex and percent encoding, random ids. */
#ifndef BASE_CODEC_H
#define BASE_CODEC_H
#include "base/buf.h"

str base64_encode(struct arena *a, str bytes);
void base64_write(struct buf *out, str bytes, bool mime_lines); /* mime_lines: CRLF after 76 characters */
/* Accepts white space, missing padding and the URL-safe alphabet; false on any other character. */
bool base64_decode(struct arena *a, str text, str *ret) MUST_USE;
str hex_encode(struct arena *a, str bytes, bool upper);
bool hex_decode(struct arena *a, str text, str *ret) MUST_USE;
/* %XX decoding; plus: '+' becomes a blank. false: '%' without two digits, or a decoded NUL. */
bool percent_decode(struct arena *a, str s, bool plus, str *ret) MUST_USE;
/* Encodes all but unreserved characters (RFC 3986) and those in keep. */
str percent_encode(struct arena *a, str s, const char *keep);
void percent_write(struct buf *out, str s, const char *keep);
/* One value of a query or form ("a=1&b=2"), decoded; STR_NONE when absent. Names are compared exactly. */
str query_value(struct arena *a, str query, const char *name);

void random_bytes(void *p, size_t n); /* getrandom; ends the process when there is no entropy */
str id_uuid(struct arena *a);         /* version 4, lower case */
/* 28 characters of the URL-safe base64 alphabet, as message processing logs use; begins with the
 * time, so that ids made later sort later and indexes stay append-only. */
enum { ID_MESSAGE = 28 };
void id_message(char ret[ID_MESSAGE + 1]);
bool utf8_valid(str s);
size_t utf8_count(str s); /* code points of valid UTF-8 */
#endif
