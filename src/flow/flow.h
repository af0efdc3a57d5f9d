/* flow: an exported integration-flow bundle (ZIP) to a program. Compiles the BPMN graph; what is not supported or
 * wrong is collected, all of it, by name and step id. */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H
#include "engine/program.h"

/* ---- bundle ---- */
struct
    bundle_parameter { /* an externalised parameter: parameters.propdef with the value of parameters.prop */
    str key, value, type /* "xsd:string", "custom:schedule" */, description;
    bool required;
};
struct bundle {
    struct arena *arena;
    struct map files;    /* path -> (str *) bytes */
    struct map manifest; /* (str *), keys ignore case */
    str id;              /* Bundle-SymbolicName up to ';' */
    str name, version;   /* Bundle-Name, Bundle-Version ("1.0.0" when missing) */
    str type;            /* SAP-BundleType; "IntegrationFlow" when missing */
    str description;     /* metainfo.prop, or "" */
    str iflw_path;       /* STR_NONE: none */
    VEC(struct bundle_parameter) parameters; /* sorted as in propdef, then prop */
};
/* Any artifact: flows, script collections, mappings. Errors: ERR_BAD_REQUEST (no ZIP, no manifest, escaping paths,
 * broken parameters.propdef), ERR_TOO_LARGE. */
bool bundle_read(str zip, struct bundle **ret, struct err *e) MUST_USE;
void bundle_free(struct bundle *b); /* NULL is fine */
/* Writes the bundle back with the files as they are now, the manifest first. */
bool bundle_write(const struct bundle *b, struct buf *out, struct err *e) MUST_USE;
/* Both copied; adds or replaces. What is read from the file (id, parameters, ...) is read again, if it can be. */
void bundle_put(struct bundle *b, str path, str bytes);
bool bundle_remove(struct bundle *b, str path);
/* Sets a parameter's value in parameters.prop. ERR_NOT_FOUND: no such key. */
bool bundle_configure(struct bundle *b, str key, str value, struct err *e) MUST_USE;
void bundle_set_version(struct bundle *b, str version); /* in the manifest */
/* A bundle with an empty flow (start, end): what a create without content gives. */
bool bundle_template(str id, str name, struct bundle **ret, struct err *e) MUST_USE;

/* ---- compile ---- */
/* NULL with at least one problem in ps; otherwise the program (the caller's). Texts in ps live in ps->arena.
 * The program does not need the bundle afterwards: steps copy what they keep of its files. */
struct program *flow_compile(const struct bundle *b, const struct registry *r,
                             struct problems *ps) MUST_USE;
#endif
