/* Mail receiver (format.md 4): one MIME message per exchange, handed to the SMTP server of the channel. All texts
 * may hold Simple. Encryption, signatures and proxies are refused at deployment. */
#include "base/codec.h"
#include "base/time.h"
#include "engine/engine.h"
#include "format/mime.h"

enum { MAX_MAIL = 100 << 20, MAX_ATTACHMENTS = 64 };

enum attachment_source { FROM_BODY, FROM_HEADER, FROM_PROPERTY };
struct attachment {
    enum attachment_source source;
    str value; /* name of the header or property */
    struct simple *name, *type;
};
struct mail_config {
    struct simple *server, *from, *to, *cc, *bcc, *subject, *body, *type, *charset, *user;
    bool authenticate, smtps, tls_required;
    unsigned timeout_ms;
    struct attachment *attachments;
    size_t nattachments;
};
struct mail_state {
    struct http_call call;
    struct exchange *x;
};

/* ---- configuration ---- */

static struct simple *text_of(struct prepare *p, const char *key, const char *otherwise)
{
    return prepare_simple(p, prepare_text_or(p, key, otherwise), SIMPLE_TEXT);
}

static void require(struct prepare *p, const char *key, const char *const *allowed, size_t n)
{
    str value = str_trim(prepare_text_or(p, key, allowed[0]));
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(value, str_of(allowed[i])))
            return;
    prepare_unsupported(p, "%s '" STR_FMT "'", key, STR_ARG(value));
}

static void prepare_attachments(struct mail_config *c, struct prepare *p)
{
    struct prepare_row *rows;
    size_t n;
    if (!prepare_rows(p, "attachments", &rows, &n) || !n)
        return;
    if (n > MAX_ATTACHMENTS) {
        prepare_unsupported(p, "more than %d attachments", MAX_ATTACHMENTS);
        return;
    }
    c->attachments = arena_new_array(p->arena, struct attachment, n);
    for (size_t i = 0; i < n; i++) {
        str source = row_cell(&rows[i], "attachment.source", 3);
        struct attachment *to = &c->attachments[c->nattachments++];
        to->value = row_cell(&rows[i], "attachment.value", 0);
        to->type = prepare_simple(p, row_cell(&rows[i], "attachment.type", 1), SIMPLE_TEXT);
        to->name = prepare_simple(p, row_cell(&rows[i], "attachment.name", 2), SIMPLE_TEXT);
        to->source = str_eq_nocase(source, STR("Header"))     ? FROM_HEADER
                     : str_eq_nocase(source, STR("Property")) ? FROM_PROPERTY
                                                              : FROM_BODY;
    }
}

static void prepare_protection(struct mail_config *c, struct prepare *p)
{
    static const char *const ssls[] = {"off", "none", "smtps", "starttls_mandatory",
                                       "starttls_optional"};
    static const char *const auths[] = {"none", "loginPlain", "loginEncrypted"};
    static const char *const encryptions[] = {"none"};
    static const char *const proxies[] = {"none", "default", "sapcc", "on-premise", "internet"};
    str ssl = str_trim(prepare_text(p, "ssl"));
    require(p, "ssl", ssls, COUNT(ssls));
    require(p, "auth", auths, COUNT(auths));
    require(p, "encrypt.type", encryptions, COUNT(encryptions));
    require(p, "proxyType", proxies, COUNT(proxies));
    c->smtps = str_eqz(ssl, "smtps");
    c->tls_required = c->smtps || str_eqz(ssl, "starttls_mandatory");
    c->authenticate = !str_eq_nocase(str_trim(prepare_text_or(p, "auth", "none")), STR("none"));
}

static void prepare(void *cfg, struct prepare *p)
{
    struct mail_config *c = cfg;
    c->server = text_of(p, "server", "");
    c->from = text_of(p, "from", "");
    c->to = text_of(p, "to", "");
    c->cc = text_of(p, "cc", "");
    c->bcc = text_of(p, "bcc", "");
    c->subject = text_of(p, "subject", "");
    c->body = text_of(p, "body", "");
    c->type = text_of(p, "content_type", "text/plain");
    c->charset = text_of(p, "content_encoding", "UTF-8");
    c->user = text_of(p, "user", "");
    c->timeout_ms = (unsigned)prepare_int(p, "timeout", 30000, 0, 24 * 3600 * 1000);
    if (!c->timeout_ms)
        c->timeout_ms = 30000;
    prepare_protection(c, p);
    prepare_attachments(c, p);
}

/* ---- message ---- */

static bool text(const struct simple *s, struct exchange *x, str *ret, struct err *e)
{
    *ret = STR("");
    return !s || simple_text(s, x, x->arena, ret, e);
}

static bool fill_attachment(const struct attachment *a, struct exchange *x, struct mime_part *to,
                            struct err *e)
{
    if (!text(a->name, x, &to->name, e) || !text(a->type, x, &to->content_type, e))
        return err_ctx(e, "attachment");
    if (a->source == FROM_BODY)
        to->bytes = body_bytes(x->body);
    else
        to->bytes =
            datum_str(x->arena, fields_get(a->source == FROM_HEADER ? &x->headers : &x->properties,
                                           a->value));
    return true;
}

static bool fill_mail(const struct mail_config *c, struct exchange *x, struct mime_mail *m,
                      struct err *e)
{
    struct mime_part *parts = arena_new_array(x->arena, struct mime_part, c->nattachments);
    if (!text(c->from, x, &m->from, e) || !text(c->to, x, &m->to, e) ||
        !text(c->cc, x, &m->cc, e) || !text(c->subject, x, &m->subject, e) ||
        !text(c->body, x, &m->body, e) || !text(c->type, x, &m->content_type, e) ||
        !text(c->charset, x, &m->charset, e))
        return false;
    for (size_t i = 0; i < c->nattachments; i++)
        if (!fill_attachment(&c->attachments[i], x, &parts[i], e))
            return false;
    m->attachments = parts;
    m->nattachments = c->nattachments;
    m->date_ms = time_now_ms();
    m->message_id = arena_fmt(x->arena, STR_FMT "@tidemill", STR_ARG(id_uuid(x->arena)));
    return true;
}

static void add_recipients(struct http_call *call, struct arena *a, str list)
{
    str *found;
    size_t n;
    mime_addresses(a, list, &found, &n);
    for (size_t i = 0; i < n; i++)
        vec_add(a, &call->mail_to, found[i]);
}

static bool fill_envelope(const struct mail_config *c, struct exchange *x,
                          const struct mime_mail *m, struct http_call *call, struct err *e)
{
    str server, bcc, *from;
    size_t n;
    if (!text(c->server, x, &server, e) || !text(c->bcc, x, &bcc, e))
        return false;
    server = str_trim(server);
    mime_addresses(x->arena, m->from, &from, &n);
    call->method = STR("SMTP");
    call->url = arena_fmt(x->arena, "%s://" STR_FMT, c->smtps ? "smtps" : "smtp",
                          STR_ARG(server.n ? server : STR("localhost"))); /* JavaMail's default */
    call->mail_from = n ? from[0] : STR("");
    add_recipients(call, x->arena, m->to);
    add_recipients(call, x->arena, m->cc);
    add_recipients(call, x->arena, bcc);
    call->timeout_ms = c->timeout_ms;
    call->tls_required = c->tls_required;
    if (!call->mail_to.n) /* RCPT TO:<>: whether that is an error is the server's word */
        vec_add(x->arena, &call->mail_to, STR(""));
    return true;
}

static bool fill_credential(const struct mail_config *c, struct exchange *x, struct http_call *call,
                            struct err *e)
{
    const struct engine_config *g = engine_config(x->engine);
    struct credential k = {0};
    str alias;
    if (!c->authenticate)
        return true;
    if (!text(c->user, x, &alias, e))
        return false;
    if (!g->credential)
        return err_set(e, ERR_NOT_FOUND, "no credential '" STR_FMT "'", STR_ARG(alias));
    if (!g->credential(g->credential_arg, "UserCredential", str_trim(alias), x->arena, &k, e))
        return false;
    call->user = k.user;
    call->password = k.password;
    return true;
}

static void on_sent(struct http_call *call)
{
    struct mail_state *s = call->arg;
    engine_resume(s->x);
}

static struct step_result run(const void *cfg, struct exchange *x, struct err *e)
{
    const struct mail_config *c = cfg;
    struct mime_mail m = {0};
    AUTO(buf) struct buf out = BUF(MAX_MAIL);
    struct mail_state *s = arena_new_of(x->arena, struct mail_state);
    x->wait = s;
    s->x = x;
    if (!fill_mail(c, x, &m, e) || !fill_envelope(c, x, &m, &s->call, e) ||
        !fill_credential(c, x, &s->call, e))
        return FAIL;
    mime_write(&out, &m);
    if (!buf_check(&out, e))
        return FAIL;
    s->call.body = blob_take(&out);
    s->call.arena = x->arena;
    s->call.done = on_sent;
    s->call.arg = s;
    exchange_log_adapter(x, STR("Mail"), STR("Server"), s->call.url);
    http_client_send(engine_config(x->engine)->http, &s->call);
    return WAIT;
}

static struct step_result resume(const void *cfg, struct exchange *x, struct err *e)
{
    struct mail_state *s = x->wait;
    (void)cfg;
    blob_unref(s->call.body);
    blob_unref(s->call.response_body);
    if (s->call.ok)
        return CONTINUE;
    *e = *s->call.err;
    exchange_throw(x, "javax.mail.MessagingException", e);
    return FAIL;
}

static void explain(const void *cfg, struct buf *out)
{
    const struct mail_config *c = cfg;
    buf_addf(out, "%zu attachments, %s", c->nattachments, c->smtps ? "smtps" : "smtp");
}

const struct receiver_type receiver_mail = {
    .component = "Mail",
    .cfg_size = sizeof(struct mail_config),
    .prepare = prepare,
    .run = run,
    .resume = resume,
    .explain = explain,
};
