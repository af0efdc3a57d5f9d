"""Integration packages (api.md 2.1)."""


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
