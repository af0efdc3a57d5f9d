"""Broken and malicious HTTP, noise in every endpoint, many connections, against a live server."""
import json
import random
import resource
import socket
import threading
import time
import urllib.parse

import pytest
from client import API, Server, basic, tidemill
from flows import Flow, gather, modifier, splitter, step

AUTH = "Authorization: " + basic("dev", "dev") + "\r\n"
NOISE = 1000


@pytest.fixture(scope="module")
def server():
    s = Server()
    s.run(Flow("Echo", []))
    s.run(Flow("Parse", [modifier(props={"v": ("xpath", "string(/*)")}, body="${property.v}")]))
    s.run(Flow("ToXml", [step("JsonToXmlConverter", addXMLRootElement="true", additionalRootElementName="r")]))
    s.run(Flow("ToJson", [step("XmlToJsonConverter")]))
    s.run(Flow("Split", [splitter("//x"), gather()]))
    yield s
    s.close()


@pytest.fixture(scope="module")
def trickle(server):
    """A client that sends one header byte now and then; started first, looked at last."""
    s = socket.create_connection(("127.0.0.1", server.port))
    closed = []

    def drip():
        begin = time.monotonic()
        try:
            s.sendall(b"GET /livez HTTP/1.1\r\n")
            while time.monotonic() - begin < 30:
                s.sendall(b"X-A: 1\r\n")
                s.settimeout(0.2)
                try:
                    if not s.recv(100):
                        break
                except TimeoutError:
                    pass
        except OSError:
            pass
        closed.append(time.monotonic() - begin)
        s.close()
    t = threading.Thread(target=drip)
    t.start()
    yield t, closed
    t.join()


@pytest.fixture(autouse=True)
def goes_on(server, trickle):
    yield
    begin = time.monotonic()
    assert server.alive() and server.send("/http/echo", b"still").text == "still"
    assert time.monotonic() - begin < 5


def talk(server, data, seconds=5, half_close=False):
    """Sends raw bytes; returns everything that comes back until the server closes or has nothing more to say."""
    with socket.create_connection(("127.0.0.1", server.port)) as s:
        s.settimeout(seconds)
        try:
            s.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))
            if half_close:
                s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        out = b""
        try:
            while piece := s.recv(65536):
                out += piece
        except (TimeoutError, OSError):
            pass
        return out


def status(answer):
    return int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/1.1 ") else None


CLOSE = "Host: x\r\nConnection: close\r\n" + AUTH


@pytest.mark.parametrize("head", [
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5\r\nContent-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding : chunked\r\n",
    "Content-Length: -1\r\n", "Content-Length: 5x\r\n", "Content-Length: +5\r\n", "Content-Length: 99999999999999999999\r\n", "Host: y\r\n",
    "X: a\1b\r\n", "X: a\rb\r\n", "No colon\r\n", " folded: 1\r\n", "Content-Length: 5, 5\r\n",
])
def test_smuggling(server, head):
    answer = talk(server, f"POST /http/echo HTTP/1.1\r\n{CLOSE}{head}\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: x\r\n\r\n", seconds=2)
    assert b"evil" not in answer and b" 404 " not in answer and b" 401 " not in answer, answer  # the second is not read as a request
    assert status(answer) in (None, 400, 413, 501), answer


def test_no_host(server):
    assert status(talk(server, f"GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n")) == 400


@pytest.mark.parametrize("size,want", [(8000, (200,)), (20000, (414, 431, 200)), (40000, (414, 431)), (4000000, (414, 431, 400, None))])
def test_long_things(server, size, want):
    for head in (f"GET /livez?{'a' * size} HTTP/1.1\r\n{CLOSE}\r\n", f"GET /livez HTTP/1.1\r\n{CLOSE}X-A: {'a' * size}\r\n\r\n",
                 "GET /livez HTTP/1.1\r\n" + CLOSE + "".join(f"X-{n}: 12345678\r\n" for n in range(size // 60)) + "\r\n"):
        assert status(talk(server, head)) in want, (size, head[:40])


def test_long_answers(server):
    echoed = server.send("/http/echo", b"x", X_Long="a" * 9000)
    assert (echoed.status, echoed.text, echoed.header("X-Long")) == (200, "x", "a" * 9000)
    path = server.run(Flow("LongHeader", [modifier(headers={"X-Long": "${in.body}"})]))
    for size, want in ((16000, 200), (20000, 500), (100000, 500)):
        answer = server.send(path, b"a" * size)
        assert answer.status == want and (want == 200 or "headers" in answer.text), (size, answer)


@pytest.mark.parametrize("data", [b"", b"\r\n\r\n", b"GET", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00" + b"\0" * 300, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                                  b"GET /%00%2e%2e/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"G\0T / HTTP/1.1\r\nHost: x\r\n\r\n", b"\xff" * 5000,
                                  b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                                  b"GET http://x/../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                                  b"A" * 100 + b" / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"], ids=range(13))
def test_broken_requests(server, data):
    answer = talk(server, data, seconds=1, half_close=True)
    assert b"root:" not in answer and status(answer) in (None, 200, 204, 400, 401, 404, 405, 414, 431, 501, 505)


@pytest.mark.parametrize("path", ["/http/echo", "/api/v1/IntegrationPackages", "/oauth/token", "/nowhere"])
def test_truncated_bodies(server, path):
    for head, body in (("Content-Length: 1000", "short"), ("Transfer-Encoding: chunked", "5\r\nhel"), ("Transfer-Encoding: chunked", "ffffffffffffffffff\r\n"),
                       ("Transfer-Encoding: chunked", "zz\r\nhello\r\n"), ("Transfer-Encoding: chunked", "5\r\nhelloXX0\r\n\r\n"),
                       ("Content-Length: 1000\r\nExpect: 100-continue", "")):
        answer = talk(server, f"POST {path} HTTP/1.1\r\n{CLOSE}{head}\r\n\r\n{body}", seconds=1, half_close=True)
        assert b"200 OK" not in answer, answer
    assert server.logs_of("Echo", least=0) is not None


def test_paths(server):
    rng = random.Random(3)
    words = ["IntegrationPackages", "('x')", "(Id='a',Version='b')", "/$value", "/$count", "/$links", "$metadata", "$batch", "(", ")", "'", "''", "%27", "%00", "%",
             "..", "//", "?$filter=", "?$expand=Runs/RunSteps/Run", "?$top=-1", "?$skip=99999999999999999999", "?$orderby=", "&", "=", "eq", " or ", "datetime'x'",
             "MessageProcessingLogs", "DataStoreEntries", "true", "1e999", "\u00e4", "(" * 300]
    for _ in range(300):
        path = API + "/" + "".join(rng.choice(words) for _ in range(rng.randrange(1, 8)))
        answer = server.raw("GET", urllib.parse.quote(path, safe="/$?&=()',%"), Authorization=server.bearer(), Accept="application/json")
        assert answer.status in (200, 204, 400, 401, 404, 405, 406, 500, 501), (path, answer)
        if answer.status >= 400:
            assert answer.error["message"] is not None, (path, answer)


def test_filters(server):
    for text in ("(" * 5000 + "1 eq 1" + ")" * 5000, " or ".join(["Status eq 'x'"] * 2000), "not " * 5000 + "true", "Status eq '" + "a" * 20000 + "'",
                 "substringof(" * 2000, "Status eq 'x'' or 1=1--'", "Status eq 'x'; DROP TABLE message_processing_log", "concat('a'," * 500 + "'b'" + ")" * 500 + " eq 'x'",
                 "-" * 5000 + "1 eq 1", "LogEnd gt datetime'9999-99-99T99:99:99'", "\0", "Status eq null and " * 500 + "true"):
        answer = server.raw("GET", API + "/MessageProcessingLogs?$filter=" + urllib.parse.quote(text), Authorization=server.bearer(), Accept="application/json")
        assert answer.status in (200, 400, 414, 431, 501), (text[:50], answer)
    assert server.get("/MessageProcessingLogs/$count").status == 200


def noise(rng, n):
    kind = n % 5
    if kind == 0:
        return rng.randbytes(rng.randrange(0, 400))
    if kind == 1:
        return "".join(rng.choice('{}[]",:\\0123456789.eE+-truefalsn \u00e4\U0001F600') for _ in range(rng.randrange(1, 300))).encode()
    if kind == 2:
        return "".join(rng.choice("<>/&;!?='\"abx:[]CDATA- \u20ac") for _ in range(rng.randrange(1, 300))).encode()
    value = rng.choice([b'{"Id":"N%d","Name":"x","ShortText":"y"}' % n, b"<a><x>1</x><x>2</x></a>", b'{"a":[1,{"b":null}],"c":"d"}'])
    broken = bytearray(value)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(broken))
        if kind == 3:
            broken[at] = rng.randrange(256)
        else:
            broken[at:at] = rng.randbytes(rng.randrange(1, 5))
    return bytes(broken)


@pytest.mark.parametrize("places", [
    ["/http/parse", "/http/toxml", "/http/tojson", "/http/split", "/http/echo"],
    [API + "/IntegrationPackages", API + "/UserCredentials", API + "/$batch", API + "/StringParameters", API + "/IntegrationDesigntimeArtifacts",
     API + "/DeployIntegrationDesigntimeArtifact?Id='x'&Version='active'", "/oauth/token", "/tidemill/v1/users", "/tidemill/v1/keys", "/"],
], ids=["flows", "api"])
def test_noise(server, places):
    rng = random.Random(11)
    for n in range(NOISE // 2):
        path = rng.choice(places)
        answer = server.raw(rng.choice(["POST", "POST", "POST", "PUT", "PATCH", "MERGE", "DELETE"]), path, noise(rng, n), Authorization=server.bearer(),
                            Content_Type=rng.choice(["application/json", "application/xml", "text/plain", "multipart/mixed;boundary=x", "application/atom+xml", "x"]),
                            Accept="application/json")
        assert 200 <= answer.status < 600 and answer.status != 503, (path, answer)
        if path.startswith("/http") and answer.status == 500:
            assert server.mpl_error(answer)


def test_batch(server):
    for body in (b"", b"--x", b"--x--", b"--x\r\n" * 3000, b"--x\r\nContent-Type: multipart/mixed;boundary=x\r\n\r\n" * 500,
                 b"--x\r\nContent-Type: application/http\r\n\r\nGET MessageProcessingLogs HTTP/1.1\r\n\r\n",
                 b"--x\r\nContent-Type: application/http\r\n\r\nGET $batch HTTP/1.1\r\n\r\n\r\n--x--"):
        answer = server.raw("POST", API + "/$batch", body, Authorization=server.bearer(), Content_Type="multipart/mixed;boundary=x")
        assert answer.status in (200, 202, 400, 501), (body[:60], answer)


def test_many_connections(server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    want = min(3000, hard - 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, want + 200), hard))
    idle = []
    try:
        for n in range(want):
            s = socket.create_connection(("127.0.0.1", server.port))
            if n % 3:
                s.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n" if n % 3 == 1 else b"POST /http/echo HTTP/1.1\r\nHost: x\r\n" + AUTH.encode() + b"Content-Length: 10\r\n\r\n123")
            idle.append(s)
        assert server.alive() and server.send("/http/echo", b"busy").text == "busy"
    finally:
        for s in idle:
            s.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_clients_that_leave(server):
    before = server.send("/http/echo", b"1")
    for n in range(200):
        with socket.create_connection(("127.0.0.1", server.port)) as s:
            s.sendall(f"POST /http/split HTTP/1.1\r\nHost: x\r\n{AUTH}Content-Length: 23\r\n\r\n<a><x>1</x><x>2</x></a>".encode())
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset
    assert server.mpl(before)["Status"] == "COMPLETED"
    assert len(server.logs_of("Split", least=1)) >= 1


def test_wrong_passwords_do_not_stop_others(server):
    """Guesses cost argon2 only now and then, and callers that are known already do not pay."""
    added = tidemill("user", "add", "ann", "--role", "ESBMessaging.send", "--url", f"http://127.0.0.1:{server.port}", stdin=b"right-password")
    assert added.returncode == 0, added
    right = {"Authorization": basic("ann", "right-password")}
    assert server.raw("POST", "/http/echo", b"x", **right).text == "x"
    stop, tried = threading.Event(), []

    def guess():
        rng = random.Random()
        while not stop.is_set():
            tried.append(server.raw("GET", API + "/", Authorization=basic("ann", f"no{rng.random()}")).status)
    threads = [threading.Thread(target=guess) for _ in range(8)]
    for t in threads:
        t.start()
    try:
        begin = time.monotonic()
        for _ in range(20):
            assert server.raw("POST", "/http/echo", b"x", **right).text == "x"
        assert time.monotonic() - begin < 4
    finally:
        stop.set()
        for t in threads:
            t.join()
    assert set(tried) == {401}


def test_trickle_is_cut(server, trickle):
    thread, closed = trickle
    thread.join(20)
    assert closed and closed[0] < 20
