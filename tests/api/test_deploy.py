"""Deployment, what runs, why something does not (api.md 2.3)."""
import json
import time

from bundles import flow, message_mapping, modifier, script_collection, value_mapping
from client import Server


def test_deploy_and_undeploy(server):
    assert server.upload("Integration", "Run", "deploy", flow("Run", "1.0.7", steps=[modifier("at work")])).status == 201
    answer = server.post("/DeployIntegrationDesigntimeArtifact?Id='Run'&Version='active'")
    assert answer.status == 202 and answer.header("Content-Type").startswith("text/plain")
    task = answer.text
    assert task and "'" not in task and "{" not in task
    assert server.wait_deployed("Run") == "STARTED"
    runtime = server.get("/IntegrationRuntimeArtifacts('Run')").d
    assert (runtime["Version"], runtime["Type"], runtime["DeployedBy"]) == ("1.0.7", "INTEGRATION_FLOW", "dev")
    assert runtime["DeployedOn"].startswith("/Date(")
    assert server.get(f"/BuildAndDeployStatus(TaskId='{task}')").d["Status"] == "SUCCESS"
    assert server.get("/IntegrationRuntimeArtifacts('Run')/ErrorInformation/$value").status == 204
    assert server.get("/IntegrationRuntimeArtifacts('Run')?$select=Status").d["Status"] == "STARTED"
    called = server.send("/http/run", b"x")
    assert (called.status, called.text) == (200, "at work")
    assert server.delete("/IntegrationRuntimeArtifacts('Run')").status == 202
    assert server.get("/IntegrationRuntimeArtifacts('Run')").status == 404
    assert server.delete("/IntegrationRuntimeArtifacts('Run')").status == 404
    assert server.send("/http/run", b"x").status == 404


def test_unknown_artifact(server):
    answer = server.post("/DeployIntegrationDesigntimeArtifact?Id='Nobody'&Version='active'")
    assert answer.status == 404 and "Requested entity could not be found" in answer.text
    assert server.get("/BuildAndDeployStatus").status == 501
    assert server.get("/BuildAndDeployStatus(TaskId='nobody')").status == 404


def test_all_problems_are_named_at_once(server):
    steps = [{"activityType": "Teleporter"}, modifier("fine"), {"activityType": "TimeMachine"}]
    assert server.upload("Integration", "Broken", "deploy", flow("Broken", steps=steps)).status == 201
    task = server.deploy("Integration", "Broken", want="ERROR").text
    assert server.get(f"/BuildAndDeployStatus(TaskId='{task}')").d["Status"] == "FAIL"
    answer = server.get("/IntegrationRuntimeArtifacts('Broken')/ErrorInformation/$value")
    assert answer.status == 200
    document = json.loads(answer.body)
    assert set(document) == {"message", "parameter", "childMessageInstances"}
    for word in ("CallActivity_1", "Teleporter", "CallActivity_3", "TimeMachine"):
        assert word in document["parameter"][0], document
    assert server.get("/IntegrationRuntimeArtifacts('Broken')/ErrorInformation").d["Id"] == "Broken"


def test_redeployment_replaces(server):
    server.run_flow("Again", flow("Again", steps=[modifier("old")]), "deploy")
    assert server.send("/http/again").text == "old"
    from bundles import encoded
    content = {"ArtifactContent": encoded(flow("Again", "1.0.1", steps=[modifier("new")]))}
    assert server.put("/IntegrationDesigntimeArtifacts(Id='Again',Version='active')", content).status == 200
    assert server.send("/http/again").text == "old"
    server.deploy("Integration", "Again")
    assert server.send("/http/again").text == "new"


def test_a_taken_endpoint(server):
    server.run_flow("Owner", flow("Owner", address="/taken", steps=[modifier("mine")]), "deploy")
    assert server.upload("Integration", "Thief", "deploy", flow("Thief", address="/taken")).status == 201
    server.deploy("Integration", "Thief", want="ERROR")
    assert server.send("/http/taken").text == "mine"


def test_other_kinds(server):
    for kind, maker in (("ScriptCollection", script_collection), ("ValueMapping", value_mapping), ("MessageMapping", message_mapping)):
        artifact = "Kind" + kind
        assert server.upload(kind, artifact, "deploy", maker(artifact)).status == 201
        server.deploy(kind, artifact)
    types = {x["Id"]: x["Type"] for x in server.get("/IntegrationRuntimeArtifacts").results}
    assert types["KindScriptCollection"] == "SCRIPT_COLLECTION"
    assert types["KindValueMapping"] == "VALUE_MAPPING" and types["KindMessageMapping"] == "MESSAGE_MAPPING"
    filtered = server.get("/IntegrationRuntimeArtifacts?$filter=Type eq 'VALUE_MAPPING' or Type eq 'MESSAGE_MAPPING'&$inlinecount=allpages")
    assert filtered.d["__count"] == "2"


def test_broken_mapping(server):
    assert server.upload("MessageMapping", "BadMap", "deploy", message_mapping("BadMap", mmap="broken")).status == 201
    server.deploy("MessageMapping", "BadMap", want="ERROR")
    assert "validation of resource is failed" in server.get("/IntegrationRuntimeArtifacts('BadMap')/ErrorInformation/$value").text


def test_configuration_takes_effect(server):
    content = flow("Greeter", parameters={"Greeting": "Good day"}, steps=[modifier("{{Greeting}}!")])
    assert server.upload("Integration", "Greeter", "deploy", content).status == 201
    link = "/IntegrationDesigntimeArtifacts(Id='Greeter',Version='active')/$links/Configurations('Greeting')"
    assert server.put(link, {"ParameterValue": "Servus"}).status == 202
    server.deploy("Integration", "Greeter")
    assert server.send("/http/greeter").text == "Servus!"


def test_endpoints(server):
    server.run_flow("Ends", flow("Ends", address="/orders/in"), "deploy")
    rows = [r for r in server.get("/ServiceEndpoints?$expand=EntryPoints").results if r["Name"] == "Ends"]
    assert len(rows) == 1 and rows[0]["Id"] == "Ends$endpointAddress=orders/in" and rows[0]["Protocol"] == "REST"
    urls = [p["Url"] for p in rows[0]["EntryPoints"]["results"]]
    assert urls == [f"http://127.0.0.1:{server.port}/http/orders/in"]
    assert int(server.get("/ServiceEndpoints/$count").text) >= 1


def test_restart_starts_what_was_deployed():
    s = Server()
    try:
        s.run_flow("Stays", flow("Stays", steps=[modifier("still here")]))
        assert s.upload("Integration", "Bad", "tests", flow("Bad", steps=[{"activityType": "Teleporter"}])).status == 201
        s.deploy("Integration", "Bad", want="ERROR")
        s.stop(kill=True)
        s.start()
        s.token = None
        s.wait_ready()
        assert s.send("/http/stays").text == "still here"
        assert s.get("/IntegrationRuntimeArtifacts('Stays')").d["Status"] == "STARTED"
        assert s.get("/IntegrationRuntimeArtifacts('Bad')").d["Status"] == "ERROR"
    finally:
        s.close()
