#include "../test.h"

#include "odata/number.h"

static struct number dec(const char *text)
{
    return number_of_value(EDM_DECIMAL, VALUE_TEXT(str_of(text)));
}

static void test_exact(void **state)
{
    (void)state;
    assert_int_equal(number_compare(dec("9007199254740993"), dec("9007199254740992")), 1);
    assert_int_equal(number_compare(number_of_int(INT64_MAX), number_of_int(INT64_MAX - 1)), 1);
    assert_int_equal(number_compare(dec("1.10"), dec("1.1")), 0);
    assert_int_equal(number_compare(dec("-0.5"), dec("-0.25")), -1);
    assert_int_equal(number_compare(number_add(dec("0.1"), dec("0.2")), dec("0.3")), 0);
    assert_int_equal(number_compare(number_subtract(number_of_int(INT64_MIN), number_of_int(1)),
                                    dec("-9223372036854775809")),
                     0);
    assert_int_equal(number_compare(number_multiply(dec("1.5"), dec("-2.5")), dec("-3.75")), 0);
    assert_int_equal(number_compare(number_of_double(0.5), dec("0.5")), 0);
    assert_int_equal(number_compare(number_of_double(__builtin_nan("")), number_of_int(0)), 2);
}

static void test_division(void **state)
{
    (void)state;
    struct number r;
    assert_false(number_divide(number_of_int(1), number_of_int(0), true, &r));
    assert_false(number_modulo(number_of_int(1), dec("0.0"), &r));
    assert_true(number_divide(number_of_int(-7), number_of_int(2), true, &r));
    assert_int_equal(number_to_int(r), -3);
    assert_true(number_modulo(number_of_int(-7), number_of_int(2), &r));
    assert_int_equal(number_to_int(r), -1);
    assert_true(number_divide(number_of_int(7), dec("2.0"), false, &r));
    assert_int_equal(number_compare(r, dec("3.5")), 0);
    /* the quotient that has no place in 128 bits */
    struct number least = dec("-170141183460469231731687303715884105727");
    least = number_subtract(least, number_of_int(1));
    assert_true(number_divide(least, number_of_int(-1), true, &r));
    assert_true(number_modulo(least, number_of_int(-1), &r));
}

static void test_rounding(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t round, floor, ceiling;
    } rows[] = {
        {"2.5",  3,  2,  3 },
        {"-2.5", -3, -3, -2},
        {"2.4",  2,  2,  3 },
        {"-2.4", -2, -3, -2},
        {"7",    7,  7,  7 },
        {"0.05", 0,  0,  1 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(number_to_int(number_round(dec(rows[i].text), NUMBER_ROUND)),
                         rows[i].round);
        assert_int_equal(number_to_int(number_round(dec(rows[i].text), NUMBER_FLOOR)),
                         rows[i].floor);
        assert_int_equal(number_to_int(number_round(dec(rows[i].text), NUMBER_CEILING)),
                         rows[i].ceiling);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_division),
        cmocka_unit_test(test_rounding),
    };
    return RUN(tests);
}
