"""Design-time artifacts of the four kinds, their parameters and resources (api.md 2.2)."""
import base64
import io
import zipfile

import pytest
from bundles import (encoded, flow, message_mapping, modifier, script_collection, value_mapping)

MAKERS = {"Integration": flow, "ScriptCollection": script_collection, "ValueMapping": value_mapping,
          "MessageMapping": message_mapping}


def path(kind, artifact_id, version="active"):
    return f"/{kind}DesigntimeArtifacts(Id='{artifact_id}',Version='{version}')"


@pytest.mark.parametrize("kind", MAKERS)
def test_life_of_an_artifact(server, kind):
    artifact = "Life" + kind
    content = MAKERS[kind](artifact, "1.2.3")
    answer = server.upload(kind, artifact, "design", content)
    assert answer.status == 201 and answer.d["Version"] == "1.2.3" and answer.d["PackageId"] == "design", answer
    listed = server.get(f"/IntegrationPackages('design')/{kind}DesigntimeArtifacts").results
    assert [(x["Id"], x["Version"]) for x in listed] == [(artifact, "1.2.3")]
    for version in ("active", "Active", "1.2.3"):
        assert server.get(path(kind, artifact, version)).d["Name"] == artifact
    assert server.get(path(kind, artifact, "9.9.9")).status == 404
    media = server.get(path(kind, artifact) + "/$value", Accept="application/zip")
    assert media.status == 200 and media.body == content
    assert media.header("Content-Type") == "application/zip" and "filename=" in media.header("Content-Disposition")
    again = server.upload(kind, artifact, "design", content)
    assert again.status == 500 and "already exists" in again.error["message"]["value"]
    saved = server.post(f"/{kind}DesigntimeArtifactSaveAsVersion?Id='{artifact}'&SaveAsVersion='1.2.4'")
    assert saved.status == 200 and saved.d["Version"] == "1.2.4", saved
    assert server.get(path(kind, artifact)).d["Version"] == "1.2.4"
    assert server.get(path(kind, artifact, "1.2.3")).status == 200
    assert server.delete(path(kind, artifact)).status == 200
    assert server.get(path(kind, artifact)).status == 404
    assert server.delete(path(kind, artifact)).status == 404


@pytest.mark.parametrize("kind", ["Integration", "ScriptCollection", "MessageMapping"])
def test_update_replaces_everything(server, kind):
    artifact = "Update" + kind
    assert server.upload(kind, artifact, "design", MAKERS[kind](artifact, "1.0.1")).status == 201
    for version in ("1.0.2", "1.0.0"):  # a lower number is allowed
        content = MAKERS[kind](artifact, version)
        answer = server.put(path(kind, artifact), {"ArtifactContent": encoded(content)})
        assert answer.status == 200 and answer.body == b"", answer
        assert server.get(path(kind, artifact)).d["Version"] == version
    foreign = server.put(path(kind, artifact), {"ArtifactContent": encoded(MAKERS[kind]("Other"))})
    assert foreign.status == 400 and "Other" in foreign.error["message"]["value"]
    broken = server.put(path(kind, artifact), {"ArtifactContent": encoded(b"no zip at all")})
    assert broken.status == 400
    assert server.get(path(kind, artifact)).d["Version"] == "1.0.0"
    assert server.put(path(kind, "Nobody"), {"Name": "x"}).status == 404


def test_a_name_alone_makes_a_draft(server):
    assert server.upload("Integration", "Draft", "design", flow("Draft")).status == 201
    assert server.put(path("Integration", "Draft"), {"Name": "Renamed"}).status == 200
    now = server.get(path("Integration", "Draft")).d
    assert (now["Name"], now["Version"]) == ("Renamed", "Active")
    assert server.get(path("Integration", "Draft", "1.0.0")).d["Name"] == "Draft"


def test_old_versions_do_not_change(server):
    assert server.upload("Integration", "Old", "design", flow("Old")).status == 201
    assert server.post("/IntegrationDesigntimeArtifactSaveAsVersion?Id='Old'&SaveAsVersion='1.0.1'").status == 200
    old = path("Integration", "Old", "1.0.0")
    assert server.put(old, {"Name": "x"}).status == 400
    assert server.delete(old).status == 400
    assert server.post(old + "/Resources", {"Name": "a.js", "ResourceType": "js", "ResourceContent": "YQ=="}).status == 400
    assert server.get(old).d["Name"] == "Old"


def test_refusals(server):
    content = flow("Refused")
    server.package("design")
    body = {"Name": "Refused", "Id": "Refused", "PackageId": "nowhere", "ArtifactContent": encoded(content)}
    assert server.post("/IntegrationDesigntimeArtifacts", body).status == 404
    assert server.upload("Integration", "Refused", "design", content, name="a/b").status == 400
    assert server.upload("Integration", "Refused", "design", b"no zip").status == 400
    assert server.post("/IntegrationDesigntimeArtifacts", {**body, "PackageId": "design", "Id": "a b"}).status == 400
    without = flow("NoDef", files={"src/main/resources/parameters.prop": "a=1\n"})
    assert server.upload("Integration", "NoDef", "design", without).status == 500
    server.upload("MessageMapping", "NoIds", "design", message_mapping("NoIds"))
    assert server.put(path("MessageMapping", "NoIds"), {"PackageId": "design", "Name": "x"}).status == 500


def test_template_without_content(server):
    server.package("design")
    answer = server.post("/IntegrationDesigntimeArtifacts", {"Name": "Empty", "Id": "Empty", "PackageId": "design"})
    assert answer.status == 201, answer
    names = zipfile.ZipFile(io.BytesIO(server.get(path("Integration", "Empty") + "/$value").body)).namelist()
    assert "META-INF/MANIFEST.MF" in names and any(n.endswith(".iflw") for n in names)
    assert server.delete(path("Integration", "Empty")).status == 200


def test_deleting_a_package_deletes_its_artifacts(server):
    server.upload("Integration", "Gone", "goner", flow("Gone"))
    assert server.delete("/IntegrationPackages('goner')").status == 202
    assert server.get(path("Integration", "Gone")).status == 404
    assert server.get("/IntegrationPackages('goner')/IntegrationDesigntimeArtifacts").status == 404
    assert server.upload("Integration", "Gone", "goner", flow("Gone")).status == 201


def test_top_level_lists(server):
    server.upload("ValueMapping", "ListedVM", "design", value_mapping("ListedVM"))
    assert "ListedVM" in [x["Id"] for x in server.get("/ValueMappingDesigntimeArtifacts").results]
    assert server.get("/ValueMappingDesigntimeArtifacts?$top=1&$select=Id").results[0].keys() == {"__metadata", "Id"}
    assert server.get("/IntegrationDesigntimeArtifacts").status == 501
    assert server.get("/Configurations").status == 501


# ---- parameters ----

def configured(server, artifact):
    content = flow(artifact, parameters={"Greeting": "Good day", "with space": "1"}, steps=[modifier("{{Greeting}}")])
    assert server.upload("Integration", artifact, "design", content).status == 201


def test_configurations(server):
    configured(server, "Conf")
    rows = server.get(path("Integration", "Conf") + "/Configurations").results
    assert {r["ParameterKey"]: r["ParameterValue"] for r in rows} == {"Greeting": "Good day", "with space": "1"}
    assert {r["DataType"] for r in rows} == {"xsd:string"}
    assert server.get(path("Integration", "Conf") + "/Configurations/$count").text == "2"
    found = server.get(path("Integration", "Conf") + "/Configurations?$filter=startswith(ParameterKey,'with')").results
    assert [r["ParameterKey"] for r in found] == ["with space"]
    for key, value in (("Greeting", "Hallo ü"), ("with space", "")):
        answer = server.put(path("Integration", "Conf") + f"/$links/Configurations('{key}')", {"ParameterValue": value, "DataType": "xsd:string"})
        assert answer.status == 202, answer
        assert server.get(path("Integration", "Conf") + f"/Configurations('{key}')").d["ParameterValue"] == value
    assert server.get(path("Integration", "Conf")).d["Version"] == "1.0.0"


def test_configuration_refusals(server):
    configured(server, "ConfNo")
    unknown = server.put(path("Integration", "ConfNo") + "/$links/Configurations('nope')", {"ParameterValue": "1"})
    assert unknown.status == 404, unknown
    assert server.post("/IntegrationDesigntimeArtifactSaveAsVersion?Id='ConfNo'&SaveAsVersion='1.0.1'").status == 200
    assert server.put(path("Integration", "ConfNo", "1.0.0") + "/$links/Configurations('Greeting')", {"ParameterValue": "1"}).status == 400


# ---- resources ----

@pytest.mark.parametrize("kind", ["Integration", "ScriptCollection"])
def test_resources(server, kind):
    artifact = "Res" + kind
    assert server.upload(kind, artifact, "design", MAKERS[kind](artifact)).status == 201
    base = path(kind, artifact)
    body = {"Name": "a.groovy", "ResourceType": "groovy", "ResourceContent": base64.b64encode(b"one").decode()}
    created = server.post(base + "/Resources", body)
    assert created.status == 201 and created.d["Name"] == "a.groovy", created
    assert server.post(base + "/Resources", body).status == 500
    one = "Resources(Name='a.groovy',ResourceType='groovy')"
    assert server.get(f"{base}/{one}").d["ResourceSize"] == "3"
    assert server.get(f"{base}/{one}/$value").body == b"one"
    changed = server.put(f"{base}/$links/{one}", {"ResourceContent": base64.b64encode(b"three").decode()})
    assert changed.status == 200, changed
    assert server.get(f"{base}/{one}/$value").body == b"three"
    assert "a.groovy" in [r["Name"] for r in server.get(base + "/Resources?$filter=ResourceType eq 'groovy'").results]
    assert server.delete(f"{base}/$links/{one}").status == 200
    assert server.get(f"{base}/{one}").status == 404
    assert server.delete(f"{base}/$links/{one}").status == 404


def test_resource_refusals(server):
    assert server.upload("Integration", "ResNo", "design", flow("ResNo")).status == 201
    for name, kind in (("../a.groovy", "groovy"), ("a.txt", "groovy"), ("a.exe", "exe")):
        body = {"Name": name, "ResourceType": kind, "ResourceContent": "YQ=="}
        assert server.post(path("Integration", "ResNo") + "/Resources", body).status == 400, name


def test_schema_of_a_wsdl(server):
    assert server.upload("Integration", "ResWsdl", "design", flow("ResWsdl")).status == 201
    body = {"Name": "t.xsd", "ResourceType": "xsd", "ReferencedResourceType": "wsdl", "ResourceContent": "PGEvPg=="}
    assert server.post(path("Integration", "ResWsdl") + "/Resources", body).status == 201
    content = server.get(path("Integration", "ResWsdl") + "/$value").body
    assert "src/main/resources/wsdl/t.xsd" in zipfile.ZipFile(io.BytesIO(content)).namelist()
