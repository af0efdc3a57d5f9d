#include "../test.h"

static void test_find_and_cut(void **state)
{
    (void)state;
    str s = STR("one,two,,four"), rest = s, part;
    const char *want[] = {"one", "two", "", "four"};
    for (size_t i = 0; i < COUNT(want); i++) {
        assert_true(str_split(&rest, ',', &part));
        assert_str(part, want[i]);
    }
    assert_false(str_split(&rest, ',', &part));
    assert_int_equal(str_find(s, STR("two"), 0), 4);
    assert_true(str_find(s, STR("five"), 0) == SIZE_MAX);
    assert_true(str_find(STR("a"), STR("a"), 7) == SIZE_MAX);
    assert_str(str_trim(STR(" \t x y\r\n")), "x y");
    assert_str(str_sub(s, 9, 99), "four");
    assert_true(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
    assert_true(str_starts_nocase(STR("SAP_x"), STR("sap_")));
    assert_true(str_cmp(STR("ab"), STR("abc")) < 0 && str_cmp(STR("b"), STR("abc")) > 0);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } rows[] = {
        {"0",                    true,  0        },
        {"-9223372036854775808", true,  INT64_MIN},
        {"9223372036854775807",  true,  INT64_MAX},
        {"9223372036854775808",  false, 0        },
        {"",                     false, 0        },
        {"-",                    false, 0        },
        {"1x",                   false, 0        },
        {"+7",                   true,  7        },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t v = 0;
        assert_int_equal(str_to_i64(str_of(rows[i].text), &v), rows[i].ok);
        assert_int_equal(v, rows[i].value);
    }
    double d;
    assert_true(str_to_double(STR("-1.5e3"), &d));
    assert_true(d == -1500.0);
    assert_false(str_to_double(STR("0x10"), &d));
    assert_false(str_to_double(STR("nan"), &d));
    assert_false(str_to_double(STR("1.5 "), &d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_and_cut),
        cmocka_unit_test(test_numbers),
    };
    return RUN(tests);
}
