/* number: exact arithmetic for $filter: integers and decimals as m * 10^-scale in 128 bits, else a
 * double. What does not fit 128 bits becomes a double. */
#ifndef ODATA_NUMBER_H
#define ODATA_NUMBER_H
#include "base/value.h"
#include "format/edm.h"

__extension__ typedef __int128 int128;
struct number {
    bool exact;
    int128 m;
    int scale;
    double d; /* when not exact */
};
struct number number_of_int(int64_t v);
struct number number_of_double(double v);
/* The value of an Edm numeric type; Decimal is text. */
struct number number_of_value(enum edm t, struct value v);
int number_compare(struct number a, struct number b); /* 2: unordered (NaN) */
struct number number_add(struct number a, struct number b);
struct number number_subtract(struct number a, struct number b);
struct number number_multiply(struct number a, struct number b);
/* false: division by zero. truncate: integer division. */
bool number_divide(struct number a, struct number b, bool truncate, struct number *ret) MUST_USE;
bool number_modulo(struct number a, struct number b, struct number *ret) MUST_USE;
enum number_rounding { NUMBER_ROUND, NUMBER_FLOOR, NUMBER_CEILING };
struct number number_round(struct number a, enum number_rounding how);
/* As a value of that numeric type has it: whole numbers are truncated. false: it has no place there. */
bool number_cast(struct number a, enum edm t, struct number *ret) MUST_USE;
int64_t number_to_int(struct number a); /* truncated, clamped */
#endif
