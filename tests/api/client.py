"""A server under test and a small HTTP client for it; only the standard library."""
import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse

API = "/api/v1"


def binary():
    """BIN, or the newest build*/tidemill."""
    if os.environ.get("BIN"):
        return os.environ["BIN"]
    root = pathlib.Path(__file__).resolve().parents[2]
    found = sorted(root.glob("build*/**/tidemill"), key=lambda p: p.stat().st_mtime)
    assert found, "no build*/tidemill; build it, or set BIN"
    return str(found[-1])


def quoted(text):
    return urllib.parse.quote(str(text).replace("'", "''"), safe="")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.text = body.decode("utf-8", "replace")

    def header(self, name):
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)

    @property
    def cookies(self):
        return "; ".join(v.split(";")[0] for k, v in self.headers if k.lower() == "set-cookie")

    @property
    def d(self):
        return json.loads(self.body)["d"]

    @property
    def results(self):
        return self.d["results"]

    @property
    def error(self):
        return json.loads(self.body)["error"]

    def __repr__(self):
        return f"{self.status} {self.text[:400]}"


SANITIZER = re.compile(r"^.*(ERROR: \w+Sanitizer|runtime error:|WARNING: ThreadSanitizer).*$", re.M)


def tidemill(*arguments, stdin=None, env=None, timeout=60):
    """Runs a command to its end; stdout and stderr are bytes."""
    done = subprocess.run([binary(), *map(str, arguments)], input=stdin if stdin is not None else b"", capture_output=True,
                          timeout=timeout, env={**os.environ, **(env or {})})
    assert not SANITIZER.search(done.stderr.decode("utf-8", "replace")), done.stderr.decode("utf-8", "replace")
    return done


class Server:
    """env: added to the environment; dev=False: as in production."""

    def __init__(self, *arguments, dev=True, env=None):
        self.directory = tempfile.mkdtemp(prefix="tidemill-api-")
        self.arguments = (["--dev"] if dev else []) + list(arguments)
        self.env = {**os.environ, **(env or {})}
        self.token = None
        self.start()

    def start(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.log_path = os.path.join(self.directory, "log")
        self.log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            [binary(), "serve", "--data", os.path.join(self.directory, "data"), "--listen", f"127.0.0.1:{self.port}",
             *self.arguments], stdout=self.log, stderr=subprocess.STDOUT, env=self.env)
        end = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("the server did not start:\n" + self.tail()) from None
                time.sleep(0.01)

    def whole_log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def tail(self):
        return self.whole_log()[-4000:]

    def stop(self, kill=False):
        self.process.kill() if kill else self.process.terminate()
        status = self.process.wait(20)
        self.log.close()
        return status

    def close(self):
        status = self.stop()
        log = self.whole_log()
        report = SANITIZER.search(log)
        shutil.rmtree(self.directory, ignore_errors=True)
        assert not report, log[report.start():][:6000]
        assert status == 0, f"exit code {status}:\n{log[-4000:]}"

    # ---- requests ----
    def raw(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            try:
                connection.request(method, path, body, {k if k.startswith("SAP_") else k.replace("_", "-"): v for k, v in headers.items()})
            except BrokenPipeError:
                pass  # refused before all of it was sent: the answer is there
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def bearer(self):
        if not self.token:
            answer = self.raw("POST", "/oauth/token", "grant_type=client_credentials", Authorization=basic("dev", "dev"),
                              Content_Type="application/x-www-form-urlencoded")
            assert answer.status == 200, answer
            self.token = json.loads(answer.body)["access_token"]
        return "Bearer " + self.token

    def call(self, method, path, content=None, **headers):
        headers = {"Authorization": self.bearer(), "Accept": "application/json", **headers}
        if content is not None:
            headers.setdefault("Content_Type", "application/json")
            content = json.dumps(content)
        return self.raw(method, API + urllib.parse.quote(path, safe="%/:=&?~#+!$,;'@()*[]"), content, **headers)

    def get(self, path, **headers):
        return self.call("GET", path, **headers)

    def post(self, path, content=None, **headers):
        return self.call("POST", path, content, **headers)

    def put(self, path, content=None, **headers):
        return self.call("PUT", path, content, **headers)

    def delete(self, path, **headers):
        return self.call("DELETE", path, **headers)

    # ---- what many tests do ----
    def package(self, package_id):
        answer = self.post("/IntegrationPackages", {"Id": package_id, "Name": package_id, "ShortText": "for tests"})
        assert answer.status in (201, 409), answer
        return package_id

    def upload(self, kind, artifact_id, package_id, content, name=None):
        from bundles import encoded
        self.package(package_id)
        return self.post(f"/{kind}DesigntimeArtifacts", {"Name": name or artifact_id, "Id": artifact_id,
                                                         "PackageId": package_id, "ArtifactContent": encoded(content)})

    def deploy(self, kind, artifact_id, want="STARTED"):
        answer = self.post(f"/Deploy{kind}DesigntimeArtifact?Id='{artifact_id}'&Version='active'")
        assert answer.status == 202, answer
        status = self.wait_deployed(artifact_id)
        assert status == want, (status, self.get(f"/IntegrationRuntimeArtifacts('{artifact_id}')/ErrorInformation/$value"))
        return answer

    def wait_deployed(self, artifact_id, seconds=15):
        end = time.monotonic() + seconds
        while True:
            answer = self.get(f"/IntegrationRuntimeArtifacts('{artifact_id}')")
            status = answer.d["Status"] if answer.status == 200 else str(answer.status)
            if status in ("STARTED", "ERROR") or time.monotonic() > end:
                return status
            time.sleep(0.005)

    def wait_ready(self, seconds=20):
        """After a restart: until all that ran before runs again."""
        end = time.monotonic() + seconds
        while self.raw("GET", "/readyz").status != 200 and time.monotonic() < end:
            time.sleep(0.02)

    def mpl(self, answer_or_id, seconds=5):
        """The log of a message, once it is final."""
        guid = answer_or_id if isinstance(answer_or_id, str) else answer_or_id.header("SAP_MessageProcessingLogID")
        end = time.monotonic() + seconds
        while True:
            answer = self.get(f"/MessageProcessingLogs('{guid}')")
            if answer.status == 200 and answer.d["Status"] != "PROCESSING" or time.monotonic() > end:
                assert answer.status == 200, answer
                return answer.d
            time.sleep(0.01)

    def mpl_error(self, answer):
        return self.get(f"/MessageProcessingLogs('{answer.header('SAP_MessageProcessingLogID')}')/ErrorInformation/$value").text

    def logs_of(self, flow, least=1, seconds=5):
        """The final logs of a flow's messages, newest first, when there are at least so many."""
        end = time.monotonic() + seconds
        while True:
            rows = self.get(f"/MessageProcessingLogs?$filter=IntegrationFlowName eq '{flow}' and Status ne 'PROCESSING'"
                            "&$orderby=LogEnd desc").results
            if len(rows) >= least or time.monotonic() > end:
                return rows
            time.sleep(0.02)

    def redeploy(self, artifact_id, content):
        from bundles import encoded
        answer = self.put(f"/IntegrationDesigntimeArtifacts(Id='{artifact_id}',Version='active')", {"ArtifactContent": encoded(content)})
        assert answer.status == 200, answer
        self.deploy("Integration", artifact_id)

    def run(self, flow):
        """Uploads and deploys a flow of flows.py; returns its address."""
        self.run_flow(flow.id, flow.bundle())
        return "/http/" + flow.id.lower()

    def alive(self):
        return self.raw("GET", "/livez").status == 200

    def run_flow(self, artifact_id, content, package_id="tests"):
        """Uploads and deploys an integration flow."""
        answer = self.upload("Integration", artifact_id, package_id, content)
        assert answer.status == 201, answer
        self.deploy("Integration", artifact_id)

    def send(self, path, body=b"", **headers):
        return self.raw("POST", path, body, Authorization=basic("dev", "dev"), **headers)


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
