/* value: one typed value as it travels between store, OData and services. Text and bytes are
 * borrowed. Times are milliseconds since 1970 UTC in i. */
#ifndef BASE_VALUE_H
#define BASE_VALUE_H
#include "base/str.h"

enum value_kind { V_NULL, V_BOOL, V_INT, V_REAL, V_TEXT, V_BYTES };
struct value {
    enum value_kind kind;
    union {
        int64_t i; /* V_BOOL, V_INT */
        double d;  /* V_REAL */
        str s;     /* V_TEXT, V_BYTES */
    };
};
#define VALUE_NULL ((struct value){.kind = V_NULL})
#define VALUE_BOOL(x) ((struct value){.kind = V_BOOL, .i = (x)})
#define VALUE_INT(x) ((struct value){.kind = V_INT, .i = (x)})
#define VALUE_REAL(x) ((struct value){.kind = V_REAL, .d = (x)})
#define VALUE_TEXT(x) ((struct value){.kind = V_TEXT, .s = (x)})
#define VALUE_BYTES(x) ((struct value){.kind = V_BYTES, .s = (x)})
#endif
