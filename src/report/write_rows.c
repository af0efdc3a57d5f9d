/* CSV and JSON as the script wrote them, byte for byte where it was right. Besides: cells with separators are quoted,
 * and cells that a spreadsheet would take for a formula begin with an apostrophe. */
#include "report/usage.h"

static const char heading[] =
    "Integration package ID;Integration package vendor;Iflow ID;IFlow Name;Status;Deployed;Messagecount (last month)\n";

static bool needs_quotes(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (strchr(";\"\r\n", s.p[i]) && s.p[i])
            return true;
    return false;
}

static void cell(struct buf *out, str s)
{
    bool formula = s.n && strchr("=+-@\t\r", s.p[0]), quote = needs_quotes(s);
    if (quote)
        buf_add_char(out, '"');
    if (formula)
        buf_add_char(out, '\'');
    for (size_t i = 0; i < s.n; i++) {
        buf_add_char(out, s.p[i]);
        if (s.p[i] == '"')
            buf_add_char(out, '"');
    }
    if (quote)
        buf_add_char(out, '"');
}

static str deployed(const struct usage_artifact *f)
{
    return f->status.n ? STR("YES") : STR("NO");
}

void usage_write_csv(const struct usage *u, struct buf *out)
{
    buf_addz(out, heading);
    for (size_t i = 0; i < u->artifacts.n; i++) {
        const struct usage_artifact *f = u->artifacts.at[i];
        str cells[] = {f->package_id,
                       f->vendor,
                       f->id,
                       f->name,
                       str_of(usage_edited(f)),
                       deployed(f),
                       usage_number(u->arena, f->now.n)};
        for (size_t k = 0; k < COUNT(cells); k++) {
            if (k)
                buf_add_char(out, ';');
            cell(out, cells[k]);
        }
        buf_add_char(out, '\n');
    }
}

/* One code point from *at on; U+FFFD for what is no UTF-8. */
static uint32_t next_point(str s, size_t *at)
{
    unsigned char c = (unsigned char)s.p[(*at)++];
    unsigned more = c < 0x80                ? 0
                    : c >= 0xF0 && c < 0xF8 ? 3
                    : c >= 0xE0 && c < 0xF0 ? 2
                    : c >= 0xC0 && c < 0xE0 ? 1
                                            : 9;
    uint32_t point = more == 3 ? c & 7 : more == 2 ? c & 15 : more == 1 ? c & 31 : c;
    if (more == 9)
        return 0xFFFD;
    for (; more; more--) {
        if (*at >= s.n || ((unsigned char)s.p[*at] & 0xC0) != 0x80)
            return 0xFFFD;
        point = point << 6 | ((unsigned char)s.p[(*at)++] & 63);
    }
    return point;
}

/* As Python's json.dumps does: ASCII only. */
static void ascii(struct buf *out, str s)
{
    static const char from[] = "\"\\\n\r\t\b\f", to[] = "\"\\nrtbf";
    buf_add_char(out, '"');
    for (size_t i = 0; i < s.n;) {
        uint32_t p = next_point(s, &i);
        const char *short_form = p && p < 128 ? strchr(from, (int)p) : NULL;
        if (short_form)
            buf_addf(out, "\\%c", to[short_form - from]);
        else if (p >= 0x10000)
            buf_addf(out, "\\u%04x\\u%04x", 0xD800 + ((p - 0x10000) >> 10),
                     0xDC00 + ((p - 0x10000) & 0x3FF));
        else if (p < 32 || p > 126)
            buf_addf(out, "\\u%04x", p);
        else
            buf_add_char(out, (char)p);
    }
    buf_add_char(out, '"');
}

void usage_write_json(const struct usage *u, struct buf *out)
{
    static const char *const names[] = {"IntegrationPackageId",
                                        "IntegrationPackageVendor",
                                        "IflowId",
                                        "IflowName",
                                        "Status",
                                        "Deployed",
                                        "MessageCount"};
    buf_add_char(out, '[');
    for (size_t i = 0; i < u->artifacts.n; i++) {
        const struct usage_artifact *f = u->artifacts.at[i];
        str values[] = {f->package_id,
                        f->vendor,
                        f->id,
                        f->name,
                        str_of(usage_edited(f)),
                        deployed(f),
                        usage_number(u->arena, f->now.n)};
        buf_addz(out, i ? ", {" : "{");
        for (size_t k = 0; k < COUNT(names); k++) {
            buf_addf(out, "%s\"%s\": ", k ? ", " : "", names[k]);
            if (k + 1 == COUNT(names) && !values[k].n)
                buf_addz(out, "null");
            else
                ascii(out, values[k]); /* the count, too: the script passed the text on */
        }
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
}
