#include "fake.h"

#include "odata/batch.h"

#include <stdio.h>

#define TYPE "multipart/mixed; boundary=b"
#define PART "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
#define SET_OPEN "--b\r\nContent-Type: multipart/mixed; boundary=\"c\"\r\n\r\n"
#define MEMBER "--c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding:binary\r\n"
#define END "--b--\r\n"

static bool parse(struct arena *a, const char *type, const char *body, batch_parts *ret)
{
    struct err e = {0};
    *ret = (batch_parts){0};
    if (batch_parse(a, str_of(type), str_of(body), ret, &e))
        return true;
    assert_true(e.code == ERR_BAD_REQUEST || e.code == ERR_MEDIA_TYPE);
    return false;
}

static void test_parts(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    batch_parts parts;
    assert_true(parse(
        a, TYPE,
        "preamble\r\n" PART
        "GET Authors('x')?$top=1 HTTP/1.1\r\nAccept:application/json\r\n\r\n\r\n" SET_OPEN MEMBER
        "Content-ID: 1\r\n\r\nPOST Authors HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcdef\r\n" MEMBER
        "\r\nPUT $1 HTTP/1.1\r\nContent-ID: two\r\nContent-Length: 99\r\n\r\nab\n\r\n--c--\r\n" END
        "epilogue",
        &parts));
    assert_int_equal(parts.n, 2);
    assert_false(parts.at[0].changeset);
    assert_str(parts.at[0].calls.at[0].method, "GET");
    assert_str(parts.at[0].calls.at[0].uri, "Authors('x')?$top=1");
    assert_str(http_header(&parts.at[0].calls.at[0].headers, "accept"), "application/json");
    assert_true(parts.at[1].changeset && parts.at[1].calls.n == 2);
    const struct batch_call *one = &parts.at[1].calls.at[0], *two = &parts.at[1].calls.at[1];
    assert_str(one->body, "abc");
    assert_true(one->id_in_part);
    assert_str(one->content_id, "1");
    assert_str(two->body, "ab\n");
    assert_true(!two->id_in_part);
    assert_str(two->content_id, "two");
}

static void test_bare_line_feeds_and_missing_empty_lines(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    batch_parts parts;
    assert_true(parse(
        a, "Multipart/Mixed;boundary=\"b\"",
        "--b\nContent-Type: application/http\n\n\nGET A HTTP/1.1\n--b  \ncontent-type:application/http\n\n"
        "GET B HTTP/1.1\n\n--b--",
        &parts));
    assert_int_equal(parts.n, 2);
    assert_str(parts.at[1].calls.at[0].uri, "B");
}

static void test_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *type, *body;
    } rows[] = {
        {"application/json", PART "GET A HTTP/1.1\r\n\r\n" END                                               },
        {"multipart/mixed",  PART "GET A HTTP/1.1\r\n\r\n" END                                               },
        {TYPE,               "garbage"                                                                       },
        {TYPE,               PART "GET A HTTP/1.1\r\n\r\n"                                                   },
        {TYPE,               PART "GET A HTTP/9.9\r\n\r\n" END                                               },
        {TYPE,               PART "GET A\r\n\r\n" END                                                        },
        {TYPE,               PART "POST A HTTP/1.1\r\n\r\n" END                                              },
        {TYPE,               PART "FOO A HTTP/1.1\r\n\r\n" END                                               },
        {TYPE,               PART "GET A HTTP/1.1\r\nno header\r\n\r\n" END                                  },
        {TYPE,               PART "GET A HTTP/1.1\r\nContent-Length: -1\r\n\r\n" END                         },
        {TYPE,               PART "GET A HTTP/1.1\r\nContent-Length: x\r\n\r\n" END                          },
        {TYPE,               PART END                                                                        },
        {TYPE,               "--b\r\nContent-Type: text/plain\r\n\r\nGET A HTTP/1.1\r\n\r\n" END             },
        {TYPE,               "--b\r\n\r\nGET A HTTP/1.1\r\n\r\n" END                                         },
        {TYPE,               SET_OPEN MEMBER "\r\nGET A HTTP/1.1\r\n\r\n--c--\r\n" END                       },
        {TYPE,               SET_OPEN MEMBER "\r\nPOST A HTTP/1.1\r\n\r\n" END                               },
        {TYPE,               "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" END                  },
        {TYPE,               SET_OPEN "--c\r\nContent-Type: multipart/mixed; boundary=d\r\n\r\n--c--\r\n" END},
    };
    AUTO(arena) struct arena *a = arena_new();
    batch_parts parts;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (parse(a, rows[i].type, rows[i].body, &parts))
            fail_msg("row %zu was accepted", i);
}

/* ---- on a service ---- */
static struct answer send(struct world *w, const char *body)
{
    return ask(w, "POST", "$batch", NULL, TYPE, body);
}

#define AUTHOR(id) "{\"Id\":\"" id "\",\"Name\":\"n\",\"Born\":{\"City\":\"c\",\"Year\":1}}"
#define JSON "Content-Type: application/json\r\nAccept: application/json\r\n\r\n"

static void test_changeset_is_kept_as_one(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    struct answer a =
        send(&w, SET_OPEN MEMBER "Content-ID: n1\r\n\r\nPOST Authors HTTP/1.1\r\n" JSON AUTHOR(
                     "x") "\r\n" MEMBER "\r\nPOST $n1/Books HTTP/1.1\r\n" JSON
                          "{\"No\":\"1\",\"Lang\":\"en\",\"Pages\":3}\r\n" MEMBER
                          "\r\nMERGE /lib/Authors('x') HTTP/1.1\r\n" JSON
                          "{\"Name\":\"later\"}\r\n--c--\r\n" PART
                          "GET http://h:1/lib/Authors('x')/Name/$value HTTP/1.1\r\n\r\n" PART
                          "GET /Authors('x')/Books/$count HTTP/1.1\r\n\r\n" END);
    assert_int_equal(a.status, 202);
    assert_true(!strncmp(a.type, "multipart/mixed; boundary=batch_", 32));
    assert_has(a, "HTTP/1.1 201 Created\r\n");
    assert_has(a, "Content-Id: n1\r\n");
    assert_has(a, "HTTP/1.1 204 No Content\r\n");
    assert_has(a, "Content-Length: 5\r\n\r\nlater\r\n");
    assert_has(a, "Content-Length: 1\r\n\r\n1\r\n");
    world_close(&w);
}

static void test_changeset_is_dropped_as_one(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    assert_int_equal(post(&w, "Authors", AUTHOR("old")).status, 201);
    struct answer a =
        send(&w, SET_OPEN MEMBER "\r\nPOST Authors HTTP/1.1\r\n" JSON AUTHOR(
                     "x") "\r\n" MEMBER "\r\nDELETE Authors('old') HTTP/1.1\r\n\r\n" MEMBER
                          "\r\nPOST Authors HTTP/1.1\r\n" JSON AUTHOR(
                              "x") "\r\n" MEMBER
                                   "\r\nDELETE Authors('nobody') HTTP/1.1\r\n\r\n--c--\r\n" PART
                                   "GET Authors/$count HTTP/1.1\r\n\r\n" END);
    assert_int_equal(a.status, 202);
    assert_has(a, "HTTP/1.1 409 Conflict\r\n");
    assert_true(!strstr(a.body, "201 Created") && !strstr(a.body, "changeset_") &&
                !strstr(a.body, "HTTP/1.1 404"));
    assert_has(a, "Content-Length: 1\r\n\r\n1\r\n");
    assert_body(get(&w, "Authors('old')/Name/$value"), "n");
    assert_int_equal(get(&w, "Authors('x')").status, 404);
    world_close(&w);
}

static void test_batches_do_not_nest(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    struct answer a =
        send(&w, SET_OPEN MEMBER "\r\nPOST $batch HTTP/1.1\r\n" JSON "{}\r\n--c--\r\n" END);
    assert_int_equal(a.status, 202);
    assert_has(a, "HTTP/1.1 400 Bad Request\r\n");
    assert_int_equal(get(&w, "$batch").status, 405);
    assert_int_equal(send(&w, "garbage").status, 400);
    world_close(&w);
}

static int count_of(const char *text, const char *part)
{
    int n = 0;
    while ((text = strstr(text, part))) {
        text += strlen(part);
        n++;
    }
    return n;
}

/* A large answer goes out while the rest of it has not been made. */
static void test_pieces(void **state)
{
    (void)state;
    struct world w;
    AUTO(buf) struct buf body = BUF(16 << 20);
    world_open(&w);
    struct answer few = send(&w, PART "GET $metadata HTTP/1.1\r\n\r\n" END);
    assert_int_equal(few.pieces, 1);
    int each = (int)strlen(few.body), n = 5 * (64 << 10) / each;
    for (int i = 0; i < n; i++)
        buf_addz(&body, PART "GET $metadata HTTP/1.1\r\n\r\n");
    buf_addz(&body,
             SET_OPEN MEMBER "\r\nPOST Authors HTTP/1.1\r\n" JSON AUTHOR("x") "\r\n--c--\r\n" END);
    struct answer a = ask(&w, "POST", "$batch", NULL, TYPE, buf_str(&body).p);
    assert_in_range(a.pieces, 4, 6);
    assert_int_equal(a.status, 202);
    assert_int_equal(count_of(a.body, "HTTP/1.1 200 OK"), n);
    assert_int_equal(count_of(a.body, "HTTP/1.1 201 Created"), 1);
    assert_int_equal(count_of(a.body, "--batch_"), n + 2);
    const char *end = strstr(a.body, "--changeset_");
    assert_true(end && str_ends(str_of(end), STR("--\r\n")));
    assert_false(a.broken);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_bare_line_feeds_and_missing_empty_lines),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_changeset_is_kept_as_one),
        cmocka_unit_test(test_changeset_is_dropped_as_one),
        cmocka_unit_test(test_batches_do_not_nest),
        cmocka_unit_test(test_pieces),
    };
    return RUN(tests);
}
