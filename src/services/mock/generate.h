/* Between generate.c and words.c. */
#ifndef SERVICES_MOCK_GENERATE_H
#define SERVICES_MOCK_GENERATE_H
#include "services/mock/parts.h"

uint64_t mix(uint64_t a, uint64_t b);
/* A text that fits the property's name, within its MaxLength. n: chance; row numbers titles. */
str words_text(struct arena *a, const struct model_property *p, uint64_t n, size_t row);
/* Whether names like that have few values (language, currency): no key of their own. */
bool words_fixed(str name);
#endif
