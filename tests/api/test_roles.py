"""Roles per set (roles.md): without one the answer is 403 and no text."""
import json

import pytest
from bundles import flow
from client import API, basic

FORM = "application/x-www-form-urlencoded"


def token(server, *roles):
    answer = server.raw("POST", "/tidemill/v1/keys", json.dumps({"roles": roles}), Authorization=server.bearer(),
                        Content_Type="application/json")
    assert answer.status == 201, answer
    key = json.loads(answer.body)["oauth"]
    answer = server.raw("POST", "/oauth/token", "grant_type=client_credentials",
                        Authorization=basic(key["clientid"], key["clientsecret"]), Content_Type=FORM)
    return "Bearer " + json.loads(answer.body)["access_token"]


READS = {
    "/IntegrationPackages": "WorkspacePackagesRead",
    "/ValueMappingDesigntimeArtifacts": "WorkspacePackagesRead",
    "/IntegrationRuntimeArtifacts": "MonitoringDataRead",
    "/ServiceEndpoints": "MonitoringDataRead",
    "/MessageProcessingLogs": "MonitoringDataRead",
    "/UserCredentials": "CredentialsRead",
    "/DataStores": "DataStoresAndQueuesRead",
}


@pytest.mark.parametrize("role", sorted(set(READS.values())))
def test_reads(server, role):
    bearer = token(server, role)
    for path, needed in READS.items():
        answer = server.get(path, Authorization=bearer)
        assert answer.status == (200 if needed == role else 403), (path, answer)
        if needed != role:
            assert answer.error == {"code": "Forbidden", "message": {"lang": "en", "value": None}}


def test_a_reader_does_not_write(server):
    assert server.upload("Integration", "Mine", "roles", flow("Mine")).status == 201
    bearer = token(server, "WorkspacePackagesRead", "MonitoringDataRead")
    one = "/IntegrationDesigntimeArtifacts(Id='Mine',Version='active')"
    assert server.get(one, Authorization=bearer).status == 200
    for method, path, body in (("POST", "/IntegrationPackages", {"Id": "No", "Name": "No", "ShortText": "x"}),
                               ("DELETE", "/IntegrationPackages('roles')", None), ("PUT", one, {"Name": "x"}),
                               ("DELETE", one, None), ("DELETE", "/IntegrationRuntimeArtifacts('Mine')", None),
                               ("POST", "/DeployIntegrationDesigntimeArtifact?Id='Mine'&Version='active'", None),
                               ("POST", "/IntegrationDesigntimeArtifactSaveAsVersion?Id='Mine'&SaveAsVersion='2.0.0'", None),
                               ("POST", "/SecureParameters", {"Name": "x", "SecureParam": "x"})):
        answer = server.call(method, path, body, Authorization=bearer)
        assert answer.status == 403 and answer.error["message"]["value"] is None, (method, path, answer)
    assert server.get(one).d["Name"] == "Mine"


def test_a_deployer(server):
    assert server.upload("Integration", "Deployed", "roles", flow("Deployed")).status == 201
    bearer = token(server, "WorkspaceArtifactsDeploy")
    task = server.post("/DeployIntegrationDesigntimeArtifact?Id='Deployed'&Version='active'", Authorization=bearer)
    assert task.status == 202
    assert server.get(f"/BuildAndDeployStatus(TaskId='{task.text}')", Authorization=bearer).status == 200
    assert server.get("/IntegrationRuntimeArtifacts('Deployed')", Authorization=bearer).status == 403


def test_no_role_at_all(server):
    assert server.raw("GET", API + "/IntegrationPackages", Authorization=token(server, "Nothing"), Accept="application/json").status == 403
