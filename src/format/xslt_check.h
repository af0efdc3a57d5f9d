/* xslt_check: makes a stylesheet one of level 1.0 in the tree, or says what hinders it. */
#ifndef FORMAT_XSLT_CHECK_H
#define FORMAT_XSLT_CHECK_H
#include "format/xml_lib.h"

#define XSLT_URI "http://www.w3.org/1999/XSL/Transform"
#define SAP_URI "http://sap.com/it/"
/* The function put around the select of xsl:value-of, which joins all items since version 2.0. */
#define XSLT_JOIN "tm-join"
/* The version attribute does not matter: what is used does. ERR_NOT_IMPLEMENTED names the first
 * construct of 2.0 or later, or Java call. */
bool xslt_check(xmlDoc *doc, struct err *e) MUST_USE;
#endif
