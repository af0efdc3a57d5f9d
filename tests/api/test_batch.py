"""$batch answers that are too large to wait for: they come in pieces, and only as fast as the client takes them."""
import http.client
import os
import re
import socket
import time

import pytest

from client import Server
from test_mock import JSON, Mock, batch, changeset, part

READS, ROWS = 100, 1000
LATE = part("POST Customers", *JSON, body='{"Code":"LATE"}')


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    m = Mock(tmp_path_factory.mktemp("batch"), "--rows", ROWS, "--page-size", ROWS, data=None)
    m.idle = sockets(m)
    yield m
    m.close()


@pytest.fixture(autouse=True)
def initial_rows(mock):
    assert mock.get("Orders/$count", X_Reset="1").text == str(ROWS)


class Slow:
    """A batch whose answer is taken bit by bit."""

    def __init__(self, port, path, body, **headers):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)  # little is on its way
        self.socket.settimeout(60)
        self.socket.connect(("127.0.0.1", port))
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.connection.sock = self.socket
        self.connection.request("POST", path, body, {"Content-Type": "multipart/mixed; boundary=b", **headers})
        self.answer = self.connection.getresponse()
        assert self.answer.status == 202
        self.first = self.answer.read(60000)

    def rest(self):
        return (self.first + self.answer.read()).decode()

    def close(self):
        self.answer.close()
        self.connection.close()


def reads_and_a_write():
    return batch(*[part("GET Orders?$format=json")] * READS, changeset(LATE))


def is_late_there(mock):
    return mock.get("Customers('LATE')").status == 200


def sockets(mock):
    names = []
    for name in os.listdir(f"/proc/{mock.process.pid}/fd"):
        try:
            names.append(os.readlink(f"/proc/{mock.process.pid}/fd/{name}"))
        except OSError:
            pass
    return sum(name.startswith("socket:") for name in names)


def until_idle(mock):
    """A connection stays until the server is done with its request."""
    end = time.monotonic() + 60
    while sockets(mock) > mock.idle:
        assert time.monotonic() < end
        time.sleep(0.02)


def test_parts_run_as_the_client_takes_them(mock):
    """The last part changes a row, so whether it has run is seen from outside: only when most of the answer was taken."""
    slow = Slow(mock.port, mock.root + "/$batch", reads_and_a_write())
    assert slow.answer.getheader("Content-Length") is None and slow.answer.getheader("Transfer-Encoding") == "chunked"
    assert slow.first.startswith(b"--batch_") and b"HTTP/1.1 200 OK" in slow.first
    for _ in range(20):
        assert not is_late_there(mock)
    text = slow.rest()
    assert [int(s) for s in re.findall(r"^HTTP/1.1 (\d+)", text, re.M)] == [200] * READS + [201]
    assert text.count('"uri":"http://127.0.0.1:%d%s/Orders(1)"' % (mock.port, mock.root)) == READS
    assert text.endswith(f"--{slow.answer.getheader('Content-Type').split('boundary=')[1]}--\r\n")
    assert is_late_there(mock)
    # the connection goes on
    slow.connection.request("GET", mock.root + "/Orders/$count")
    assert slow.connection.getresponse().read() == str(ROWS).encode()
    slow.close()


def test_a_client_that_leaves_ends_the_work(mock):
    until_idle(mock)
    slow = Slow(mock.port, mock.root + "/$batch", reads_and_a_write())
    assert sockets(mock) > mock.idle
    slow.close()
    until_idle(mock)
    assert not is_late_there(mock)


def test_slow_clients_hold_no_threads(mock):
    slow = [Slow(mock.port, mock.root + "/$batch", reads_and_a_write()) for _ in range(20)]
    assert mock.call("POST", "Customers", {"Code": "NEXT"}).status == 201
    for s in slow:
        s.close()


def test_old_clients_and_small_batches(mock):
    body = batch(*[part("GET Orders?$format=json")] * 5).encode()
    with socket.create_connection(("127.0.0.1", mock.port), 60) as s:
        s.sendall(f"POST {mock.root}/$batch HTTP/1.0\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        head, _, text = b"".join(iter(lambda: s.recv(1 << 20), b"")).partition(b"\r\n\r\n")
    assert b"chunked" not in head and b"Content-Length" not in head
    assert text.count(b"HTTP/1.1 200 OK") == 5 and text.endswith(b"--\r\n")
    answer = mock.call("POST", "$batch", batch(*[part("GET Orders?$top=1&$format=json")] * 5), Content_Type="multipart/mixed; boundary=b")
    assert answer.header("Content-Length") == str(len(answer.body)) and answer.header("Transfer-Encoding") is None


def test_changesets_are_whole(mock):
    """One that fails behind pieces that were sent leaves nothing, and its error is a part."""
    reads = [part("GET Orders?$format=json")] * 3
    text = Slow(mock.port, mock.root + "/$batch", batch(*reads, changeset(LATE, LATE), *reads, changeset(LATE), *reads)).rest()
    assert [int(s) for s in re.findall(r"^HTTP/1.1 (\d+)", text, re.M)] == [200] * 3 + [409] + [200] * 3 + [201] + [200] * 3
    assert is_late_there(mock)


def test_on_the_management_api():
    server = Server()
    try:
        package = part("POST IntegrationPackages", *JSON, body='{"Id":"late","Name":"late","ShortText":"s"}')
        size = len(server.raw("GET", "/api/v1/$metadata", Authorization=server.bearer()).body)
        reads = (20 << 20) // size
        slow = Slow(server.port, "/api/v1/$batch", batch(*[part("GET $metadata")] * reads, changeset(package)), Authorization=server.bearer())
        assert server.get("/IntegrationPackages('late')").status == 404
        text = slow.rest()
        assert text.count("HTTP/1.1 200 OK") == reads and text.count("HTTP/1.1 201 Created") == 1
        assert server.get("/IntegrationPackages('late')").status == 200
        left = Slow(server.port, "/api/v1/$batch", batch(*[part("GET $metadata")] * reads), Authorization=server.bearer())
        left.close()
    finally:
        server.close()
