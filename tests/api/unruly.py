"""A tenant on a bad day: stands before a server, answers 429, 500 and 503, resets connections, gives pages of 30, lets tokens
expire, and knows nothing of /tidemill. What it answers in the end is what the server behind it answers."""
import http.client
import http.server
import json
import socket
import struct
import threading
import time
import urllib.parse

PAGE = 30


class Unruly(http.server.ThreadingHTTPServer):
    """each: how often (every n-th call) which trouble; broken: paths with this text always answer 500."""
    daemon_threads = True

    def __init__(self, port, each=None, broken=None, token_uses=40):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behind, self.each, self.broken, self.token_uses = port, each or {}, broken, token_uses
        self.lock = threading.Lock()
        self.pause = 0
        self.calls, self.tokens, self.uses, self.seen = 0, 0, 0, []
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def trouble(self):
        server = self.server
        with server.lock:
            server.calls += 1
            n = server.calls
            server.seen.append(self.path)
        for kind, every in server.each.items():
            if n % every == 0:
                return kind
        return 500 if server.broken and server.broken in self.path else None

    def make_trouble(self, kind):
        if kind == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        elif kind == 429:
            self.answer(429, b"slow down", Retry_After="0")
        else:
            self.answer(kind, b'{"error":{"code":"Internal Server Error","message":{"lang":"en","value":"bad day"}}}')

    def do_POST(self):  # /oauth/token
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = self.trouble()
        if kind:
            return self.make_trouble(kind)
        with self.server.lock:
            self.server.tokens += 1
            self.server.uses = 0
            token = f"t{self.server.tokens}"
        return self.answer(200, json.dumps({"access_token": token, "token_type": "bearer"}).encode())

    def refused(self):
        with self.server.lock:
            self.server.uses += 1
            return (self.headers.get("Authorization") != f"Bearer t{self.server.tokens}" or
                    self.server.uses > self.server.token_uses)

    def do_GET(self):
        time.sleep(self.server.pause)
        kind = self.trouble()
        if kind:
            return self.make_trouble(kind)
        if self.refused():
            return self.answer(401, b"token expired")
        if self.path.startswith("/tidemill"):
            return self.answer(404, b"<html>nothing here</html>", Content_Type="text/html")
        return self.pass_on()

    def pass_on(self):
        path, _, query = self.path.partition("?")
        parts = [p for p in query.split("&") if p and not p.startswith("$skiptoken=")]
        start = next((int(p[11:]) for p in query.split("&") if p.startswith("$skiptoken=")), 0)
        whole = self.fetch(path, parts)
        if whole is None:
            return None
        d = whole["d"]
        if "results" in d and not any(p.startswith("$top=") for p in parts):
            rest = d["results"][start + PAGE:]
            d["results"] = d["results"][start:start + PAGE]
            d.pop("__next", None)
            if rest:
                d["__next"] = "https://elsewhere.example:443" + path + "?" + "&".join(parts + [f"$skiptoken={start + PAGE}"])
        return self.answer(200, json.dumps(whole).encode(), Content_Type="application/json")

    def fetch(self, path, parts):
        """All pages of the server behind, as one."""
        whole, at = None, path + ("?" + "&".join(parts) if parts else "")
        while at:
            connection = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=30)
            connection.request("GET", at, headers={"Authorization": "Basic ZGV2OmRldg==", "Accept": "application/json"})
            reply = connection.getresponse()
            body = reply.read()
            connection.close()
            if reply.status != 200:
                self.answer(reply.status, body)
                return None
            one = json.loads(body)
            at = one["d"].get("__next")
            if at:
                parsed = urllib.parse.urlsplit(at)
                at = parsed.path + "?" + parsed.query
            if whole:
                whole["d"]["results"] += one["d"]["results"]
            else:
                whole = one
        return whole
