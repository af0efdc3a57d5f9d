"""What outlives a message: data stores, variables, timers, deployments, logs; who may call (semantics.md 6-8, 15)."""
import threading
import time

import pytest
from client import Server, basic, tidemill
from flows import Flow, call, channel, direct, end, https, modifier, otherwise, router, step, store, timer, variable, when

BROKEN = step("XmlToJsonConverter")


def body(text):
    return modifier(body=text)


@pytest.fixture(scope="module")
def server():
    s = Server()
    for flow in (Flow("Put", [store("put", entry="${header.id}", override="false")]),
                 Flow("Over", [store("put", entry="${header.id}", override="true", includeMessageHeaders="true")]),
                 Flow("Get", [store("get", entry="${header.id}", stopOnMissingEntry="false"),
                              modifier(headers={"Found": "${header.SAP_DatastoreEntryFound}"})]),
                 Flow("Take", [store("get", entry="${header.id}", delete="true")]),
                 Flow("Select", [store("select", maxresults="10")]),
                 Flow("Remove", [store("delete", entry="${header.id}")])):
        s.run(flow)
    yield s
    s.close()


def get(server, ident):
    answer = server.send("/http/get", "in", id=ident)
    return answer.text if answer.header("Found") == "true" else None


# ---- data store ----
def test_put_get_delete(server):
    put = server.send("/http/put", "<one/>", id="1")
    assert (put.status, put.text) == (200, "<one/>")
    assert get(server, "1") == "<one/>"
    assert server.send("/http/put", "<two/>", id="1").status == 500
    assert get(server, "1") == "<one/>"
    assert server.send("/http/over", "<two/>", id="1").status == 200
    assert get(server, "1") == "<two/>"
    rows = server.get("/DataStores").results
    assert [(r["DataStoreName"], r["IntegrationFlow"], r["Visibility"], r["NumberOfMessages"]) for r in rows] == [("Store", "", "Global", "1")]
    entry = server.get("/DataStoreEntries").results[0]
    assert entry["Id"] == "1" and entry["MessageId"]
    assert server.send("/http/remove", "x", id="1").status == 200
    assert get(server, "1") is None
    assert server.send("/http/remove", "x", id="1").status == 200  # unknown ID: no error


def test_headers_come_back(server):
    server.send("/http/over", "<x/>", id="h", **{"X-Kept": "k"})
    assert server.send("/http/get", "in", id="h").header("X-Kept") == "k"
    server.send("/http/remove", id="h")


def test_get_missing(server):
    assert get(server, "nobody") is None
    assert server.send("/http/take", "x", id="nobody").status == 500


def test_get_with_delete(server):
    server.send("/http/put", "<x/>", id="t")
    assert server.send("/http/take", "in", id="t").text == "<x/>"
    assert get(server, "t") is None


def test_delete_only_after_success(server):
    server.send("/http/put", "<x/>", id="f")
    path = server.run(Flow("TakeFails", [store("get", entry="f", delete="true"), body("no xml"), BROKEN]))
    assert server.send(path).status == 500
    assert get(server, "f") == "<x/>"
    server.send("/http/remove", id="f")


def test_select(server):
    assert server.send("/http/select").text == '<?xml version="1.0" encoding="UTF-8"?><messages/>'
    for n in "12":
        server.send("/http/put", f'<?xml version="1.0"?><n>{n}</n>', id=n)
    assert server.send("/http/select").text == ('<?xml version="1.0" encoding="UTF-8"?><messages>'
                                                '<message id="1"><n>1</n></message><message id="2"><n>2</n></message></messages>')
    for n in "12":
        server.send("/http/remove", id=n)


def test_generated_id(server):
    path = server.run(Flow("Gen", [store("put", "Other"), modifier(headers={"Id": "${header.SapDataStoreId}"})]))
    ident = server.send(path, "<g/>").header("Id")
    assert ident and server.get("/DataStoreEntries").results[0]["Id"] == ident


@pytest.mark.parametrize("transaction,kept", [("Required", False), ("Not Required", True)])
def test_transaction(server, transaction, kept):
    ident = "tx-" + transaction.replace(" ", "")
    path = server.run(Flow("Tx" + ident[3:], [store("put", entry=ident), store("get", entry=ident), body("no xml"), BROKEN], transaction=transaction))
    assert server.send(path, "<x/>").status == 500
    assert (get(server, ident) is not None) == kept
    fine = server.run(Flow("TxFine" + ident[3:], [store("put", entry=ident, override="true"), store("get", entry=ident)], transaction=transaction))
    assert server.send(fine, "<y/>").text == "<y/>"
    assert get(server, ident) == "<y/>"


# ---- variables ----
def test_variables_survive_a_restart():
    s = Server()
    try:
        s.run(Flow("Writes", [variable("local", "${in.body}"), variable("Shared", "${in.body}", scope="global")]))
        read = Flow("Reads", [modifier(props={"g": ("global persisted variables", "Shared")}, body="${property.g}")])
        s.run(read)
        own = Flow("Counts", [modifier(props={"old": ("persisted variables", "n")}, body="${property.old}"), variable("n", "${property.old}+")],
                   on_error=[variable("n", "0", "constant"), body("first")])
        s.run(own)
        assert s.send("/http/reads").status == 500
        s.send("/http/writes", "value")
        assert s.send("/http/reads").text == "value"
        assert [s.send("/http/counts").text for _ in range(3)] == ["first", "0", "0+"]
        rows = {(r["VariableName"], r["IntegrationFlow"], r["Visibility"]) for r in s.get("/Variables").results}
        assert rows == {("local", "Writes", "Integration Flow"), ("Shared", "", "Global"), ("n", "Counts", "Integration Flow")}
        assert s.stop() == 0
        s.start()
        s.wait_ready()
        assert s.send("/http/reads").text == "value" and s.send("/http/counts").text == "0++"
    finally:
        s.close()


# ---- timers ----
def test_fire_now_and_cron(server):
    server.run_flow("Once", Flow("Once", [store("put", "Timer", "once")], sender=timer("fireNow=true")).bundle())
    server.run_flow("Tick", Flow("Tick", [body("x")], sender=timer("0/1+*+*+?+*+*+*&trigger.timeZone=Etc/GMT")).bundle())
    once = server.logs_of("Once")
    assert len(once) == 1 and once[0]["Status"] == "COMPLETED"
    assert len(server.logs_of("Tick", least=2)) >= 2
    assert len(server.logs_of("Once")) == 1
    assert server.delete("/IntegrationRuntimeArtifacts('Tick')").status == 202
    time.sleep(0.1)
    count = len(server.logs_of("Tick"))
    time.sleep(1.1)
    assert len(server.logs_of("Tick")) == count


def test_fire_now_not_after_a_restart():
    s = Server()
    try:
        flow = Flow("Once", [body("x")], sender=timer("fireNow=true")).bundle()
        s.run_flow("Once", flow)
        s.run(Flow("Marker", [body("x")]))
        assert len(s.logs_of("Once")) == 1
        s.stop()
        s.start()
        s.wait_ready()
        assert len(s.logs_of("Once")) == 1
        s.redeploy("Once", flow)
        assert len(s.logs_of("Once", least=2)) == 2
    finally:
        s.close()


def test_escalation_behind_a_timer(server):
    server.run_flow("Child", Flow("Child", [end("escalation", ErrorCode="Others")], sender=direct("child")).bundle())
    server.run_flow("Parent", Flow("Parent", [body("x"), call(channel("ProcessDirect", address="child"))], sender=timer("fireNow=true")).bundle())
    assert server.logs_of("Parent")[0]["Status"] == "COMPLETED"
    assert server.logs_of("Child")[0]["Status"] == "ESCALATED"


# ---- callers ----
def test_who_may_call(server):
    path = server.run(Flow("Guarded", [body("in")]))
    server.run(Flow("Special", [body("in")], sender=https("/special", userRole="MySpecialRole")))
    for name, role in (("plainuser", "WorkspacePackagesRead"), ("special", "MySpecialRole"), ("sender", "ESBMessaging.send")):
        done = tidemill("user", "add", name, "--role", role, "--url", f"http://127.0.0.1:{server.port}", stdin=b"secret-1")
        assert done.returncode == 0, done
    assert server.raw("POST", path, b"x").status == 401
    assert server.raw("POST", path, b"x", Authorization=basic("sender", "wrong")).status == 401
    assert server.raw("POST", path, b"x", Authorization=basic("plainuser", "secret-1")).status == 403
    assert server.raw("POST", path, b"x", Authorization=basic("sender", "secret-1")).text == "in"
    assert server.raw("POST", "/http/special", b"x", Authorization=basic("sender", "secret-1")).status == 403
    assert server.raw("POST", "/http/special", b"x", Authorization=basic("special", "secret-1")).text == "in"
    assert server.raw("GET", "/api/v1/IntegrationPackages", Authorization=basic("plainuser", "secret-1"), Accept="application/json").status == 200
    refused = server.raw("GET", "/api/v1/MessageProcessingLogs", Authorization=basic("plainuser", "secret-1"), Accept="application/json")
    assert refused.status == 403 and refused.error["message"]["value"] is None
    assert server.raw("GET", "/tidemill/v1/users", Authorization=basic("plainuser", "secret-1")).status == 403


def test_csrf_protected_endpoint(server):
    server.run(Flow("Protected", [body("ran")], sender=https("/protected", xsrfProtection="1")))
    auth = {"Authorization": basic("dev", "dev")}
    refused = server.raw("POST", "/http/protected", b"x", **auth)
    assert refused.status == 403 and refused.header("X-CSRF-Token") == "Required"
    fetched = server.raw("GET", "/http/protected", X_CSRF_Token="Fetch", **auth)
    assert fetched.status == 200 and fetched.text != "ran" and fetched.header("X-CSRF-Token")
    assert server.raw("GET", "/http/protected", **auth).text == "ran"
    both = {"X_CSRF_Token": fetched.header("X-CSRF-Token"), "Cookie": fetched.cookies, **auth}
    assert server.raw("POST", "/http/protected", b"x", **both).text == "ran"
    assert server.raw("POST", "/http/protected", b"x", X_CSRF_Token=both["X_CSRF_Token"], **auth).status == 403


def test_size_and_unknown(server):
    server.run(Flow("Small", [body("in")], sender=https("/small", maximumBodySize="1")))
    assert server.send("/http/small", b"x" * (1 << 20)).status == 200
    assert server.send("/http/small", b"x" * ((1 << 20) + 1)).status == 413
    assert server.send("/http/no-such-flow").status == 404


# ---- deployments ----
def test_redeploy_under_load(server):
    flow = [Flow("Busy", [body(f"v{n}")], version=f"1.0.{n}").bundle() for n in range(6)]
    server.run_flow("Busy", flow[0])
    stop, answers = threading.Event(), []

    def client():
        while not stop.is_set():
            answer = server.send("/http/busy", b"x")
            answers.append((answer.status, answer.text))
    threads = [threading.Thread(target=client) for _ in range(4)]
    for t in threads:
        t.start()
    try:
        for content in flow[1:]:
            server.redeploy("Busy", content)
    finally:
        stop.set()
        for t in threads:
            t.join()
    assert {s for s, _ in answers} == {200} and {t for _, t in answers} <= {f"v{n}" for n in range(6)}
    assert server.send("/http/busy").text == "v5" and len(answers) > 20


def test_restart_with_many_flows():
    s = Server()
    try:
        for n in range(40):
            s.run(Flow(f"Many{n}", [body(str(n))] * 20))
        for kill in (False, True):
            s.stop(kill=kill)
            s.start()
            seen, end_at = set(), time.monotonic() + 10
            while s.raw("GET", "/readyz").status != 200 and time.monotonic() < end_at:
                seen.add(s.send("/http/many39").status)
            assert seen <= {200, 503}  # never 404: it comes
            assert [s.send(f"/http/many{n}").text for n in range(40)] == [str(n) for n in range(40)]
            assert s.send("/http/nobody").status == 404
    finally:
        s.close()


def test_stop_lets_messages_finish():
    from flows import http
    from peers import HttpPeer
    peer = HttpPeer(lambda seen: time.sleep(0.7) or (200, [], b"done"))
    s = Server()
    try:
        s.run(Flow("Waits", [call(http(peer.url))]))
        answers = []
        t = threading.Thread(target=lambda: answers.append(s.send("/http/waits", b"x")))
        t.start()
        while not peer.seen:
            time.sleep(0.01)
        assert s.stop() == 0
        t.join()
        assert (answers[0].status, answers[0].text) == (200, "done")
        s.start()
        assert s.mpl(answers[0])["Status"] == "COMPLETED"
    finally:
        s.close()
        peer.close()


# ---- logs ----
def test_standard_headers_in_the_log(server):
    path = server.run(Flow("Logged", [
        modifier(headers={"SAP_ApplicationID": "${header.order}", "SAP_Receiver": ("constant", "R1")},
                 props={"SAP_MessageProcessingLogCustomStatus": ("constant", "Approved")}),
        modifier(headers={"SAP_Receiver": ("constant", "R2"), "SAP_Sender": ("constant", "S"), "SAP_MessageType": ("constant", "T")})]))
    row = server.mpl(server.send(path, "x", order="4711"))
    assert (row["ApplicationMessageId"], row["ApplicationMessageType"], row["Sender"], row["CustomStatus"]) == ("4711", "T", "S", "Approved")
    assert [r.strip() for r in row["Receiver"].split(",")] == ["R1", "R2"]
    assert row["LogLevel"] == "INFO" and row["IntegrationArtifact"]["Name"] == "Logged"
    assert int(row["LogEnd"][6:-2]) >= int(row["LogStart"][6:-2])


def test_attachments_of_a_failed_call(server):
    from flows import http
    from peers import HttpPeer
    peer = HttpPeer(lambda seen: (400, [("X-Why", "bad order")], b"the details"))
    try:
        path = server.run(Flow("Attached", [call(http(peer.url, enableMPLAttachments="true"))]))
        answer = server.send(path, "x")
        rows = server.get(f"/MessageProcessingLogs('{answer.header('SAP_MessageProcessingLogID')}')/Attachments").results
        texts = [server.get(f"/MessageProcessingLogAttachments('{r['Id']}')/$value").text for r in rows]
        assert any("the details" in t for t in texts) and any("bad order" in t for t in texts)
    finally:
        peer.close()


def steps_of(server, answer):
    """The recorded steps of a message, each with its trace: (step, payload, headers, properties)."""
    guid, out = answer.header("SAP_MessageProcessingLogID"), []
    for run in server.get(f"/MessageProcessingLogs('{guid}')/Runs").results:
        for s in server.get(f"/MessageProcessingLogRuns('{run['Id']}')/RunSteps").results:
            traces = server.get(f"/MessageProcessingLogRunSteps(RunId='{s['RunId']}',ChildCount={s['ChildCount']})/TraceMessages").results
            row = [s["ModelStepId"]]
            for t in traces:
                row.append(server.get(f"/TraceMessages({t['TraceId']}L)/$value").text)
                for name in ("Properties", "ExchangeProperties"):
                    row.append({p["Name"]: p["Value"] for p in server.get(f"/TraceMessages({t['TraceId']}L)/{name}").results})
            out.append(row)
    return out


def test_log_levels(server):
    path = server.run(Flow("Levels", [modifier(props={"p": ("constant", "v")}, body="<${in.body}>"), modifier(headers={"after": "${property.p}"})]))
    answers = {level: server.send(path, "payload", SAP_MessageProcessingLogLevel=level) for level in ("NONE", "ERROR", "INFO", "DEBUG", "TRACE")}
    assert {a.status for a in answers.values()} == {200}
    assert server.get(f"/MessageProcessingLogs('{answers['NONE'].header('SAP_MessageProcessingLogID')}')").status == 404
    for level in ("INFO", "DEBUG", "TRACE"):
        assert server.mpl(answers[level])["LogLevel"] == level
    assert steps_of(server, answers["INFO"]) == []
    assert [row[0] for row in steps_of(server, answers["DEBUG"])] == ["P0_Step_1", "P0_Step_3", "P0_End_5"]
    traced = steps_of(server, answers["TRACE"])
    assert [row[:2] for row in traced] == [["P0_Step_1", "payload"], ["P0_Step_3", "<payload>"], ["P0_End_5", "<payload>"]]
    assert traced[1][3]["p"] == "v" and traced[2][2]["after"] == "v"
    for row in traced:  # what the caller identified itself with is nobody's business
        assert basic("dev", "dev") not in row[2].values() and row[2]["Authorization"] == "***"


def test_steps_of_a_message(server):
    path = server.run(Flow("Steps", [body("no xml"), BROKEN], on_error=[router(when("${header.x} = '1'", [end("error")]), otherwise([body("fine")]))]))
    answer = server.send(path, "x")
    assert answer.text == "fine"
    failed = server.send(path, "x", x="1")
    run = server.get(f"/MessageProcessingLogs('{failed.header('SAP_MessageProcessingLogID')}')/Runs").results[0]
    steps = server.get(f"/MessageProcessingLogRuns('{run['Id']}')/RunSteps").results
    bad = [s for s in steps if s["Error"]]
    assert [s["ModelStepId"] for s in bad][:1] == ["P0_Step_3"], steps
