"""kill -9 under load: what was acknowledged is there afterwards, and the server starts by itself."""
import http.client
import json
import random
import threading
import time

from client import Server, basic
from flows import Flow, modifier, store

ROUNDS, CLIENTS = 5, 6
AUTH = {"Authorization": basic("dev", "dev"), "Content-Type": "text/xml"}


def client(port, name, acknowledged, stop):
    """Writes entries until the server is gone; keeps (message, entry) of those that were answered."""
    n = 0
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        while not stop.is_set():
            n += 1
            connection.request("POST", "/http/keep", b"<x/>", {**AUTH, "id": f"{name}-{n}"})
            answer = connection.getresponse()
            if answer.read() == b"<x/>" and answer.status == 200:
                acknowledged.append((answer.getheader("SAP_MessageProcessingLogID"), f"{name}-{n}"))
    except (OSError, http.client.HTTPException):
        pass


def wait_for(server, path):
    end = time.monotonic() + 10
    while server.send(path, b"<x/>", id="probe").status != 200:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_kill():
    server = Server()
    try:
        server.run(Flow("Keep", [store("put", entry="${header.id}", override="true")], transaction="Required"))
        server.run(Flow("Look", [store("get", entry="${header.id}")]))
        rng, total = random.Random(5), 0
        for n in range(ROUNDS):
            acknowledged, stop = [], threading.Event()
            threads = [threading.Thread(target=client, args=(server.port, f"r{n}c{k}", acknowledged, stop)) for k in range(CLIENTS)]
            for t in threads:
                t.start()
            created = []
            time.sleep(rng.uniform(0.05, 0.3))
            answer = server.post("/IntegrationPackages", {"Id": f"Round{n}", "Name": f"Round{n}", "ShortText": "x"})
            if answer.status == 201:
                created.append(f"Round{n}")
            server.process.kill()
            server.process.wait()
            stop.set()
            for t in threads:
                t.join()
            server.log.close()
            server.start()
            wait_for(server, "/http/keep")
            wait_for(server, "/http/look")
            total += len(acknowledged)
            logs, skip = {}, 0
            while page := server.get(f"/MessageProcessingLogs?$filter=IntegrationFlowName eq 'Keep'&$select=MessageGuid,Status&$top=1000&$skip={skip}").results:
                logs.update({r["MessageGuid"]: r["Status"] for r in page})
                skip += len(page)
            assert [m for m, _ in acknowledged if logs.get(m) != "COMPLETED"] == []
            for _, entry in acknowledged[-30:]:
                assert server.send("/http/look", b"", id=entry).text == "<x/>", entry
            for package in created:
                assert server.get(f"/IntegrationPackages('{package}')").status == 200
            assert json.loads(server.raw("GET", "/readyz").body)["status"] == "up"
        assert total > 20
    finally:
        server.close()
