/* json: a streaming writer (jw_) straight into a buf, and a reader (jr_) to a tree in an arena.
 * RFC 8259. Hot path of every face, hence ours; fuzzed. */
#ifndef BASE_JSON_H
#define BASE_JSON_H
#include "base/buf.h"
#include "base/vec.h"

/* ---- writer: commas are its business; the caller opens and closes in order ---- */
struct jw {
    struct buf *out;
    bool comma; /* the next value needs one before it */
};
void jw_init(struct jw *w, struct buf *out);
void jw_object(struct jw *w);
void jw_object_end(struct jw *w);
void jw_array(struct jw *w);
void jw_array_end(struct jw *w);
void jw_key(struct jw *w, str key);  /* escaped */
void jw_keyz(struct jw *w, const char *key); /* a literal that needs no escape */
void jw_str(struct jw *w, str s);    /* invalid UTF-8 becomes U+FFFD; STR_NONE gives null */
void jw_strf(struct jw *w, const char *fmt, ...) PRINTF(2, 3);
void jw_int(struct jw *w, int64_t v);
void jw_double(struct jw *w, double v); /* shortest text that reads back the same; not finite: null */
void jw_bool(struct jw *w, bool v);
void jw_null(struct jw *w);
void jw_raw(struct jw *w, str json); /* a complete value, as it is */

/* ---- reader ---- */
enum jr_kind { JR_NULL, JR_BOOL, JR_NUMBER, JR_STRING, JR_ARRAY, JR_OBJECT };
struct jr {
    enum jr_kind kind;
    bool b;
    str s;           /* JR_STRING: decoded; JR_NUMBER: the text as written */
    str key;         /* the member's name, when this value stands in an object */
    struct jr *next; /* sibling */
    struct jr *first; /* first member or element; in source order */
    size_t n;        /* members or elements */
};
enum { JR_DEPTH = 512 };
/* The whole text must be one value (white space around it allowed; a UTF-8 BOM is skipped). Strings
 * are borrowed from text where they hold no escape, so text must live as long as the tree.
 * Duplicate member names are an error, as is depth over JR_DEPTH. Errors: ERR_BAD_REQUEST with line
 * and column. */
bool jr_parse(struct arena *a, str text, struct jr **ret, struct err *e) MUST_USE;
const struct jr *jr_get(const struct jr *object, const char *key); /* NULL: absent or no object */
/* Text of a string member, or STR_NONE. */
str jr_text(const struct jr *object, const char *key);
#endif
