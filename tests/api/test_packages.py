"""Integration packages (api.md 2.1)."""
from bundles import encoded, flow, value_mapping


def create(server, package_id, **more):
    return server.post("/IntegrationPackages", {"Id": package_id, "Name": package_id, "ShortText": "text", **more})


def test_create_read_list_delete(server):
    answer = create(server, "First", Vendor="ACME")
    assert answer.status == 201 and answer.header("Location").endswith("/api/v1/IntegrationPackages('First')"), answer
    assert answer.d["Id"] == "First" and answer.d["Vendor"] == "ACME" and answer.d["Mode"] == "EDIT_ALLOWED"
    assert answer.d["SupportedPlatform"] == "SAP Cloud Integration" and answer.d["PackageContent"] is None
    assert answer.d["CreationDate"].isdigit() and answer.d["CreatedBy"] == "dev"
    assert answer.d["__metadata"]["type"] == "com.sap.hci.api.IntegrationPackage"
    assert server.get("/IntegrationPackages('First')").d["ShortText"] == "text"
    assert "First" in [p["Id"] for p in server.get("/IntegrationPackages").results]
    assert server.delete("/IntegrationPackages('First')").status == 202
    gone = server.get("/IntegrationPackages('First')")
    assert gone.status == 404 and gone.error["message"]["value"] == "Requested entity could not be found."
    assert server.delete("/IntegrationPackages('First')").status == 404


def test_wrapped_body(server):
    answer = server.post("/IntegrationPackages", {"d": {"Id": "Wrapped", "Name": "Wrapped", "ShortText": "x"}})
    assert answer.status == 201 and answer.d["Id"] == "Wrapped"


def test_duplicate_and_bad_ids(server):
    assert create(server, "Twice").status == 201
    assert create(server, "Twice").status == 409
    assert create(server, "under_score").status == 400
    assert create(server, "").status == 400


def test_update(server):
    create(server, "Update", Vendor="Old")
    assert server.put("/IntegrationPackages('Update')", {"Name": "New name", "ShortText": "new"}).status == 202
    now = server.get("/IntegrationPackages('Update')").d
    assert (now["Name"], now["ShortText"], now["Vendor"]) == ("New name", "new", "Old")
    assert server.put("/IntegrationPackages('Nobody')", {"Name": "x", "ShortText": "x"}).status == 404


def test_query_options(server):
    for i in range(3):
        create(server, f"Page{i}")
    assert len(server.get("/IntegrationPackages?$top=2&$format=json").results) == 2
    assert server.get("/IntegrationPackages?$filter=Id eq 'Page1'").status == 501
    assert server.get("/IntegrationPackages/$count").status == 501
    assert server.get("/IntegrationPackages?&$top=1").status == 200


def test_export_and_import(server):
    create(server, "Export", Vendor="ACME")
    flow_content = flow("ExportFlow", "1.0.3")
    assert server.upload("Integration", "ExportFlow", "Export", flow_content).status == 201
    assert server.upload("ValueMapping", "ExportMap", "Export", value_mapping("ExportMap")).status == 201
    exported = server.get("/IntegrationPackages('Export')/$value", Accept="application/zip")
    assert exported.status == 200 and "Export.zip" in exported.header("Content-Disposition"), exported
    body = {"PackageContent": encoded(exported.body)}
    assert server.post("/IntegrationPackages", body).status == 409
    server.put("/IntegrationPackages('Export')", {"Vendor": "Other"})
    answer = server.post("/IntegrationPackages?Overwrite=true", body)
    assert answer.status == 201 and answer.d["Vendor"] == "ACME", answer
    assert server.delete("/IntegrationPackages('Export')").status == 202
    assert server.post("/IntegrationPackages", body).status == 201
    one = "/IntegrationDesigntimeArtifacts(Id='ExportFlow',Version='active')"
    assert server.get(one).d["Version"] == "1.0.3" and server.get(one + "/$value").body == flow_content
    assert [v["Id"] for v in server.get("/IntegrationPackages('Export')/ValueMappingDesigntimeArtifacts").results] == ["ExportMap"]
    assert server.put(one, {"Name": "Changed"}).status == 200
    draft = server.get("/IntegrationPackages('Export')/$value")
    assert draft.status == 500 and "Changed" in draft.text
    assert server.post("/IntegrationPackages", {"PackageContent": encoded(b"nothing")}).status == 400
