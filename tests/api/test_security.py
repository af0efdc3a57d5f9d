"""Security material: secrets go in and never come out (api.md 7)."""
import pathlib

import pytest

KINDS = [
    ("SecureParameters", {"Name": "Param", "SecureParam": "s3cret-value", "Description": "d"}, "SecureParam"),
    ("UserCredentials", {"Name": "User", "Kind": "default", "User": "u", "Password": "s3cret-value"}, "Password"),
    ("OAuth2ClientCredentials", {"Name": "Client", "TokenServiceUrl": "https://idp.example/token", "ClientId": "c",
                                 "ClientSecret": "s3cret-value"}, "ClientSecret"),
]


@pytest.mark.parametrize("name,body,secret", KINDS)
def test_life(server, name, body, secret):
    one = f"/{name}('{body['Name']}')"
    assert server.post("/" + name, body).status == 202
    assert server.post("/" + name, body).status == 409
    read = server.get(one)
    assert read.status == 200 and read.d[secret] is None and "s3cret" not in read.text
    assert "s3cret" not in server.get("/" + name).text
    assert server.put(one, {**body, secret: "other"}).status == 202
    assert server.put(one, {**body, "Name": "Different"}).status == 400
    assert server.put(f"/{name}('Nobody')", {**body, "Name": "Nobody"}).status == 409
    assert server.get("/" + name + "?$filter=Name eq 'x'").status == 501
    assert server.delete(one).status == 202
    assert server.get(one).status == 404


def test_nothing_readable_on_disk(server):
    assert server.post("/SecureParameters", {"Name": "OnDisk", "SecureParam": "find-me-if-you-can"}).status == 202
    for file in pathlib.Path(server.directory).rglob("*"):
        if file.is_file():
            assert b"find-me-if-you-can" not in file.read_bytes(), file


def test_checks(server):
    assert server.post("/UserCredentials", {"Name": "A", "Kind": "Default", "User": "u"}).status == 500
    assert server.post("/UserCredentials", {"Name": "A", "Kind": "successfactors", "User": "u"}).status == 400


def test_custom_parameters(server):
    body = {**KINDS[2][1], "Name": "Deep", "CustomParameters": [{"Key": "k", "Value": "v", "SendAsPartOf": "body"}]}
    assert server.post("/OAuth2ClientCredentials", body).status == 202
    rows = server.get("/OAuth2ClientCredentials('Deep')?$expand=CustomParameters").d["CustomParameters"]["results"]
    assert [(r["Key"], r["Value"]) for r in rows] == [("k", "v")]


def test_empty_stores(server):
    assert server.get("/DataStores").results == []
    assert server.get("/DataStoreEntries?overdueonly=true").results == []
    assert server.get("/Variables").results == []
    assert server.get("/DataStores(DataStoreName='x',IntegrationFlow='',Type='')").status == 404
