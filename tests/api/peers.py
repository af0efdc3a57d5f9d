"""Servers that flows under test call: HTTP with scripted answers, and an SMTP sink."""
import http.server
import socketserver
import threading


class Seen:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body


class HttpPeer:
    """answer(seen) returns (status, headers as a list of pairs, body). tls: an ssl.SSLContext; seen.certificate is then
    what the caller presented."""

    def __init__(self, answer=None, tls=None):
        self.seen, self.answer = [], answer or (lambda seen: (200, [], b"ok"))
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def serve(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.headers.get("Transfer-Encoding", "") == "chunked":
                    while size := int(self.rfile.readline().split(b";")[0], 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                seen = Seen(self.command, self.path, self.headers, body)
                seen.certificate = self.connection.getpeercert() if tls else None
                peer.seen.append(seen)
                status, headers, text = peer.answer(seen)
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = serve

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if tls:  # each connection's thread shakes hands: a refused one must not stop the others
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
            self.server.handle_error = lambda *_: None
        self.port = self.server.server_address[1]
        self.url = f"https://localhost:{self.port}" if tls else f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def last(self):
        return self.seen[-1]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class SmtpPeer:
    """Takes mail from anybody for anybody, except for those in refuse."""

    def __init__(self, refuse=()):
        self.mails = []
        peer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self.wfile.write(b"220 sink\r\n")
                sender, receivers = None, []
                while line := self.rfile.readline():
                    word = line[:4].upper()
                    if word == b"DATA":
                        self.wfile.write(b"354 go\r\n")
                        data = b""
                        while (line := self.rfile.readline()) != b".\r\n":
                            data += line[1:] if line.startswith(b".") else line
                        peer.mails.append((sender, receivers, data.decode()))
                        sender, receivers = None, []
                    elif word == b"QUIT":
                        self.wfile.write(b"221 bye\r\n")
                        return
                    elif word == b"MAIL":
                        sender = line.split(b"<")[1].split(b">")[0].decode()
                    elif word == b"RCPT":
                        receiver = line.split(b"<")[1].split(b">")[0].decode()
                        if receiver in refuse:
                            self.wfile.write(b"550 no such user\r\n")
                            continue
                        receivers.append(receiver)
                    self.wfile.write(b"250 fine\r\n")

        class Sink(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

        self.server = Sink(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
