"""The service as a document: $metadata, the service document, what is missing says so."""
import xml.etree.ElementTree as ET

import pytest

EDM = "{http://schemas.microsoft.com/ado/2008/09/edm}"


def test_metadata(server):
    answer = server.get("/$metadata", Accept="application/xml")
    assert answer.status == 200 and answer.header("Content-Type").startswith("application/xml")
    assert "tidemill" not in answer.text and "tm:" not in answer.text
    root = ET.fromstring(answer.body)
    schema = root.find(f".//{EDM}Schema")
    assert schema.get("Namespace") == "com.sap.hci.api"
    count = {name: len(schema.findall(f".//{EDM}{name}")) for name in
             ("EntitySet", "EntityType", "ComplexType", "Association", "FunctionImport")}
    assert count == {"EntitySet": 131, "EntityType": 135, "ComplexType": 3, "Association": 88, "FunctionImport": 35}


def test_service_document(server):
    sets = server.get("/").d["EntitySets"]
    assert len(sets) == 25 and "MessageProcessingLogs" in sets and "IntegrationPackages" not in sets


@pytest.mark.parametrize("name", ["Queues", "JmsBrokers", "NumberRanges", "KeystoreResources", "AccessPolicies", "LogFiles"])
def test_missing_behaviour_is_501(server, name):
    answer = server.get("/" + name)
    assert answer.status == 501 and answer.error["message"]["value"], answer


def test_missing_function_is_501(server):
    answer = server.post("/CopyIntegrationPackage?Id='x'")
    assert answer.status == 501 and answer.error["message"]["value"], answer


def test_unknown_set(server):
    answer = server.get("/Nonsense")
    assert answer.status == 404
    assert answer.error == {"code": "Not Found", "message": {
        "lang": "en", "value": "Could not find an entity set or function import for 'Nonsense'."}}


def test_atom_is_the_default(server):
    answer = server.get("/IntegrationPackages", Accept="*/*")
    assert answer.status == 200 and "atom+xml" in answer.header("Content-Type")
    assert ET.fromstring(answer.body).tag == "{http://www.w3.org/2005/Atom}feed"
    axios = server.get("/IntegrationPackages", Accept="application/json, text/plain, */*")
    assert "application/json" in axios.header("Content-Type")
