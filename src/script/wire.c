#include "script/wire.h"

static void put(struct buf *b, uint64_t v, size_t n)
{
    char bytes[8];
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(unsigned char)(v >> (8 * (n - 1 - i)));
    buf_add(b, (str){bytes, n});
}

void wire_begin(struct buf *b)
{
    buf_reset(b);
    put(b, 0, WIRE_HEAD - 4);
    put(b, 0, 4);
}

void wire_u8(struct buf *b, unsigned v)
{
    buf_add_char(b, (char)(unsigned char)v);
}

void wire_i32(struct buf *b, uint32_t v)
{
    put(b, v, 4);
}

void wire_i64(struct buf *b, int64_t v)
{
    put(b, (uint64_t)v, 8);
}

void wire_f64(struct buf *b, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    put(b, bits, 8);
}

void wire_text(struct buf *b, str s)
{
    put(b, s.p ? s.n : UINT32_MAX, 4);
    if (s.p)
        buf_add(b, s);
}

bool wire_end(struct buf *b, enum wire_kind kind, uint32_t call, struct err *e)
{
    if (!buf_check(b, e))
        return false;
    if (b->n - 4 > WIRE_MAX)
        return err_set(e, ERR_TOO_LARGE, "%zu MB are too much for a script: at most %d", b->n >> 20,
                       WIRE_MAX >> 20);
    uint32_t numbers[] = {(uint32_t)(b->n - 4), call};
    for (size_t i = 0; i < 4; i++) {
        b->p[i] = (char)(unsigned char)(numbers[0] >> (24 - 8 * i));
        b->p[5 + i] = (char)(unsigned char)(numbers[1] >> (24 - 8 * i));
    }
    b->p[4] = (char)kind;
    return true;
}

static uint64_t take(struct wire_in *in, size_t n)
{
    uint64_t v = 0;
    if (in->rest.n < n) {
        in->failed = true;
        in->rest.n = 0;
        return 0;
    }
    for (size_t i = 0; i < n; i++)
        v = v << 8 | (unsigned char)in->rest.p[i];
    in->rest = str_from(in->rest, n);
    return v;
}

unsigned wire_read_u8(struct wire_in *in)
{
    return (unsigned)take(in, 1);
}

uint32_t wire_read_i32(struct wire_in *in)
{
    return (uint32_t)take(in, 4);
}

int64_t wire_read_i64(struct wire_in *in)
{
    return (int64_t)take(in, 8);
}

double wire_read_f64(struct wire_in *in)
{
    uint64_t bits = take(in, 8);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

str wire_read_text(struct wire_in *in)
{
    uint32_t n = wire_read_i32(in);
    if (in->failed || n == UINT32_MAX)
        return STR_NONE;
    if (n > in->rest.n) {
        in->failed = true;
        in->rest.n = 0;
        return STR_NONE;
    }
    str s = n ? str_sub(in->rest, 0, n) : STR("");
    in->rest = str_from(in->rest, n);
    return s;
}

bool wire_frame(str bytes, struct wire_frame *ret, size_t *ret_size, struct err *e)
{
    struct wire_in in = {.rest = bytes};
    *ret_size = 0;
    if (bytes.n < WIRE_HEAD)
        return true;
    uint32_t n = wire_read_i32(&in);
    if (n < WIRE_HEAD - 4 || n > WIRE_MAX)
        return err_set(e, ERR_BAD_REQUEST, "a frame of %u bytes", n);
    if (bytes.n - 4 < n)
        return true;
    ret->kind = wire_read_u8(&in);
    ret->call = wire_read_i32(&in);
    ret->payload = str_sub(bytes, WIRE_HEAD, 4 + (size_t)n);
    *ret_size = 4 + (size_t)n;
    return true;
}
