/* fields: the headers and properties of an exchange, and the values they hold. A datum is immutable
 * and counted, so that branches share values without copying. NULL is Camel's null. */
#ifndef ENGINE_FIELDS_H
#define ENGINE_FIELDS_H
#include "engine/body.h"

enum datum_kind { DATUM_TEXT, DATUM_BOOL, DATUM_INT, DATUM_REAL, DATUM_BODY, DATUM_FAULT, DATUM_OBJECT };
struct datum;
/* What Java throws: class name, message, and what an HTTP failure carries. */
struct fault {
    const char *class_name; /* "org.apache.camel.component.ahc.AhcOperationFailedException" */
    str message;
    int http_status; /* 0: none */
    str http_reason;
    struct body *http_body;
};
struct datum *datum_text(str copy);
struct datum *datum_bool(bool v);
struct datum *datum_int(int64_t v);
struct datum *datum_real(double v);
struct datum *datum_body(struct body *ref);            /* takes a new reference */
struct datum *datum_fault(const struct fault *copy);
/* A Java object that a script host keeps, as its text; release is called with its number at the end. */
struct datum *datum_object(str text, int64_t number, void (*release)(void *owner, int64_t number), void *owner);
struct datum *datum_ref(struct datum *d); /* NULL is fine, here and below */
void datum_unref(struct datum *d);
enum datum_kind datum_kind(const struct datum *d);
bool datum_truth(const struct datum *d);
bool datum_number(const struct datum *d, double *ret); /* converts numeric text */
const struct fault *datum_as_fault(const struct datum *d); /* NULL: another kind */
struct body *datum_as_body(const struct datum *d);          /* borrowed; NULL: another kind */
int64_t datum_object_number(const struct datum *d); /* of a DATUM_OBJECT */
bool datum_int_value(const struct datum *d, int64_t *ret); /* of a DATUM_INT; false: another kind */
/* As text: NULL gives ""; true/false; a fault "CLASS: message". Borrowed from d or made in a. */
str datum_str(struct arena *a, const struct datum *d);

struct field {
    str name; /* spelling of the first write; lives in the arena of the fields */
    struct datum *value; /* NULL: present and null */
};
struct fields {
    struct field *at;
    size_t n, cap;
    bool nocase; /* headers ignore case, properties do not */
    bool touched; /* a SAP_* field was set or removed since the log last looked */
    struct arena *arena; /* for names */
};
void fields_init(struct fields *f, struct arena *a, bool nocase);
void fields_free(struct fields *f);                    /* releases values; the arena is the owner's */
const struct field *fields_find(const struct fields *f, str name); /* NULL: absent */
struct datum *fields_get(const struct fields *f, str name);        /* borrowed; NULL: absent or null */
void fields_set(struct fields *f, str name, struct datum *take);
void fields_set_kept(struct fields *f, str name, struct datum *take); /* name outlives the fields: not copied */
void fields_set_text(struct fields *f, str name, str copy);
void fields_remove(struct fields *f, str name);
bool field_is_secret(str name); /* Authorization, cookies: the value must not come into a log */
void fields_copy(struct fields *to, const struct fields *from); /* sets every field of from in to */
void fields_share(struct fields *to, const struct fields *from); /* empty to; names are borrowed from from */
/* Removes what matches SAP's lists: "name", "$name=exact", "$include=sap_*", "*", "$include=*,$exclude=a*";
 * patterns ignore case for headers. */
void fields_remove_pattern(struct fields *f, str pattern);
#endif
