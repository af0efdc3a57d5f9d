/* decimal: exact numbers of up to 38 digits, for the arithmetic functions. Private to mapping/. */
#ifndef MAPPING_DECIMAL_H
#define MAPPING_DECIMAL_H
#include "base/arena.h"
#include "base/err.h"

__extension__ typedef __int128 wide;
struct decimal { /* value / 10^scale */
    wide value;
    int scale; /* 0..38 */
};
/* "-12.50", "+1", ".5", "1E3". ERR_BAD_REQUEST: no number, or more than 38 digits. */
bool decimal_read(str s, struct decimal *ret, struct err *e) MUST_USE;
str decimal_text(struct arena *a, struct decimal d); /* without exponent and trailing zeros */
/* ERR_BAD_REQUEST: the result has more than 38 digits, division by zero. */
bool decimal_add(struct decimal a, struct decimal b, struct decimal *ret, struct err *e) MUST_USE;
bool decimal_mul(struct decimal a, struct decimal b, struct decimal *ret, struct err *e) MUST_USE;
bool decimal_div(struct decimal a, struct decimal b, struct decimal *ret,
                 struct err *e) MUST_USE; /* 10 digits or more */
int decimal_cmp(struct decimal a, struct decimal b);
enum rounding { ROUND_DOWN, ROUND_UP, ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_FLOOR, ROUND_CEILING };
struct decimal decimal_round(struct decimal d, int scale,
                             enum rounding how); /* to at most that many decimals */
bool decimal_of_double(double x, struct decimal *ret, struct err *e) MUST_USE;
double decimal_double(struct decimal d);
/* java.text.DecimalFormat, English. ERR_BAD_REQUEST: the pattern. */
bool decimal_pattern_check(str pattern, struct err *e) MUST_USE;
str decimal_format(struct arena *a, struct decimal d, str pattern, char point);
#endif
