/* Mail receiver against an SMTP server of a few lines. */
#include "../steps/harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/client.h"

extern const struct receiver_type receiver_mail;

struct sink {
    int listener;
    uint16_t port;
    char log[16384];
};

static void say(int fd, const char *line)
{
    if (write(fd, line, strlen(line)) < 0)
        return;
}

static void *serve(void *arg)
{
    struct sink *s = arg;
    int fd = accept(s->listener, NULL, NULL);
    FILE *in = fdopen(fd, "r");
    char line[1024];
    bool data = false;
    say(fd, "220 sink\r\n");
    while (in && fgets(line, sizeof line, in)) {
        strncat(s->log, line, sizeof s->log - strlen(s->log) - 1);
        if (data && strcmp(line, ".\r\n"))
            continue;
        data = !strncmp(line, "DATA", 4);
        say(fd, data                        ? "354 go\r\n"
                : !strncmp(line, "EHLO", 4) ? "250-sink\r\n250 AUTH PLAIN\r\n"
                : !strncmp(line, "AUTH", 4) ? "235 ok\r\n"
                                            : "250 ok\r\n");
    }
    if (in)
        fclose(in);
    return NULL;
}

static void sink_open(struct sink *s)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    s->log[0] = 0;
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(s->listener, 1), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&a, &n), 0);
    s->port = ntohs(a.sin_port);
}

static void expect(const struct sink *s, const char *part)
{
    if (!strstr(s->log, part))
        fail_msg("'%s' is not in:\n%s", part, s->log);
}

#define ATTACHMENT                                                                          \
    "<row><cell id='attachment.value'>h</cell><cell id='attachment.type'>text/plain</cell>" \
    "<cell id='attachment.name'>n-${header.h}.txt</cell><cell id='attachment.source'>Header</cell></row>"

static void test_send(void **state)
{
    static struct sink s;
    struct harness h;
    pthread_t t;
    char server[40];
    (void)state;
    harness_open(&h);
    sink_open(&s);
    assert_int_equal(pthread_create(&t, NULL, serve, &s), 0);
    snprintf(server, sizeof server, "127.0.0.1:%d", s.port);
    h.credential = (struct credential){.user = STR("me"), .password = STR("secret")};
    harness_receiver(&h, &receiver_mail, "server", server, "from", "Ann <ann@x>", "to",
                     "b@x; ${header.h}@x", "bcc", "hidden@x", "subject", "S ${header.h}", "body",
                     "Body: ${in.body}", "content_type", "text/plain", "ssl", "off", "auth",
                     "loginPlain", "user", "CRED", "attachments", ATTACHMENT, NULL);
    harness_header(&h, "h", "value");
    assert_sends(&h, "hello", "hello");
    http_client_stop(h.http); /* closes the connection */
    h.http = NULL;
    pthread_join(t, NULL);
    close(s.listener);
    expect(&s, "AUTH PLAIN");
    expect(&s, "MAIL FROM:<ann@x>");
    expect(&s, "RCPT TO:<b@x>");
    expect(&s, "RCPT TO:<value@x>");
    expect(&s, "RCPT TO:<hidden@x>");
    expect(&s, "Subject: S value");
    expect(&s, "Qm9keTogaGVsbG8="); /* Body: hello */
    expect(&s, "n-value.txt");
    assert_null(strstr(strstr(s.log, "DATA"), "hidden@x"));
    harness_close(&h);
}

static void test_refused(void **state)
{
    static const struct {
        const char *key, *value;
    } cases[] = {
        {"encrypt.type", "smime" },
        {"auth",         "oauth2"},
        {"ssl",          "imaps" },
        {"proxyType",    "manual"}
    };
    struct harness h;
    (void)state;
    harness_open(&h);
    for (size_t i = 0; i < COUNT(cases); i++) {
        harness_flow(&h);
        harness_receiver(&h, &receiver_mail, cases[i].key, cases[i].value, NULL);
        assert_non_null(strstr(harness_problem(&h).p, cases[i].value));
    }
    harness_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_send), cmocka_unit_test(test_refused)};
    return RUN(tests);
}
