"""tidemill report usage: beside the script it replaces, on bad days, and for hostile names."""
import csv
import io
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

from client import Server, binary, tidemill
from flows import Flow, call, channel, direct, http
from peers import HttpPeer
from unruly import Unruly

DATA = pathlib.Path(__file__).resolve().parents[1] / "data" / "usage"
FLOWS = 70


class Tenant(Server):
    """A server on the rows of --sample."""

    def __init__(self, tmp):
        self.made = tmp / "data"
        done = tidemill("report", "usage", "--sample", "--sample-flows", FLOWS, "--sample-rows", 6000, "--data", self.made, "--out",
                        tmp / "x.csv", "--progress", "none")
        assert done.returncode == 0, done.stderr
        super().__init__("--retention-days", "36500", "--log-level", "error", "--data", str(self.made))

    def month(self):
        """The last month but one: it is all there."""
        import datetime
        first = datetime.date.today().replace(day=1)
        return ((first - datetime.timedelta(days=1)).replace(day=1) - datetime.timedelta(days=1)).strftime("%Y-%m")


@pytest.fixture(scope="module")
def tenant(tmp_path_factory):
    t = Tenant(tmp_path_factory.mktemp("tenant"))
    yield t
    t.close()


def key(url, folder):
    path = folder / "config.json"
    path.write_text(json.dumps({"oauth": {"url": url, "tokenurl": url + "/oauth/token", "clientid": "dev", "clientsecret": "dev",
                                          "createdate": "2026-01-01T00:00:00.000Z"}}))
    return path


def report(url, folder, *more, env=None):
    done = subprocess.run([binary(), "report", "usage", "--key", str(key(url, folder)), "--progress", "none", "--no-limits", *more],
                          cwd=folder, capture_output=True, timeout=110, env={**os.environ, "XDG_CACHE_HOME": str(folder), **(env or {})})
    assert b"Sanitizer" not in done.stderr, done.stderr.decode()
    return done


def rows_of(done):
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()


def script_rows(url, folder, day):
    pytest.importorskip("requests")  # the script's only need
    (folder / "script.py").write_text((DATA / "script.py").read_text())
    key(url, folder)
    done = subprocess.run([sys.executable, str(DATA / "today.py"), day, "script.py"], cwd=folder, capture_output=True, timeout=110)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    return next(folder.glob("CIAnalysisResults *.CSV")).read_text().splitlines()


def day_after(month):
    year, number = map(int, month.split("-"))
    return f"{year + number // 12}-{number % 12 + 1:02}-09"


def url_of(server):
    return f"http://127.0.0.1:{server.port}"


def test_the_same_rows_as_the_script(tenant, tmp_path):
    month = tenant.month()
    if month.endswith("-12"):
        pytest.skip("the script crashes in January")
    ours = rows_of(report(url_of(tenant), tmp_path, "--month", month, "--out", "-"))
    theirs = script_rows(url_of(tenant), tmp_path, day_after(month))
    assert [line for line in ours if not line.startswith(";")] == theirs
    assert sum(int(line.rsplit(";", 1)[1]) for line in theirs[1:]) > 300
    assert sum(line.startswith(";") for line in ours) == 4  # deployed without a design-time twin: the script never sees them


def test_january_where_the_script_crashes(tenant, tmp_path):
    import datetime
    year = datetime.date.today().year - (datetime.date.today().month == 12)
    with pytest.raises(RuntimeError, match="month must be in 1..12"):
        script_rows(url_of(tenant), tmp_path, f"{year}-01-15")
    (tmp_path / "config.json").unlink()
    december = f"{year - 1}-12"
    done = report(url_of(tenant), tmp_path, "--month", december, "--out", "-")
    by_day = report(url_of(tenant), tmp_path, "--from", f"{december}-01", "--to", f"{december}-31", "--out", "-")
    assert rows_of(done) == rows_of(by_day) and sum(int(line.rsplit(";", 1)[1]) for line in rows_of(done)[1:]) > 100
    counted = tenant.get(f"/MessageProcessingLogs/$count?$filter=LogEnd ge datetime'{december}-01T00:00:00'"
                         f" and LogEnd lt datetime'{year}-01-01T00:00:00'")
    assert sum(int(line.rsplit(";", 1)[1]) for line in rows_of(done)[1:]) == int(counted.text)


def test_without_grouped_logs(tenant, tmp_path):
    """Only SAP's API; by all rows, and by counts when that takes fewer calls."""
    month = tenant.month()
    whole = rows_of(report(url_of(tenant), tmp_path, "--month", month, "--out", "-"))
    for logs in ("rows", "counts"):
        assert rows_of(report(url_of(tenant), tmp_path, "--month", month, "--out", "-", "--logs", logs)) == whole


TROUBLE = {"reset": 13, 429: 7, 500: 11, 503: 17}


def test_a_bad_day(tenant, tmp_path):
    month = tenant.month()
    whole = rows_of(report(url_of(tenant), tmp_path, "--month", month, "--out", "-"))
    with Unruly(tenant.port, TROUBLE) as bad:
        assert rows_of(report(bad.url, tmp_path, "--month", month, "--out", "-")) == whole
        assert rows_of(report(bad.url, tmp_path, "--month", month, "--out", "-", "--logs", "counts")) == whole
        assert bad.tokens > 2 and bad.calls > 100
        assert not list(tmp_path.glob("tidemill/report-*")), "the journal goes when the report is complete"


def test_what_fails_for_good_is_listed_and_asked_again(tenant, tmp_path):
    month = tenant.month()
    whole = rows_of(report(url_of(tenant), tmp_path, "--month", month, "--out", "-"))
    with Unruly(tenant.port, broken="('HR01')") as bad:
        done = report(bad.url, tmp_path, "--month", month, "--out", "-")
        assert done.returncode == 8, done.stderr.decode()
        assert b"missing: Integration HR01: 500 bad day" in done.stderr
        assert not any(line.startswith("HR01;") for line in done.stdout.decode().splitlines())
        bad.broken, bad.seen = None, []
        assert rows_of(report(bad.url, tmp_path, "--month", month, "--out", "-")) == whole
        asked = [p for p in bad.seen if "DesigntimeArtifacts" in p]
        assert asked and all("HR01" in p for p in asked), "the rest is in the journal"


def test_an_interrupted_run_goes_on(tenant, tmp_path):
    month = tenant.month()
    whole = rows_of(report(url_of(tenant), tmp_path, "--month", month, "--out", "-"))
    with Unruly(tenant.port) as slow:
        slow.pause = 0.1
        running = subprocess.Popen([binary(), "report", "usage", "--key", str(key(slow.url, tmp_path)), "--no-limits", "--month", month],
                                   cwd=tmp_path, stderr=subprocess.DEVNULL, env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)})
        while len(slow.seen) < 30:
            time.sleep(0.02)
        running.kill()
        running.wait()
        before, slow.seen, slow.pause = [p for p in slow.seen if "Designtime" in p], [], 0
        assert rows_of(report(slow.url, tmp_path, "--month", month, "--out", "-")) == whole
        again = [p for p in slow.seen if "Designtime" in p]
        assert len(before) > 15 and len(again) <= 50 - len(before) + 4, (len(before), len(again))


def test_no_way_in(tenant, tmp_path):
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps({"oauth": {"url": url_of(tenant), "tokenurl": url_of(tenant) + "/oauth/token", "clientid": "dev",
                                          "clientsecret": "hunter2"}}))
    done = tidemill("report", "usage", "--key", path, "--out", "-", "--progress", "none")
    assert done.returncode == 4 and b"hunter2" not in done.stderr + done.stdout
    path.write_text('{"oauth":{"clientid":"x"}}')
    assert tidemill("report", "usage", "--key", path, "--out", "-").returncode != 0


def test_key_shapes_and_profiles(tenant, tmp_path):
    whole = rows_of(report(url_of(tenant), tmp_path, "--month", "2026-09", "--out", "-"))
    url = url_of(tenant)
    for shape in ({"url": url, "tokenurl": url + "/oauth/token", "clientid": "dev", "clientsecret": "dev"},
                  {"credentials": {"oauth": {"url": url + "/", "tokenurl": url + "/oauth/token", "clientid": "dev", "clientsecret": "dev"}}},
                  {"uaa": {"url": url, "clientid": "dev", "clientsecret": "dev"}, "url": url}):
        (tmp_path / "prod.json").write_text(json.dumps(shape))
        done = tidemill("report", "usage", "--env", "prod", "--month", "2026-09", "--out", "-", "--progress", "none",
                        env={"TIDEMILL_HOME": str(tmp_path)})
        assert rows_of(done) == whole
    done = tidemill("report", "usage", "--url", url, "--token-url", url + "/oauth/token", "--client-id", "dev", "--month", "2026-09",
                    "--out", "-", "--progress", "none", env={"TIDEMILL_CLIENT_SECRET": "dev"})
    assert rows_of(done) == whole


def test_files_progress_and_json(tenant, tmp_path):
    done = report(url_of(tenant), tmp_path, "--month", "2026-09", "--progress", "json")
    assert done.returncode == 0
    assert json.loads(done.stderr.decode().splitlines()[-2])["event"] == "report.progress"
    name = next(tmp_path.glob("CIAnalysisResults *.CSV")).name
    import datetime
    datetime.datetime.strptime(name, "CIAnalysisResults %m-%d-%Y %H-%M-%S.CSV")
    objects = json.loads(report(url_of(tenant), tmp_path, "--month", "2026-09", "-o", "json", "--out", "-").stdout)
    assert list(objects[0]) == ["IntegrationPackageId", "IntegrationPackageVendor", "IflowId", "IflowName", "Status", "Deployed",
                                "MessageCount"]
    table = report(url_of(tenant), tmp_path, "--month", "2026-09", "-o", "table").stdout.decode()
    assert "p95 ms" in table.splitlines()[0] and len(table.splitlines()) == len(objects) + 1
    page = report(url_of(tenant), tmp_path, "--month", "2026-09", "-o", "html", "--out", "-").stdout.decode()
    assert page.startswith("<!doctype html>") and "http://" not in page.replace(url_of(tenant), "").replace("http://www.w3.org", "")


@pytest.fixture(scope="module")
def server():
    s = Server()
    yield s
    s.close()


def test_hostile_names_and_edits(server, tmp_path):
    """Separators, quotes and formulas in names; edited is what the content says."""
    server.post("/IntegrationPackages", {"Id": "PKG", "Name": "Pkg", "ShortText": "x", "Vendor": '=cmd|"/c calc";A1'})
    for name in ("Plain", "Überweisung"):
        answer = server.post("/IntegrationDesigntimeArtifacts", {"Id": "F" + str(len(name)), "Name": name, "PackageId": "PKG"})
        assert answer.status == 201, answer
    lines = list(csv.reader(io.StringIO(report(url_of(server), tmp_path, "--out", "-").stdout.decode()), delimiter=";"))
    assert lines[1][1] == '\'=cmd|"/c calc";A1' and all(len(line) == 7 for line in lines)
    assert {line[3] for line in lines[1:]} == {"Plain", "Überweisung"}
    assert {line[4] for line in lines[1:]} == {"NOT EDITED"}
    # saved again without a change: the script says EDITED, the content says otherwise
    content = server.get("/IntegrationDesigntimeArtifacts(Id='F5',Version='active')/$value").body
    import base64
    time.sleep(0.01)
    assert server.put("/IntegrationDesigntimeArtifacts(Id='F5',Version='active')",
                      {"Name": "Plain", "ArtifactContent": base64.b64encode(content).decode()}).status == 200
    by = {how: [line[4] for line in list(csv.reader(rows_of(report(url_of(server), tmp_path, "--out", "-", "--edited", how)),
                                                    delimiter=";"))[1:]] for how in ("content", "timestamps")}
    assert by == {"content": ["NOT EDITED"] * 2, "timestamps": ["EDITED", "NOT EDITED"]}, by


def test_what_is_sent_is_counted(tmp_path):
    """Calls in slices of 250 KB; calls from flow to flow do not count; other kinds of artifacts are listed."""
    peer = HttpPeer()
    s = Server("--map-host", f"https://erp.example.com={peer.url}")
    try:
        inner = Flow("Inner", [call(http("https://erp.example.com/b"))], sender=direct("/inner"))
        s.run_flow("Inner", inner.bundle())
        path = s.run(Flow("Outer", [call(channel("ProcessDirect", address="/inner")), call(http("https://erp.example.com/a"))]))
        for size in (600 << 10, 10):
            assert s.send(path, b"x" * size).status == 200
        now = int(time.time() * 1000)
        flows = {f["id"]: f for f in json.loads(s.raw("GET", f"/tidemill/v1/usage?edges={now - 3600000},{now + 3600000}",
                                                      Authorization=s.bearer()).body)["flows"]}
        assert sum(f["calls"] for f in flows.values()) == 4
        assert sum(f["messages"] for f in flows.values()) == len(s.get("/MessageProcessingLogs").results)
        assert sum(f["bytes"] for f in flows.values()) >= (600 << 10) + 10
        assert sum(f["billable"] for f in flows.values()) >= 6
        assert s.raw("GET", "/tidemill/v1/usage?edges=5,4", Authorization=s.bearer()).status == 400
        listed = rows_of(report(url_of(s), tmp_path, "--kinds", "all", "--out", "-"))
        assert len(listed) == 3 and all(line.split(";")[5] == "YES" for line in listed[1:])
    finally:
        s.close()
        peer.close()


def test_wrong_arguments():
    for wrong in (["--month", "2026-13"], ["--from", "2026-02-30", "--to", "2026-03-01"], ["--from", "2026-03-01"], ["-o", "xml"], ["--logs", "x"],
                  ["--zone", "Mars/Base"], ["--from", "2026-03-02", "--to", "2026-03-01"], ["--month", "2026-01", "--from", "2026-01-01"]):
        assert tidemill("report", "usage", "--user", "dev", *wrong, "--out", "-").returncode == 2, wrong
