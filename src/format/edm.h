/* edm: the primitive types of the Entity Data Model and their literal forms (OData V2: URI
 * conventions, JSON verbose, Atom). */
#ifndef FORMAT_EDM_H
#define FORMAT_EDM_H
#include "base/buf.h"
#include "base/err.h"
#include "base/value.h"

enum edm {
    EDM_STRING, EDM_BOOLEAN, EDM_BYTE, EDM_SBYTE, EDM_INT16, EDM_INT32, EDM_INT64, EDM_DECIMAL,
    EDM_SINGLE, EDM_DOUBLE, EDM_DATETIME, EDM_DATETIMEOFFSET, EDM_TIME, EDM_GUID, EDM_BINARY,
    EDM_COMPLEX, EDM_COUNT
};
const char *edm_name(enum edm t);        /* "Edm.String" */
bool edm_named(str name, enum edm *ret); /* "Edm.String"; false: unknown */
/* How values travel (struct value): String, Guid (lower case), Decimal (canonical text): V_TEXT;
 * integers, Boolean: V_INT/V_BOOL; DateTime, DateTimeOffset: V_INT ms since 1970 UTC; Time: V_INT ms;
 * Single, Double: V_REAL; Binary: V_BYTES. */
enum value_kind edm_value_kind(enum edm t);
/* A literal as in a key or filter: 'it''s', 5L, datetime'2024-01-02T03:04:05', X'FF', null, ...
 * *ret_type tells what it is (the smallest fitting integer type); null: EDM_COUNT. */
bool edm_parse_uri(struct arena *a, str literal, enum edm *ret_type, struct value *ret, struct err *e) MUST_USE;
/* Converts a literal of type from to type to by the widening rules; ERR_BAD_REQUEST otherwise. */
bool edm_convert(struct arena *a, enum edm from, enum edm to, struct value *v, struct err *e) MUST_USE;
void edm_write_uri(struct buf *out, enum edm t, struct value v); /* not percent-encoded */
void edm_write_text(struct buf *out, enum edm t, struct value v); /* Atom and $value: no quotes */
bool edm_parse_text(struct arena *a, enum edm t, str s, struct value *ret, struct err *e) MUST_USE;
#endif
