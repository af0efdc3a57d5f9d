#include "adapters/header_filter.h"

#include "format/regex.h"

struct inbound_filter {
    bool all;
    struct regex *regex; /* NULL: technical headers only */
};

static const char *const technical[] = {
    "Content-Type", "Content-Encoding", "SAP_MessageProcessingLogLevel",
    "SAP-PASSPORT", "SOAPAction",       "SapMessageId",
};

static const char *const connection[] = {
    "Content-Length",    "Host",    "Cache-Control", "Connection", "Pragma", "Trailer",
    "Transfer-Encoding", "Upgrade", "Via",           "Warning",
};

static bool is_one_of(str name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(name, str_of(list[i])))
            return true;
    return false;
}

struct inbound_filter *inbound_filter_prepare(const struct prepare *p, str list)
{
    struct err e = {0};
    struct inbound_filter *f = arena_new_of(p->arena, struct inbound_filter);
    list = str_trim(list);
    f->all = str_eqz(list, "*");
    if (list.n && !f->all &&
        !regex_compile(p->arena, list, REGEX_NOCASE | REGEX_WHOLE, &f->regex, &e))
        prepare_wrong(p, "the list of allowed headers '" STR_FMT "': %s", STR_ARG(list), e.msg);
    return f;
}

bool inbound_filter_passes(const struct inbound_filter *f, str name)
{
    bool hit = false;
    struct err e = {0};
    if (f->all || is_one_of(name, technical, COUNT(technical)))
        return true;
    return f->regex && regex_find(f->regex, name, 0, &hit, NULL, 0, &e) && hit;
}

bool header_is_camel(str name)
{
    return str_starts_nocase(name, STR("camel"));
}

bool header_is_internal(str name)
{
    return header_is_camel(name) || str_starts_nocase(name, STR("org.apache.camel")) ||
           is_one_of(name, connection, COUNT(connection));
}

bool header_is_token(str name)
{
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c <= ' ' || c >= 127 || memchr("\"(),/:;<=>?@[\\]{}", c, 17))
            return false;
    }
    return name.n > 0;
}

str header_value(struct arena *a, str value)
{
    value = str_trim(value);
    for (size_t i = 0; i < value.n; i++) {
        if ((unsigned char)value.p[i] >= ' ' && value.p[i] != 127)
            continue;
        char *z = arena_strdup(a, value);
        for (; i < value.n; i++)
            if ((unsigned char)z[i] < ' ' || z[i] == 127)
                z[i] = ' ';
        return (str){z, value.n};
    }
    return value;
}

bool header_list_has(str list, str name)
{
    str one;
    if (str_eqz(str_trim(list), "*"))
        return true;
    while (str_split(&list, '|', &one))
        if (str_eq_nocase(str_trim(one), name))
            return true;
    return false;
}
