#include "format/charset.h"

#include "base/codec.h"

#include <errno.h>
#include <iconv.h>

str charset_of_type(str content_type)
{
    str part;
    while (str_split(&content_type, ';', &part)) {
        part = str_trim(part);
        if (!str_starts_nocase(part, STR("charset=")))
            continue;
        part = str_trim(str_from(part, 8));
        if (part.n >= 2 && part.p[0] == '"' && part.p[part.n - 1] == '"')
            part = str_sub(part, 1, part.n - 1);
        return part;
    }
    return STR_NONE;
}

static size_t length_at(str s, size_t i)
{
    size_t n = 1;
    while (i + n < s.n && ((unsigned char)s.p[i + n] & 0xc0) == 0x80)
        n++;
    return n;
}

bool charset_encode(str utf8, str charset, struct buf *out)
{
    char name[64], *in = NULL;
    if (charset.n >= sizeof name || !utf8_valid(utf8))
        return false;
    memcpy(name, charset.p, charset.n);
    name[charset.n] = 0;
    iconv_t cd = iconv_open(name, "UTF-8");
    if (cd == (iconv_t)-1)
        return false;
    memcpy(&in, &utf8.p, sizeof in); /* iconv's type is not const, its behaviour is */
    size_t left = utf8.n;
    while (left) {
        char chunk[4096], *to = chunk;
        size_t room = sizeof chunk;
        size_t r = iconv(cd, &in, &left, &to, &room);
        buf_add(out, (str){chunk, sizeof chunk - room});
        if (r == (size_t)-1 && errno != E2BIG) {
            size_t n = length_at(utf8, utf8.n - left);
            buf_add_char(out, '?');
            in += n;
            left -= n;
        }
    }
    iconv_close(cd);
    return !out->failed;
}
