/* mapping: message mappings (.mmap) compiled to a program over queues with context changes (message-mapping.md), and
 * the run of such a program on one document. Knows no exchange and no script host: both come as callbacks. */
#ifndef MAPPING_MAPPING_H
#define MAPPING_MAPPING_H
#include "base/buf.h"
#include "base/json.h"
#include "base/map.h"
#include "format/xml.h"
#include "mapping/value_mapping.h"

struct mapping;

/* ---- compiling ---- */
enum { MAPPING_PROBLEMS = 20 }; /* most that are reported of one mapping */
struct mapping_problem {
    enum err_code code; /* ERR_NOT_IMPLEMENTED, or ERR_BAD_REQUEST: wrong content */
    str text;           /* names the field and the function */
};
struct mapping_problems {
    VEC(struct mapping_problem) list;
};
/* bytes: the .mmap; files: of the bundle, path -> (str *), for schemas and scripts, needed for the call only. The
 * mapping lives in the arena. false: at least one problem. ERR of the file itself is a problem, too. */
bool mapping_compile(struct arena *a, str name, str bytes, const struct map *files,
                     struct mapping **ret, struct mapping_problems *problems) MUST_USE;
/* The standard functions: name, number of inputs, what they do; a line each. */
void mapping_functions(struct buf *out);
void mapping_explain(const struct mapping *m, struct buf *out);
str mapping_name(const struct mapping *m);
bool mapping_from_json(const struct mapping *m); /* the source is JSON, else XML */
bool mapping_to_json(const struct mapping *m);

/* ---- user functions: Groovy functions of a script file ---- */
struct mapping_script {
    str file, source; /* path in the bundle and its text */
    str function;
    str shape; /* a letter per parameter: S text, I int, A array of texts, O Output, C MappingContext */
    size_t narguments, noutputs; /* S, I and A; O, at least 1 (the returned value) */
    bool whole_context;          /* called once per context with arrays, else once per value */
};
struct mapping_texts {
    const str *at;
    size_t n;
};
enum mapping_item_kind { MAPPING_VALUE, MAPPING_SUPPRESS, MAPPING_CONTEXT_CHANGE, MAPPING_NIL };
struct mapping_item {
    enum mapping_item_kind kind;
    str text;
};
struct mapping_items {
    const struct mapping_item *at;
    size_t n;
};
#define MAPPING_NILLED "\001NIL\001"
/* How a suppressed value looks to a function: Output.SUPPRESS; published functions know the text. */
#define MAPPING_SUPPRESSED "_sUpPresSeD_"
/* All calls of one function in a run. The answer: for per-value functions one item a call in results[i]; else the
 * items of output k of call i in results[i * noutputs + k]. error: why call i failed, STR_NONE: it did not. */
struct mapping_call {
    const struct mapping_script *script;
    size_t n; /* how often to call it */
    const struct mapping_texts
        *arguments;                /* n * narguments; of one text each for per-value functions */
    struct mapping_items *results; /* zeroed, to be filled */
    str *errors;                   /* n, STR_NONE, to be filled */
};
size_t mapping_nscripts(const struct mapping *m);
const struct mapping_script *mapping_script(const struct mapping *m, size_t i);

/* ---- running ---- */
struct mapping_host {
    void *arg;
    /* MAY: header or property; false: absent. */
    bool (*field)(void *arg, bool property, str name, str *ret);
    /* MAY: value mapping; false: no entry. */
    bool (*lookup)(void *arg, const struct value_query *q, str *ret);
};
struct mapping_run;
enum mapping_next { MAPPING_DONE, MAPPING_CALL, MAPPING_FAIL };
/* The run lives in the arena; doc (or json, by mapping_from_json) and host must outlive it. */
struct mapping_run *mapping_start(const struct mapping *m, struct arena *a,
                                  const struct xml_doc *doc, const struct jr *json,
                                  const struct mapping_host *host);
/* DONE: the target is in out. CALL: the caller fills the calls (mapping_calls), then comes again. */
enum mapping_next mapping_go(struct mapping_run *r, struct buf *out, struct err *e) MUST_USE;
struct mapping_call *mapping_calls(struct mapping_run *r, size_t *ret_n);
#endif
