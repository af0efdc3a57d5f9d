/* engine: programs and the loop that runs them. A program is a flat array of operations; an exchange
 * is one message on its way through one. A step returns what comes next; WAIT parks the exchange
 * until engine_resume. Never names a step or an adapter: it is handed their tables by app. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H
#include "base/blob.h"
#include "base/map.h"
#include "base/value.h"

struct engine;
struct exchange;
struct program;

/* ---- body: immutable, counted; each face is made when first asked for and shared after ---- */
struct body;
struct xml_doc; /* format/xml.h */
struct body *body_of_blob(struct blob *take);
struct body *body_of_text(str copy);
struct body *body_of_xml(struct xml_doc *take);
struct body *body_ref(struct body *b);
void body_unref(struct body *b);
str body_bytes(struct body *b); /* borrowed while a reference is held; serialises when only XML */
struct blob *body_blob(struct body *b); /* borrowed */
bool body_xml(struct body *b, const struct xml_doc **ret, struct err *e) MUST_USE; /* borrowed */
size_t body_size(struct body *b);

/* ---- steps ---- */
enum step_next { STEP_CONTINUE, STEP_JUMP, STEP_FORK, STEP_WAIT, STEP_END, STEP_FAIL };
struct step_result {
    enum step_next next;
    uint32_t target; /* STEP_JUMP */
};
enum prop_kind { PROP_TEXT, PROP_BOOL, PROP_INT, PROP_SIMPLE, PROP_XPATH };
struct step_type {
    const char *name;
    size_t cfg_size;
    struct step_result (*run)(const void *cfg, struct exchange *x, struct err *e);
    void (*dispose)(void *cfg); /* may be NULL */
};
struct operation {
    const struct step_type *type;
    void *cfg;
    const char *id, *label; /* BPMN id and name, for logs and errors */
    uint32_t handler;       /* operation that catches its failure; 0: none */
};
#endif
