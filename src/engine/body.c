/* The faces are published with a compare-and-swap: branches that ask at the same moment may both make one, the
 * slower throws its own away. Small texts live behind the struct, so that a body costs one allocation. */
#include "engine/body.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { SERIALISED_MAX = 1 << 30 };

struct body {
    atomic_uint refs;
    _Atomic(struct blob *) blob;
    _Atomic(struct xml_doc *) xml;
    bool is_inline, is_text;
    size_t n;
    char text[];
};

static struct body *new_body(struct blob *blob, struct xml_doc *xml)
{
    struct body *b = mem_alloc(sizeof *b);
    atomic_init(&b->refs, 1);
    atomic_init(&b->blob, blob);
    atomic_init(&b->xml, xml);
    b->is_inline = b->is_text = false;
    b->n = 0;
    return b;
}

struct body *body_of_blob(struct blob *take)
{
    return new_body(take, NULL);
}

struct body *body_of_buf(struct buf *take)
{
    return new_body(blob_take(take), NULL);
}

struct body *body_of_text(str copy)
{
    if (copy.n > BLOB_MEMORY) {
        struct body *large = new_body(blob_copy(copy), NULL);
        large->is_text = true;
        return large;
    }
    struct body *b = mem_alloc(sizeof *b + copy.n + 1);
    atomic_init(&b->refs, 1);
    atomic_init(&b->blob, NULL);
    atomic_init(&b->xml, NULL);
    b->is_inline = b->is_text = true;
    b->n = copy.n;
    if (copy.n)
        memcpy(b->text, copy.p, copy.n);
    b->text[copy.n] = 0;
    return b;
}

struct body *body_of_xml(struct xml_doc *take)
{
    return new_body(NULL, take);
}

bool body_is_text(const struct body *b)
{
    return b && b->is_text;
}

struct body *body_ref(struct body *b)
{
    if (b)
        atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
    return b;
}

void body_unref(struct body *b)
{
    if (!b || atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1)
        return;
    blob_unref(atomic_load(&b->blob));
    xml_free(atomic_load(&b->xml));
    free(b);
}

static struct blob *make_blob(struct body *b)
{
    if (b->is_inline)
        return blob_copy((str){b->text, b->n});
    struct buf out = BUF(SERIALISED_MAX);
    struct xml_doc *doc = atomic_load(&b->xml);
    if (doc)
        xml_write(xml_root(doc), &out, XML_DECLARATION);
    return blob_take(&out);
}

struct blob *body_blob(struct body *b)
{
    if (!b)
        return NULL;
    struct blob *now = atomic_load(&b->blob);
    if (now)
        return now;
    struct blob *made = make_blob(b);
    if (atomic_compare_exchange_strong(&b->blob, &now, made))
        return made;
    blob_unref(made);
    return now;
}

str body_bytes(struct body *b)
{
    if (!b)
        return STR("");
    return b->is_inline ? (str){b->text, b->n} : blob_bytes(body_blob(b));
}

size_t body_size(struct body *b)
{
    if (!b)
        return 0;
    return b->is_inline ? b->n : blob_size(body_blob(b));
}

bool body_xml(struct body *b, const struct xml_doc **ret, struct err *e)
{
    if (!b || (!atomic_load(&b->xml) && !body_size(b)))
        return err_set(e, ERR_BAD_REQUEST, "the body is empty, not an XML document");
    struct xml_doc *now = atomic_load(&b->xml), *made = NULL;
    if (!now) {
        if (!xml_parse(body_bytes(b), &made, e))
            return false;
        if (atomic_compare_exchange_strong(&b->xml, &now, made))
            now = made;
        else
            xml_free(made);
    }
    *ret = now;
    return true;
}
