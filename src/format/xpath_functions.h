/* xpath_functions: functions of XPath 2.0 that flows use, for a context of libxml2. */
#ifndef FORMAT_XPATH_FUNCTIONS_H
#define FORMAT_XPATH_FUNCTIONS_H
#include "format/xml_lib.h"
#include "format/xpath_lib.h"

void xpath_functions_register(xmlXPathContext *c, struct xpath_state *state);
void xpath_string_join(xmlXPathParserContext *c, int n); /* string-join(items[, separator]) */
#endif
