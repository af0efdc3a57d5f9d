/* mime: writer for mail messages (RFC 5322, 2045-2047, 2231): text or HTML body, attachments. */
#ifndef FORMAT_MIME_H
#define FORMAT_MIME_H
#include "base/buf.h"
#include "base/vec.h"
struct mime_part {
    str name; /* file name; STR_NONE: none */
    str content_type;
    str bytes;
};
struct mime_mail {
    str from, to, cc, subject; /* as written by people: "Ann <a@x>, b@y"; bcc is not written */
    str content_type, charset; /* of the body; default text/plain, UTF-8 */
    str body;
    const struct mime_part *attachments;
    size_t nattachments;
    int64_t date_ms;
    str message_id; /* without <> */
};
void mime_write(struct buf *out, const struct mime_mail *m); /* CRLF, ends with CRLF */
/* Address specs out of a list such as "Ann <a@x>; b@y", in order; separators , and ; */
void mime_addresses(struct arena *a, str list, str **ret, size_t *ret_n);
#endif
