/* Frames: what is written is read again, and broken ones are refused or read as nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "script/wire.h"

static void make(struct buf *b)
{
    struct err e = {0};
    wire_begin(b);
    wire_u8(b, 200);
    wire_i32(b, 0xFFFFFFFE);
    wire_i64(b, -5);
    wire_f64(b, 1.5);
    wire_text(b, STR("t\xC3\xA4xt"));
    wire_text(b, STR(""));
    wire_text(b, STR_NONE);
    assert_true(wire_end(b, WIRE_CALL, 77, &e));
}

static void round_trip(void **state)
{
    (void)state;
    struct buf b = BUF(1000);
    struct wire_frame f;
    struct err e = {0};
    size_t size;
    make(&b);
    assert_true(wire_frame(buf_str(&b), &f, &size, &e));
    assert_int_equal(size, b.n);
    assert_int_equal(f.kind, WIRE_CALL);
    assert_int_equal(f.call, 77);
    struct wire_in in = {.rest = f.payload};
    assert_int_equal(wire_read_u8(&in), 200);
    assert_int_equal(wire_read_i32(&in), 0xFFFFFFFE);
    assert_int_equal(wire_read_i64(&in), -5);
    assert_true(wire_read_f64(&in) == 1.5);
    assert_true(str_eqz(wire_read_text(&in), "t\xC3\xA4xt"));
    str empty = wire_read_text(&in);
    assert_non_null(empty.p);
    assert_int_equal(empty.n, 0);
    assert_null(wire_read_text(&in).p);
    assert_false(in.failed);
    assert_int_equal(in.rest.n, 0);
    assert_int_equal(wire_read_i64(&in), 0); /* past the end */
    assert_true(in.failed);
    buf_free(&b);
}

static void pieces(void **state)
{
    (void)state;
    struct buf b = BUF(1000);
    struct wire_frame f;
    struct err e = {0};
    size_t size;
    make(&b);
    for (size_t n = 0; n < b.n; n++) {
        assert_true(wire_frame(str_sub(buf_str(&b), 0, n), &f, &size, &e));
        assert_int_equal(size, 0);
    }
    buf_free(&b);
}

static void refused(void **state)
{
    (void)state;
    struct wire_frame f;
    struct err e = {0};
    size_t size;
    assert_false(
        wire_frame((str){"\0\0\0\4\1\0\0\0\0", 9}, &f, &size, &e)); /* shorter than a head */
    assert_false(wire_frame((str){"\x7F\0\0\0\1\0\0\0\0", 9}, &f, &size, &e));
    struct wire_in in = {
        .rest = {"\0\0\0\x10"
                 "abc", 7}
    };
    assert_null(wire_read_text(&in).p);
    assert_true(in.failed);
    struct buf small = BUF(12);
    wire_begin(&small);
    wire_text(&small, STR("more than fits"));
    assert_false(wire_end(&small, WIRE_CALL, 1, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    buf_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(pieces),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
