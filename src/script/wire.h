/* wire: frames between the server and a script host, and the values in them (docs/SCRIPTS.md). Big-endian.
 *   frame   u32 length of what follows, u8 kind, u32 call, payload
 *   text    u32 length, UTF-8 bytes; length 0xFFFFFFFF: null
 *   value   u8 enum wire_value, then what that says */
#ifndef SCRIPT_WIRE_H
#define SCRIPT_WIRE_H
#include "base/buf.h"

enum { WIRE_HEAD = 9, WIRE_MAX = 64 << 20 };
enum wire_kind {
    WIRE_LOAD = 1,
    WIRE_UNLOAD,
    WIRE_COMPILE,
    WIRE_CALL,
    WIRE_CANCEL,
    WIRE_ANSWER,
    WIRE_RELEASE,
    WIRE_PING, /* to the host */
    WIRE_READY = 20,
    WIRE_RESULT,
    WIRE_ASK,
    WIRE_PONG,
    WIRE_GUILTY /* from it */
};
enum wire_value {
    WIRE_NULL,
    WIRE_TEXT,
    WIRE_BOOL,
    WIRE_INT,
    WIRE_REAL,
    WIRE_BYTES,
    WIRE_FAULT,  /* class, message, i32 HTTP status, reason, body */
    WIRE_OBJECT, /* i64 number of a Java object the host keeps, its text */
    WIRE_FILE /* to the host: i32 number of a file the server has open; from it: name of a file in its folder */
};

/* ---- writing: begin, any values, end ---- */
void wire_begin(struct buf *b); /* room for the head of a frame, which begins the buf */
void wire_u8(struct buf *b, unsigned v);
void wire_i32(struct buf *b, uint32_t v);
void wire_i64(struct buf *b, int64_t v);
void wire_f64(struct buf *b, double v);
void wire_text(struct buf *b, str s); /* STR_NONE: null */
/* Fills in the head. ERR_TOO_LARGE: over WIRE_MAX, or the buf's limit. */
bool wire_end(struct buf *b, enum wire_kind kind, uint32_t call, struct err *e) MUST_USE;

/* ---- reading: past the end everything is 0 and null, and failed is set ---- */
struct wire_in {
    str rest;
    bool failed;
};
unsigned wire_read_u8(struct wire_in *in);
uint32_t wire_read_i32(struct wire_in *in);
int64_t wire_read_i64(struct wire_in *in);
double wire_read_f64(struct wire_in *in);
str wire_read_text(struct wire_in *in); /* borrowed; STR_NONE: null */

struct wire_frame {
    unsigned kind;
    uint32_t call;
    str payload; /* borrowed */
};
/* The first frame of bytes. *ret_size: how many bytes it takes; 0: it is not whole yet. ERR_BAD_REQUEST: no frame. */
bool wire_frame(str bytes, struct wire_frame *ret, size_t *ret_size, struct err *e) MUST_USE;
#endif
