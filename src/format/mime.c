/* Mail messages. Bodies and attachments are base64, so that any bytes pass any server; header texts outside ASCII become
 * encoded words (RFC 2047), file names RFC 2231 parameters. Line breaks in header texts are dropped: nobody adds a header. */
#include "format/mime.h"

#include "base/codec.h"
#include "base/time.h"

enum {
    WORD_BYTES = 42
}; /* of an encoded word's text: 56 characters of base64, under RFC 2047's 75 */

static bool is_ascii(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] > 126 || (unsigned char)s.p[i] < 32)
            return false;
    return true;
}

/* Bytes of s that make whole characters and are at most WORD_BYTES. */
static size_t word_length(str s)
{
    size_t n = s.n < WORD_BYTES ? s.n : WORD_BYTES;
    while (n && n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80)
        n--;
    return n ? n : s.n;
}

static void write_words(struct buf *out, str s)
{
    for (bool first = true; s.n; first = false) {
        str word = str_sub(s, 0, word_length(s));
        buf_addz(out, first ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?");
        base64_write(out, word, false);
        buf_addz(out, "?=");
        s = str_from(s, word.n);
    }
}

static void write_text(struct buf *out, str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 32)
            buf_add_char(out, s.p[i]);
}

static void write_header(struct buf *out, const char *name, str value)
{
    buf_addf(out, "%s: ", name);
    if (is_ascii(value))
        write_text(out, value);
    else
        write_words(out, value);
    buf_addz(out, "\r\n");
}

/* ---- address lists ---- */

/* The next address of the list: separators inside quotes and angle brackets do not count. */
static bool next_address(str *list, str *ret)
{
    bool quoted = false, angle = false;
    size_t i = 0;
    if (!list->n)
        return false;
    for (; i < list->n; i++) {
        char c = list->p[i];
        if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '<' || c == '>'))
            angle = c == '<';
        else if (!quoted && !angle && (c == ',' || c == ';'))
            break;
    }
    *ret = str_trim(str_sub(*list, 0, i));
    *list = str_from(*list, i + 1);
    return true;
}

/* "Ann <a@x>" is a name and a@x; without brackets all of it is the address. */
static str address_of(str entry, str *ret_name)
{
    size_t open = str_rfind_char(entry, '<'), close = str_rfind_char(entry, '>');
    *ret_name = STR("");
    if (open == SIZE_MAX || close == SIZE_MAX || close < open)
        return entry;
    *ret_name = str_trim(str_sub(entry, 0, open));
    if (ret_name->n > 1 && ret_name->p[0] == '"' && ret_name->p[ret_name->n - 1] == '"')
        *ret_name = str_sub(*ret_name, 1, ret_name->n - 1);
    return str_trim(str_sub(entry, open + 1, close));
}

void mime_addresses(struct arena *a, str list, str **ret, size_t *ret_n)
{
    VEC(str) found = {0};
    str entry, name;
    while (next_address(&list, &entry)) {
        str address = address_of(entry, &name);
        if (address.n)
            vec_add(a, &found, address);
    }
    *ret = found.at;
    *ret_n = found.n;
}

static void write_quoted(struct buf *out, str s)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            buf_add_char(out, '\\');
        if ((unsigned char)s.p[i] >= 32)
            buf_add_char(out, s.p[i]);
    }
    buf_add_char(out, '"');
}

static void write_address_header(struct buf *out, const char *header, str list)
{
    str entry, name;
    bool first = true;
    if (!str_trim(list).n)
        return;
    buf_addf(out, "%s: ", header);
    while (next_address(&list, &entry)) {
        str address = address_of(entry, &name);
        if (!address.n)
            continue;
        buf_addz(out, first ? "" : ",\r\n ");
        first = false;
        if (name.n && is_ascii(name))
            write_quoted(out, name);
        else
            write_words(out, name);
        buf_addz(out, name.n ? " <" : "");
        write_text(out, address);
        buf_addz(out, name.n ? ">" : "");
    }
    buf_addz(out, "\r\n");
}

/* ---- parts ---- */

static void write_date(struct buf *out, int64_t ms)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct time_parts t;
    time_split_utc(ms, &t);
    buf_addf(out, "Date: %s, %d %s %04d %02d:%02d:%02d +0000\r\n", days[t.weekday], t.day,
             months[t.month - 1], t.year, t.hour, t.minute, t.second);
}

static void write_encoded(struct buf *out, str bytes)
{
    buf_addz(out, "Content-Transfer-Encoding: base64\r\n\r\n");
    base64_write(out, bytes, true);
    if (out->n < 2 || out->p[out->n - 1] != '\n')
        buf_addz(out, "\r\n");
}

static void write_body(struct buf *out, const struct mime_mail *m)
{
    buf_addz(out, "Content-Type: ");
    write_text(out, m->content_type.n ? m->content_type : STR("text/plain"));
    if (str_find(m->content_type, STR("charset"), 0) == SIZE_MAX) {
        buf_addz(out, "; charset=");
        write_text(out, m->charset.n ? m->charset : STR("UTF-8"));
    }
    buf_addz(out, "\r\n");
    write_encoded(out, m->body);
}

static void write_file_name(struct buf *out, str name)
{
    if (is_ascii(name)) {
        buf_addz(out, "; filename=");
        write_quoted(out, name);
    } else {
        buf_addz(out, "; filename*=UTF-8''");
        percent_write(out, name, "");
    }
}

static void write_attachment(struct buf *out, const struct mime_part *p)
{
    buf_addz(out, "Content-Type: ");
    write_text(out, p->content_type.n ? p->content_type : STR("application/octet-stream"));
    buf_addz(out, "\r\nContent-Disposition: attachment");
    if (p->name.n)
        write_file_name(out, p->name);
    buf_addz(out, "\r\n");
    write_encoded(out, p->bytes);
}

void mime_write(struct buf *out, const struct mime_mail *m)
{
    write_date(out, m->date_ms);
    write_address_header(out, "From", m->from);
    write_address_header(out, "To", m->to);
    write_address_header(out, "Cc", m->cc);
    write_header(out, "Subject", m->subject);
    if (m->message_id.n)
        buf_addf(out, "Message-ID: <" STR_FMT ">\r\n", STR_ARG(m->message_id));
    buf_addz(out, "MIME-Version: 1.0\r\n");
    if (!m->nattachments) {
        write_body(out, m);
        return;
    }
    char boundary[ID_MESSAGE + 1]; /* base64 lines hold no "=_" and no '-' of it */
    id_message(boundary);
    buf_addf(out, "Content-Type: multipart/mixed; boundary=\"=_%s\"\r\n\r\n--=_%s\r\n", boundary,
             boundary);
    write_body(out, m);
    for (size_t i = 0; i < m->nattachments; i++) {
        buf_addf(out, "--=_%s\r\n", boundary);
        write_attachment(out, &m->attachments[i]);
    }
    buf_addf(out, "--=_%s--\r\n", boundary);
}
