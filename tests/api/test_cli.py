"""The command line: every command, exit codes, settings, secrets, first start, TLS."""
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request
import zipfile

import pytest
from client import SANITIZER, Server, basic, binary, tidemill
from flows import Flow, call, http, modifier, otherwise, router, step, when
from peers import HttpPeer

BROKEN = step("XmlToJsonConverter")


@pytest.fixture(scope="module")
def server():
    s = Server()
    yield s
    s.close()


@pytest.fixture(scope="module")
def url(server):
    return "--url", f"http://127.0.0.1:{server.port}"


@pytest.fixture
def bundle(tmp_path):
    """Writes a flow to a file; returns its path."""
    def write(flow):
        path = tmp_path / (flow.id + ".zip")
        path.write_bytes(flow.bundle())
        return path
    return write


def text(done, code=0):
    assert done.returncode == code, done
    return done.stdout.decode()


def rows(done, code=0):
    return json.loads(text(done, code))


# ---- help and its like ----
def commands():
    listed = re.findall(r"^  ((?:[a-z]+ )?[a-z]+) {2,}\S", text(tidemill("help")), re.M)
    assert {"serve", "run", "deploy", "logs", "flow explain", "user list", "user add", "user remove", "key create", "help",
            "completion", "man"} <= set(listed)
    return listed


def test_help():
    assert text(tidemill("--help")) == text(tidemill("-h")) == text(tidemill("help"))
    assert tidemill().returncode == 2
    assert re.fullmatch(r"tidemill \d+\.\d+\.\d+\n", text(tidemill("--version")))
    for name in commands():
        page = text(tidemill("help", *name.split()))
        assert f"usage: tidemill {name}" in page and page == text(tidemill(*name.split(), "--help")), name
        assert "--output" in page and "--config" in page
    assert "7  " in text(tidemill("help", "exit-codes"))
    assert tidemill("help", "nonsense").returncode == 2


def test_help_of_a_group():
    page = text(tidemill("help", "mapping"))
    assert page == text(tidemill("mapping", "--help")) == text(tidemill("mapping"), 2)
    assert "mapping explain" in page and "mapping run" in page and "flow explain" not in page


def test_usage_errors():
    for words, hint in ((["srve"], "did you mean 'serve'"), (["frobnicate"], "see 'tidemill help'"),
                        (["flow", "explian"], "did you mean 'flow explain'"), (["flow", "x" * 9], "see 'tidemill help flow'"), (["serve", "--lisen", "x"], "did you mean 'listen'"),
                        (["run", "x.zip", "--hedar", "a=b"], "did you mean 'header'"), (["run"], "usage: tidemill run"),
                        (["logs", "--top", "many"], "--top wants a number"), (["serve", "--data"], "--data wants a value"),
                        (["completion", "fish"], "fish"), (["serve", "--log-level", "loud"], "debug|info|warn|error"),
                        (["logs", "-o", "xml"], "table|json"), (["serve", "--log-format", "yaml"], "json|text")):
        done = tidemill(*words)
        assert done.returncode == 2 and hint in done.stderr.decode() and not done.stdout, (words, done)


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion(shell, tmp_path):
    script = tmp_path / "completion"
    script.write_text(text(tidemill("completion", shell)))
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    checked = subprocess.run([shell, "-n", script], capture_output=True)
    assert checked.returncode == 0 and not checked.stderr, checked


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
@pytest.mark.parametrize("words,want,unwanted", [
    (["tidemill", "se"], {"serve"}, {"run"}), (["tidemill", "run", "--map"], {"--map-host", "--map-smtp"}, {"--listen"}),
    (["tidemill", "user", "a"], {"add"}, {"list"}), (["tidemill", "serve", "--de"], {"--dev"}, {"--data"}),
    (["tidemill", "user", "add", "--ro"], {"--role"}, set()), (["tidemill", "completion", "z"], {"zsh"}, {"bash"}),
])
def test_completion_completes(words, want, unwanted, tmp_path):
    script = tmp_path / "completion"
    script.write_text(text(tidemill("completion", "bash")))
    ask = (f"source {script}; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _tidemill; "
           'printf "%s\\n" "${COMPREPLY[@]}"')
    found = set(subprocess.run(["bash", "-c", ask], capture_output=True, text=True, cwd=tmp_path).stdout.split())
    assert want <= found and not unwanted & found, found


def test_man(tmp_path):
    page = tmp_path / "tidemill.1"
    page.write_text(text(tidemill("man")))
    if not shutil.which("groff"):
        pytest.skip("no groff here")
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-b", str(page)], capture_output=True)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()
    shown = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout.decode())
    for name in [*commands(), "--map-host", "TIDEMILL_<NAME>", "EXIT STATUS"]:
        assert name in shown, name


# ---- run and explain ----
def test_run(bundle, tmp_path):
    flow = bundle(Flow("Echo", [modifier(body="${header.a}-${property.p}-${in.body}")]))
    body = tmp_path / "body"
    body.write_bytes(b"from file")
    options = ("--header", "a=1=2", "--property", "p=x")
    assert text(tidemill("run", flow, "--body", body, *options)) == "1=2-x-from file"
    assert text(tidemill("run", flow, "--body=-", "-H", "a=", "-p", "p=", stdin="grüß".encode())) == "--grüß"
    assert text(tidemill("run", flow)) == "--"
    seen = rows(tidemill("run", flow, "--body", body, *options, "-o", "json"))
    assert seen["status"] == "COMPLETED" and seen["error"] is None and seen["body"] == "1=2-x-from file"
    assert seen["headers"]["a"] == "1=2" and seen["properties"]["p"] == "x"


def test_run_folder(bundle, tmp_path):
    with zipfile.ZipFile(bundle(Flow("Folder", [modifier(body="unpacked")]))) as z:
        z.extractall(tmp_path / "flow")
    assert text(tidemill("run", f"{tmp_path}/flow/")) == "unpacked"


def test_run_failures(bundle, tmp_path):
    failing = bundle(Flow("Failing", [modifier(body="no xml"), BROKEN]))
    done = tidemill("run", failing)
    assert done.returncode == 7 and not done.stdout and b"tidemill: " in done.stderr
    seen = rows(tidemill("run", failing, "-o", "json"), 7)
    assert seen["status"] == "FAILED" and seen["error"]
    broken = tidemill("run", bundle(Flow("Broken", [step("Teleporter"), step("TimeMachine")])))
    assert broken.returncode == 1 and b"Teleporter" in broken.stderr and b"TimeMachine" in broken.stderr
    assert tidemill("run", tmp_path / "nothing.zip").returncode == 3
    (tmp_path / "text.zip").write_text("no zip")
    assert tidemill("run", tmp_path / "text.zip").returncode == 1
    assert tidemill("run", failing, "--header", "novalue").returncode in (1, 2)


def test_trace(bundle):
    flow = bundle(Flow("Traced", [modifier(body="first"), router(when("${in.body} = 'first'", [modifier(body="second")]), otherwise([]))]))
    done = tidemill("run", flow, "--trace")
    trace = done.stderr.decode()
    assert text(done) == "second" and trace.count(" ms  ") >= 3
    assert "ContentModifier" in trace and "Router" in trace and "P0_Step_1" in trace and "first" in trace


def test_run_with_mapped_host(bundle):
    peer = HttpPeer(lambda seen: (200, [], b"from the mock: " + seen.path.encode()))
    try:
        flow = bundle(Flow("Mapped", [call(http("https://erp.example.com/orders"))]))
        assert text(tidemill("run", flow, "--map-host", f"https://erp.example.com={peer.url}", "--body=-", stdin=b"x")) == "from the mock: /orders"
        assert text(tidemill("run", flow, env={"TIDEMILL_MAP_HOST": f"*={peer.url}"})) == "from the mock: /orders"
    finally:
        peer.close()


def test_explain(bundle):
    shown = text(tidemill("flow", "explain", bundle(Flow("Explained", [modifier(body="x"), call(http("http://example.com/x"))]))))
    assert "ContentModifier" in shown and "/http/explained" in shown and "HTTP to" in shown
    lacking = tidemill("flow", "explain", bundle(Flow("Lacking", [step("Teleporter"), step("TimeMachine")])))
    assert lacking.returncode != 0 and b"Teleporter" in lacking.stdout + lacking.stderr and b"TimeMachine" in lacking.stdout + lacking.stderr


# ---- against a server ----
def test_deploy_and_logs(server, url, bundle):
    good, bad = bundle(Flow("CliGood", [modifier(body="fine")])), bundle(Flow("CliBad", [step("Teleporter")]))
    shown = rows(tidemill("deploy", good, "--package", "Cli", *url, "-o", "json"))
    assert [(r["id"], r["status"]) for r in shown] == [("CliGood", "STARTED")]
    assert shown[0]["endpoints"] == f"http://127.0.0.1:{server.port}/http/cligood"
    assert server.send("/http/cligood", b"x").text == "fine"
    both = tidemill("deploy", good, bad, *url, "-o", "json")
    assert both.returncode == 1
    assert [(r["id"], r["status"]) for r in json.loads(both.stdout)] == [("CliGood", "STARTED"), ("CliBad", "ERROR")]
    assert "Teleporter" in json.loads(both.stdout)[1]["reason"]
    logs = rows(tidemill("logs", "--flow", "CliGood", *url, "-o", "json"))
    assert len(logs) == 1 and logs[0]["status"] == "COMPLETED" and logs[0]["flow"] == "CliGood"
    assert rows(tidemill("logs", logs[0]["message"], *url, "-o", "json")) == logs
    assert rows(tidemill("logs", "--status", "FAILED", *url, "-o", "json")) == []
    assert logs[0]["message"] in text(tidemill("logs", *url))
    assert tidemill("logs", "nobody", *url).returncode == 3


def test_logs_of_failures(server, url, bundle):
    assert tidemill("deploy", bundle(Flow("CliFails", [modifier(body="no xml"), BROKEN])), *url).returncode == 0
    server.send("/http/clifails", b"x")
    seen = rows(tidemill("logs", "-f", "CliFails", "-s", "FAILED", *url, "-o", "json"))
    assert len(seen) == 1 and "XML" in seen[0]["error"]


def test_users_and_keys(server, url, tmp_path, bundle):
    password = tmp_path / "password"
    password.write_text("long-enough-password\n")
    assert tidemill("user", "add", "clara", "--role", "PI_Administrator", "--new-password-file", password, *url).returncode == 0
    assert ("clara", "user", "PI_Administrator") in [(r["name"], r["kind"], r["roles"]) for r in rows(tidemill("user", "list", *url, "-o", "json"))]
    as_clara = ("--user", "clara", "--password-file", password)
    assert "clara" in text(tidemill("user", "list", *url, *as_clara))
    assert "clara" in text(tidemill("user", "list", *url, "--user", "clara", env={"TIDEMILL_PASSWORD": "long-enough-password"}))
    assert tidemill("user", "list", *url, "--user", "clara", env={"TIDEMILL_PASSWORD": "wrong"}).returncode == 4
    assert tidemill("user", "list", *url, "--user", "clara").returncode == 4
    key = tmp_path / "key.json"
    key.write_bytes(tidemill("key", "create", *url, *as_clara).stdout)
    assert set(json.loads(key.read_text())["oauth"]) >= {"clientid", "clientsecret", "url", "tokenurl"}
    flow = bundle(Flow("ByKey", [modifier(body="x")]))
    assert rows(tidemill("deploy", flow, "--key", key, "-o", "json"))[0]["status"] == "STARTED"
    assert tidemill("user", "list", "--key", key).returncode == 4  # a developer's key
    piper = tmp_path / "flat.json"
    piper.write_text(json.dumps(json.loads(key.read_text())["oauth"]))
    assert tidemill("logs", "--key", piper).returncode == 0
    bad = json.loads(key.read_text())
    bad["oauth"]["clientsecret"] = "wrong"
    piper.write_text(json.dumps(bad))
    refused = tidemill("logs", "--key", piper)
    assert refused.returncode == 4 and b"wrong" not in refused.stderr
    assert tidemill("user", "remove", "clara", *url).returncode == 0
    assert tidemill("user", "remove", "clara", *url).returncode == 3
    everything = server.whole_log()
    for secret in ("long-enough-password", json.loads(key.read_text())["oauth"]["clientsecret"]):
        assert secret not in everything


def test_nobody_listens():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    assert tidemill("logs", "--url", f"http://127.0.0.1:{port}").returncode == 6
    assert tidemill("logs", "--key", "/nowhere/key.json").returncode in (1, 3)


# ---- serve: settings ----
class Started:
    """A server whose stdout and stderr are kept apart, started as given."""

    def __init__(self, *arguments, env=None, scheme="http", port=None):
        self.process = subprocess.Popen([binary(), "serve", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, **(env or {})})
        self.port = port
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                time.sleep(0.01)

    def stop(self):
        self.process.terminate()
        out, err = self.process.communicate(timeout=20)
        assert not SANITIZER.search(err), err
        assert self.process.returncode == 0, (out, err)
        return out, err


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def status_of(url, user, password, context=None):
    request = urllib.request.Request(url, headers={"Authorization": basic(user, password), "Accept": "application/json"})
    try:
        return urllib.request.urlopen(request, timeout=10, context=context).status
    except urllib.error.HTTPError as e:
        return e.code


def test_first_start_prints_secrets_once(tmp_path):
    port = free_port()
    arguments = ("--data", tmp_path / "data", "--listen", f"127.0.0.1:{port}")
    s = Started(*arguments, port=port)
    base = f"http://127.0.0.1:{port}"
    assert status_of(base + "/api/v1/IntegrationPackages", "dev", "dev") == 401
    out, err = s.stop()
    password = re.search(r"password +(\S+)", out).group(1)
    key = json.loads(re.search(r"\{.*\}", out).group(0))["oauth"]
    assert "admin" in out and password not in err and key["clientsecret"] not in err
    s = Started(*arguments, port=port)
    try:
        assert status_of(base + "/api/v1/IntegrationPackages", "admin", password) == 200
        assert status_of(base + "/api/v1/IntegrationPackages", "admin", "dev") == 401
        (tmp_path / "key.json").write_text(json.dumps({"oauth": key}))
        assert tidemill("user", "list", "--key", tmp_path / "key.json").returncode == 0
    finally:
        out, err = s.stop()
    assert password not in out + err and "password" not in out
    for file in pathlib.Path(tmp_path / "data").rglob("*"):
        if file.is_file():
            assert file.stat().st_mode & 0o077 == 0, (file, oct(file.stat().st_mode))
            assert password.encode() not in file.read_bytes() and key["clientsecret"].encode() not in file.read_bytes(), file


def test_exposure(tmp_path):
    for words, hint in ((["--listen", "0.0.0.0:0"], "--tls-cert"), (["--listen", ":0"], "--tls-cert"),
                        (["--dev", "--listen", "0.0.0.0:0"], "loopback"), (["--dev", "--listen", "0.0.0.0:0", "--allow-plain"], "loopback"),
                        (["--dev", "--workers", "100000"], "256"), (["--dev", "--base-url", "nonsense"], "--base-url"),
                        (["--dev", "--map-host", "nonsense"], "FROM=TO"), (["--dev", "--store", "postgresql://x/y"], "postgresql"),
                        (["--dev", "--data", "/proc/x"], "/proc/x"), (["--listen", "nonsense"], "HOST:PORT"), (["--listen", "127.0.0.1:99999"], "HOST:PORT"),
                        (["--listen", "0.0.0.0:0", "--tls-cert", tmp_path / "no.pem", "--tls-key", tmp_path / "no.pem"], "no.pem")):
        done = tidemill("serve", "--data", tmp_path / "data", *words, timeout=20)
        assert done.returncode in (1, 2, 3) and hint in done.stderr.decode(), (words, done)
    first = Server()
    try:
        second = tidemill("serve", "--dev", "--data", os.path.join(first.directory, "data"), "--listen", "127.0.0.1:0", timeout=20)
        assert second.returncode == 6 and str(first.process.pid) in second.stderr.decode(), second
    finally:
        first.close()
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        taken = tidemill("serve", "--dev", "--data", tmp_path / "data", "--listen", f"127.0.0.1:{s.getsockname()[1]}", timeout=20)
        assert taken.returncode not in (0, None) and b"tidemill: " in taken.stderr


def test_settings_from_environment_and_file(tmp_path):
    port, other = free_port(), free_port()
    config = tmp_path / "tidemill.conf"
    config.write_text(f"# settings\ndata = {tmp_path}/from-file\nlisten = 127.0.0.1:{other}\ndev = true\nretention-days = 3\n")
    s = Started("--config", config, env={"TIDEMILL_LISTEN": f"127.0.0.1:{port}"}, port=port)  # the environment wins over the file
    assert status_of(f"http://127.0.0.1:{port}/api/v1/IntegrationPackages", "dev", "dev") == 200
    s.stop()
    assert (tmp_path / "from-file").is_dir()
    s = Started("--listen", f"127.0.0.1:{port}", "--dev=true", "--data", tmp_path / "flag",
                env={"TIDEMILL_LISTEN": f"127.0.0.1:{other}", "TIDEMILL_CONFIG": str(config)}, port=port)  # flags win
    s.stop()
    assert (tmp_path / "flag").is_dir()
    config.write_text("lisen = x\n")
    wrong = tidemill("serve", "--config", config)
    assert wrong.returncode == 2 and b"did you mean 'listen'" in wrong.stderr
    assert tidemill("serve", "--config", tmp_path / "no.conf").returncode == 2


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl")
def test_tls(tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert,
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    port = free_port()
    s = Started("--data", tmp_path / "data", "--listen", f"0.0.0.0:{port}", "--tls-cert", cert, "--tls-key", key, "--base-url",
                f"https://localhost:{port}", port=port)
    context = ssl.create_default_context(cafile=str(cert))
    try:
        assert urllib.request.urlopen(f"https://127.0.0.1:{port}/livez", timeout=10, context=context).status == 200
        with pytest.raises(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=5)
    finally:
        out, _ = s.stop()
    assert f"https://localhost:{port}" in out  # the service key's URL
    mismatch = tidemill("serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", "--tls-cert", cert, timeout=20)
    assert mismatch.returncode != 0 and b"tidemill: " in mismatch.stderr
