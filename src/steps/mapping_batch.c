/* To the host: i32 calls; each: path, function, shape, i32 times; each time the arguments: a text, or i32 and texts for
 * arrays. From it: for each call and time u8 1 and why it failed, or u8 0 and every output: i32 items, each u8 kind and
 * a text. */
#include "steps/mapping_batch.h"

#include "script/wire.h"

enum { MOST_ITEMS = 20000000 };

static void write_texts(struct buf *b, const struct mapping_texts *t, bool array)
{
    if (array)
        wire_i32(b, (uint32_t)t->n);
    for (size_t i = 0; i < t->n; i++)
        wire_text(b, t->at[i].p ? t->at[i] : STR(""));
}

static void write_call(struct buf *b, const struct mapping_call *c)
{
    const struct mapping_script *s = c->script;
    wire_text(b, s->file);
    wire_text(b, s->function);
    wire_text(b, s->shape);
    wire_i32(b, (uint32_t)c->n);
    for (size_t i = 0; i < c->n; i++)
        for (size_t k = 0, arg = 0; k < s->shape.n; k++)
            if (!strchr("OC", s->shape.p[k]))
                write_texts(b, &c->arguments[i * s->narguments + arg++], s->shape.p[k] == 'A');
}

void mapping_batch_write(struct buf *b, const struct mapping_call *calls, size_t n)
{
    wire_i32(b, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        write_call(b, &calls[i]);
}

static void read_items(struct arena *a, struct wire_in *in, struct mapping_items *ret)
{
    uint32_t n = wire_read_i32(in);
    if (n > MOST_ITEMS || n > in->rest.n / 5) { /* each has five bytes at least */
        in->failed = true;
        return;
    }
    struct mapping_item *items = arena_new_array(a, struct mapping_item, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        unsigned kind = wire_read_u8(in);
        str text = wire_read_text(in);
        in->failed = in->failed || kind > MAPPING_NIL;
        items[i] = (struct mapping_item){(enum mapping_item_kind)kind,
                                         text.p ? arena_str(a, text) : STR("")};
    }
    *ret = (struct mapping_items){items, n};
}

static void read_call(struct arena *a, struct wire_in *in, struct mapping_call *c)
{
    for (size_t i = 0; i < c->n && !in->failed; i++) {
        if (wire_read_u8(in)) {
            str why = wire_read_text(in);
            c->errors[i] = arena_str(a, why.p ? why : STR(""));
            continue;
        }
        for (size_t k = 0; k < c->script->noutputs && !in->failed; k++)
            read_items(a, in, &c->results[i * c->script->noutputs + k]);
    }
}

bool mapping_batch_read(struct arena *a, str answer, struct mapping_call *calls, size_t n,
                        struct err *e)
{
    struct wire_in in = {.rest = answer};
    for (size_t i = 0; i < n && !in.failed; i++)
        read_call(a, &in, &calls[i]);
    return !in.failed || err_set(e, ERR_INTERNAL, "the script host's answer is broken");
}
