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

static void test_casts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum edm type;
        const char *want; /* NULL: has no place there */
    } rows[] = {
        {"255.9",                 EDM_BYTE,    "255"                 },
        {"256",                   EDM_BYTE,    NULL                  },
        {"-0.9",                  EDM_BYTE,    "0"                   },
        {"-1",                    EDM_BYTE,    NULL                  },
        {"-128",                  EDM_SBYTE,   "-128"                },
        {"-129",                  EDM_SBYTE,   NULL                  },
        {"32768",                 EDM_INT16,   NULL                  },
        {"2147483647.5",          EDM_INT32,   "2147483647"          },
        {"9223372036854775807.5", EDM_INT64,   "9223372036854775807" },
        {"9223372036854775808",   EDM_INT64,   NULL                  },
        {"-9223372036854775808",  EDM_INT64,   "-9223372036854775808"},
        {"-9223372036854775809",  EDM_INT64,   NULL                  },
        {"16777217",              EDM_SINGLE,  "16777216"            },
        {"0.1",                   EDM_DECIMAL, "0.1"                 },
    };
    struct number r;
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool ok = number_cast(dec(rows[i].text), rows[i].type, &r);
        if (ok != (rows[i].want != NULL) || (ok && number_compare(r, dec(rows[i].want))))
            fail_msg("%s as %s", rows[i].text, edm_name(rows[i].type));
    }
    assert_false(number_cast(number_of_double(9.3e18), EDM_INT64, &r));
    assert_false(number_cast(number_of_double(__builtin_nan("")), EDM_INT32, &r));
    assert_false(number_cast(number_of_double(__builtin_inf()), EDM_DECIMAL, &r));
    assert_true(number_cast(number_of_double(-2.9), EDM_INT32, &r));
    assert_int_equal(number_compare(r, number_of_int(-2)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_division),
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_casts),
    };
    return RUN(tests);
}
