/* xslt: XSLT 1.0 by libxslt, the one room that knows it, with SAP's extension functions
 * (namespace http://sap.com/it/: setHeader, setProperty, getHeader, getProperty). No network, no file access;
 * xsl:import and document() see only the bundle's files. */
#ifndef FORMAT_XSLT_H
#define FORMAT_XSLT_H
#include "format/xml.h"

struct xslt;
struct xslt_host { /* who is transformed; all may be NULL */
    void *arg;
    bool (*get)(void *arg, bool property, str name, str *ret);
    void (*set)(void *arg, bool property, str name, str value);
};
/* path: relative to the bundle's root. Called while compiling and running, from any thread; it and its arg
 * must live as long as the stylesheet. */
typedef bool xslt_file_fn(void *arg, str path, str *ret);
/* Why it cannot be run in process (real 2.0/3.0 constructs, Java calls): ERR_NOT_IMPLEMENTED naming it. */
bool xslt_compile(str stylesheet, str path, xslt_file_fn *file, void *arg, struct xslt **ret,
                  struct err *e) MUST_USE;
void xslt_free(struct xslt *s); /* NULL is fine */
size_t xslt_nparams(const struct xslt *s); /* global xsl:param */
str xslt_param(const struct xslt *s, size_t i);
/* params: values for the global parameters by index, STR_NONE: not given. Thread-safe. */
bool xslt_run(const struct xslt *s, const struct xml_doc *in, const str *params,
              const struct xslt_host *host, struct buf *out, struct err *e) MUST_USE;
#endif
