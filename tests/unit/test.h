/* cmocka's includes in the order it wants them, and checks on our own types. */
#ifndef TEST_H
#define TEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#define assert_str(got, want)                                                       \
    do {                                                                            \
        str got_ = (got), want_ = str_of(want);                                     \
        if (!str_eq(got_, want_))                                                   \
            fail_msg("got '%.*s', want '%s'", (int)got_.n, got_.p ? got_.p : "", want); \
    } while (0)
#define RUN(tests) cmocka_run_group_tests(tests, NULL, NULL)
#endif
