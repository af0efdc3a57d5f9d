"""Message processing logs (api.md 3)."""
import pytest
from bundles import flow, modifier


@pytest.fixture(scope="module")
def ran(server):
    """One message through a flow that works, one through a flow that fails."""
    server.run_flow("Works", flow("Works", steps=[modifier("done")]))
    failing = [{"activityType": "Enricher", "bodyType": "expression", "wrapContent": "no xml"},
               {"activityType": "XmlToJsonConverter"}]
    server.run_flow("Fails", flow("Fails", steps=failing))
    assert server.send("/http/works", b"<a/>", SAP_ApplicationID="App1").status == 200
    assert server.send("/http/fails", b"<a/>").status == 500
    return server


def logs(server, query):
    answer = server.get("/MessageProcessingLogs?" + query)
    assert answer.status == 200, answer
    return answer.results


def test_completed(ran):
    rows = logs(ran, "$filter=IntegrationArtifact/Id eq 'Works' and Status ne 'DISCARDED'&$orderby=LogEnd desc&$top=1")
    assert len(rows) == 1
    row = rows[0]
    assert row["Status"] == "COMPLETED" and row["IntegrationFlowName"] == "Works" and len(row["MessageGuid"]) == 28
    assert row["IntegrationArtifact"]["Id"] == "Works" and row["IntegrationArtifact"]["PackageId"] == "tests"
    assert row["IntegrationArtifact"]["Type"] == "INTEGRATION_FLOW"
    one = ran.get(f"/MessageProcessingLogs('{row['MessageGuid']}')?$expand=AdapterAttributes,CustomHeaderProperties")
    assert one.status == 200 and one.d["CustomHeaderProperties"]["results"] == []
    assert ran.get(f"/MessageProcessingLogs('{row['MessageGuid']}')/ErrorInformation").status == 204
    assert ran.get(f"/MessageProcessingLogs('{row['MessageGuid']}')/ErrorInformation/$value").status == 204
    assert ran.get("/MessageProcessingLogs('nobody')").status == 404


def test_failed(ran):
    row = logs(ran, "$filter=Status eq 'FAILED' and IntegrationFlowName eq 'Fails'")[0]
    base = f"/MessageProcessingLogs('{row['MessageGuid']}')"
    text = ran.get(base + "/ErrorInformation/$value")
    assert text.status == 200 and text.header("Content-Type").startswith("text/plain") and text.text
    entity = ran.get(base + "/ErrorInformation").d
    assert entity["MessageGuid"] == row["MessageGuid"] and entity["LastErrorModelStepId"] == "CallActivity_2"


def test_runs_of_a_failed_message(ran):
    row = logs(ran, "$filter=IntegrationFlowName eq 'Fails'")[0]
    runs = ran.get(f"/MessageProcessingLogs('{row['MessageGuid']}')/Runs").results
    assert len(runs) == 1
    steps = ran.get(f"/MessageProcessingLogRuns('{runs[0]['Id']}')/RunSteps?$expand=RunStepProperties&$inlinecount=allpages")
    assert steps.status == 200 and int(steps.d["__count"]) >= 1, steps
    assert "CallActivity_2" in [s["ModelStepId"] for s in steps.results]


@pytest.mark.parametrize("condition,found", [
    ("Status eq 'COMPLETED'", True), ("Status eq 'ESCALATED'", False),
    ("LogEnd ge datetime'2020-01-01T00:00:00' and IntegrationFlowName eq 'Works'", True),
    ("LogStart gt datetime'2099-01-01T00:00:00'", False),
    ("Status eq 'FAILED' or Status eq 'COMPLETED'", True), ("substringof('ork',IntegrationFlowName)", True),
])
def test_filters(ran, condition, found):
    assert bool(logs(ran, "$filter=" + condition)) == found
    assert (int(ran.get("/MessageProcessingLogs/$count?$filter=" + condition).text) > 0) == found


def test_counts(ran):
    answer = ran.get("/MessageProcessingLogs?&$inlinecount=allpages&$top=1&$filter=IntegrationFlowName eq 'Works'")
    assert answer.d["__count"] == "1" and len(answer.results) == 1
    assert ran.get("/MessageProcessingLogs?$filter=Nonsense eq 1").status == 400


def test_custom_header_filter(ran):
    assert logs(ran, "filterCustomHeaderProperties='order' eq '4711'") == []
    assert ran.get("/MessageProcessingLogs?filterCustomHeaderProperties=order").status == 400
