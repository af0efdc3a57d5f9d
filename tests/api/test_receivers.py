"""What flows call: HTTP and mail receivers (semantics.md 3a, format.md 4)."""
import base64
import email
import email.policy
import gzip
import json
import time

import pytest
from client import Server
from flows import Flow, call, channel, http, modifier, splitter
from peers import HttpPeer, SmtpPeer

ERP = "https://erp.example.com"


@pytest.fixture(scope="module")
def peer():
    p = HttpPeer()
    yield p
    p.close()


@pytest.fixture(scope="module")
def smtp():
    s = SmtpPeer(refuse=["nobody@example.com"])
    yield s
    s.close()


@pytest.fixture(scope="module")
def server(peer, smtp):
    s = Server("--map-host", f"{ERP}={peer.url}", "--map-smtp", f"127.0.0.1:{smtp.port}")
    yield s
    s.close()


@pytest.fixture(autouse=True)
def plain(peer):
    peer.seen.clear()
    peer.answer = lambda seen: (200, [("Content-Type", "text/plain"), ("X-Answer", "a"), ("X-Other", "o")], b"answer")


def test_request_and_answer(server, peer):
    to = http(ERP + "/orders", httpAddressQuery="?a=1 2&b=%41", allowedRequestHeaders="X-One|x-two", allowedResponseHeaders="x-answer")
    path = server.run(Flow("Req", [modifier(headers={"X-Two": ("constant", "two"), "X-Three": ("constant", "3"), "Content-Type": ("constant", "text/csv")}),
                                   call(to), modifier(headers={"Code": "${header.CamelHttpResponseCode}"})]))
    answer = server.send(path, "payload", X_One="1")
    seen = peer.last
    assert (seen.method, seen.path, seen.body) == ("POST", "/orders?a=1%202&b=%41", b"payload")
    assert seen.headers["X-One"] == "1" and seen.headers["X-Two"] == "two" and seen.headers["X-Three"] is None
    assert seen.headers["Content-Type"] == "text/csv" and seen.headers["Authorization"] is None
    assert not any(h.lower().startswith("camel") for h in seen.headers)
    assert (answer.status, answer.text, answer.header("X-Answer"), answer.header("Code")) == (200, "answer", "a", "200")
    assert answer.header("X-Other") is None and answer.header("X-Three") == "3"


def test_empty_list_passes_nothing(server, peer):
    path = server.run(Flow("NoHeaders", [modifier(headers={"X-A": ("constant", "1")}), call(http(ERP, allowedRequestHeaders=""))]))
    server.send(path, "x")
    assert peer.last.headers["X-A"] is None


def test_missing_list_passes_all(server, peer):
    path = server.run(Flow("AllHeaders", [modifier(headers={"X-A": ("constant", "1")}), call(http(ERP))]))
    server.send(path, "x")
    assert peer.last.headers["X-A"] == "1"


@pytest.mark.parametrize("method,send,body", [("GET", "false", b""), ("GET", "true", b"x"), ("PUT", "false", b"x"), ("DELETE", "false", b""),
                                              ("PATCH", "true", b"x"), ("HEAD", "false", b"")])
def test_methods(server, peer, method, send, body):
    path = server.run(Flow(f"M{method}{send}", [call(http(ERP, method, httpShouldSendBody=send))]))
    assert server.send(path, "x").status in (200, 204)
    assert (peer.last.method, peer.last.body) == (method, body)


def test_dynamic_address_and_method(server, peer):
    to = http("${property.base}/x/${header.id}", "Dynamic", methodSourceExpression="${header.verb}")
    path = server.run(Flow("Dyn", [modifier(props={"base": ("constant", ERP)}), call(to)]))
    server.send(path, "b", id="7", verb="PUT")
    assert (peer.last.method, peer.last.path) == ("PUT", "/x/7")
    server.send(path, "b", id="8")
    assert (peer.last.method, peer.last.path) == ("POST", "/x/8")


def test_path_and_query_of_the_sender_go_on(server, peer):
    from flows import https
    server.run(Flow("Proxy", [call(http(ERP + "/base"))], sender=https("/proxy/*")))
    server.send("/http/proxy/a/b?q=1")
    assert peer.last.path == "/base/a/b?q=1"


def test_failing_status(server, peer):
    peer.answer = lambda seen: (418, [("Content-Type", "text/plain")], b"teapot")
    path = server.run(Flow("Failing", [call(http(ERP))], on_error=[modifier(body="${property.CamelExceptionCaught}|${in.body}")]))
    text = server.send(path, "request").text
    assert text.startswith("org.apache.camel.component.ahc.AhcOperationFailedException: HTTP operation failed invoking ")
    assert "statusCode: 418" in text and text.endswith("|request")
    tolerant = server.run(Flow("Tolerant", [call(http(ERP, throwExceptionOnFailure="false"))]))
    answer = server.send(tolerant, "request")
    assert (answer.status, answer.text) == (418, "teapot")
    failed = server.send(server.run(Flow("Uncaught", [call(http(ERP, enableMPLAttachments="true"))])), "x")
    assert failed.status == 500 and "statusCode: 418" in server.mpl_error(failed)


def test_redirects_are_not_followed(server, peer):
    peer.answer = lambda seen: (302, [("Location", "http://example.com/next")], b"")
    failed = server.send(server.run(Flow("Moved", [call(http(ERP))])), "x")
    assert failed.status == 500 and "redirectLocation: http://example.com/next" in failed.text


def test_timeout_and_refused(server, peer):
    peer.answer = lambda seen: time.sleep(1) or (200, [], b"late")
    begin = time.monotonic()
    slow = server.send(server.run(Flow("Slow", [call(http(ERP, httpRequestTimeout="150"))])), "x")
    assert slow.status == 500 and time.monotonic() - begin < 0.9 + 0.6
    down = server.send(server.run(Flow("Down", [call(http("http://127.0.0.1:1/x", throwExceptionOnFailure="false"))])), "x")
    assert down.status == 500 and server.mpl(down)["Status"] == "FAILED"


def test_gzip(server, peer):
    peer.answer = lambda seen: (200, [("Content-Encoding", "gzip")], gzip.compress(b"unpacked"))
    assert server.send(server.run(Flow("Packed", [call(http(ERP))])), "x").text == "unpacked"


def test_basic_credentials(server, peer):
    body = {"Name": "ErpUser", "Kind": "default", "User": "erp", "Password": "pa:ss"}
    assert server.post("/UserCredentials", body).status == 202
    path = server.run(Flow("WithBasic", [call(http(ERP, authenticationMethod="Basic", credentialName="ErpUser"))]))
    assert server.send(path, "x", Authorization_Extra="no").status == 200
    assert peer.last.headers["Authorization"] == "Basic " + base64.b64encode(b"erp:pa:ss").decode()
    absent = server.send(server.run(Flow("NoCred", [call(http(ERP, authenticationMethod="Basic", credentialName="Nobody"))])), "x")
    assert absent.status == 500 and "Nobody" in absent.text


def test_oauth2_credentials(server, peer):
    def answer(seen):
        if seen.path.startswith("/token"):
            return 200, [("Content-Type", "application/json")], json.dumps({"access_token": "T1", "token_type": "bearer", "expires_in": 3600}).encode()
        return (200, [], b"in") if seen.headers["Authorization"] == "Bearer T1" else (401, [], b"out")
    peer.answer = answer
    body = {"Name": "ErpClient", "TokenServiceUrl": ERP + "/token", "ClientId": "cid", "ClientSecret": "csecret",
            "ClientAuthentication": "header", "Scope": "", "ScopeContentType": "urlencoded"}
    assert server.post("/OAuth2ClientCredentials", body).status == 202
    path = server.run(Flow("WithOauth", [call(http(ERP + "/data", authenticationMethod="OAuth2 Client Credentials", credentialName="ErpClient"))]))
    assert [server.send(path, "x").text for _ in range(3)] == ["in"] * 3
    tokens = [s for s in peer.seen if s.path.startswith("/token")]
    assert len(tokens) == 1 and b"grant_type=client_credentials" in tokens[0].body


def test_cookies(server, peer):
    peer.answer = lambda seen: (200, [("Set-Cookie", "SID=42; Path=/; HttpOnly")], (seen.headers["Cookie"] or "none").encode())
    twice = [call(http(ERP)), call(http(ERP))]
    kept = server.run(Flow("Session", twice, httpSessionHandling="onExchange"))
    assert server.send(kept, "x").text == "SID=42"
    dropped = server.run(Flow("NoSession", twice, httpSessionHandling="None"))
    assert server.send(dropped, "x").text == "none"


def test_one_way_send(server, peer):
    path = server.run(Flow("OneWay", [call(http(ERP), "Send"), modifier(body="${in.body}")]))
    assert server.send(path, "mine").text == "mine" and peer.last.body == b"mine"


def test_many_calls_of_one_message(server, peer):
    from flows import gather
    path = server.run(Flow("Fan", [splitter("//x", "IteratingSplitter", ParallelProcessing="true"), call(http(ERP)),
                                   gather("concatenate-strategy", "PlainText")]))
    assert server.send(path, "<a>" + "<x/>" * 30 + "</a>").text == "answer" * 30 and len(peer.seen) == 30


# ---- mail ----
def mail(**values):
    return channel("Mail", **{"server": "smtp.example.com:587", "from": "a@example.com", "to": "b@example.com", "subject": "S", "body": "${in.body}",
                              "content_type": "text/plain", "content_encoding": "UTF-8", "auth": "none", "ssl": "off", "timeout": "5000",
                              "encrypt.type": "none", "proxyType": "none", **values})


def test_mail(server, smtp):
    rows = ("<row><cell id='attachment.value'></cell><cell id='attachment.type'>text/csv</cell>"
            "<cell id='attachment.name'>list.csv</cell><cell id='attachment.source'>Body</cell></row>")
    to = mail(to="b@example.com, c@example.com", cc="d@example.com", bcc="e@example.com", subject="Bestellung ${header.id} für Ä",
              body="Grüße\n.\n${header.id}", attachments=rows)
    assert server.send(server.run(Flow("Mails", [call(to, "Send")])), "1;2", id="7").status == 200
    sender, receivers, text = smtp.mails[-1]
    assert sender == "a@example.com" and receivers == [f"{x}@example.com" for x in "bcde"]
    message = email.message_from_string(text, policy=email.policy.default)
    assert message["Subject"] == "Bestellung 7 für Ä" and message["Cc"] == "d@example.com" and message["Bcc"] is None
    assert message["Message-ID"] and message["Date"]
    body = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert body.rstrip("\n") == "Grüße\n.\n7"
    parts = list(message.iter_attachments())
    assert [(p.get_filename(), p.get_content_type()) for p in parts] == [("list.csv", "text/csv")]
    assert parts[0].get_payload(decode=True) == b"1;2"


def test_mail_header_injection(server, smtp):
    server.send(server.run(Flow("Inject", [modifier(props={"s": "${in.body}"}), call(mail(subject="${property.s}"), "Send")])),
                "x\r\nBcc: evil@example.com\r\n\r\nhello")
    _, receivers, text = smtp.mails[-1]
    message = email.message_from_string(text, policy=email.policy.default)
    assert receivers == ["b@example.com"] and message["Bcc"] is None


def test_mail_refused(server, smtp):
    answer = server.send(server.run(Flow("Refused", [call(mail(to="nobody@example.com"), "Send")])), "x")
    assert answer.status == 500 and server.mpl(answer)["Status"] == "FAILED"
