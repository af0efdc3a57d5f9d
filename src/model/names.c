#include "load.h"

static bool upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* A word begins at a capital after a small letter or digit, and at the last capital of a run
 * ("SAPDocNumber" -> "sap_doc_number"). */
str name_snake(struct arena *a, str name)
{
    char *out = arena_alloc(a, name.n * 2 + 1);
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool next_small = i + 1 < name.n && name.p[i + 1] >= 'a' && name.p[i + 1] <= 'z';
        if (i && upper(c) && name.p[i - 1] != '_' && (!upper(name.p[i - 1]) || next_small))
            out[n++] = '_';
        out[n++] = upper(c) ? (char)(c + 32) : c;
    }
    return (str){out, n};
}

bool name_is_plain(str name)
{
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
        if (c < 0x80 && !letter && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '.')
            return false;
    }
    return name.n > 0;
}
