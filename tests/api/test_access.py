"""Tokens, CSRF, roles' neighbours: who gets in, and how (api.md 1.5, 1.6)."""
import json

import pytest
from client import API, basic

FORM = "application/x-www-form-urlencoded"


def token_of(answer):
    assert answer.status == 200, answer
    body = json.loads(answer.body)
    assert body["token_type"].lower() == "bearer" and int(body["expires_in"]) > 0 and body["jti"]
    return body["access_token"]


@pytest.mark.parametrize("method,path,body,headers", [
    ("POST", "/oauth/token", "grant_type=client_credentials", {"Authorization": basic("dev", "dev"), "Content_Type": FORM}),
    ("POST", "/oauth/token?grant_type=client_credentials", "", {"Authorization": basic("dev", "dev")}),
    ("GET", "/oauth/token?grant_type=client_credentials", None, {"Authorization": basic("dev", "dev")}),
    ("POST", "/oauth/token", "grant_type=client_credentials&client_id=dev&client_secret=dev", {"Content_Type": FORM}),
    ("POST", "/oauth/token?grant_type=client_credentials&client_id=dev&client_secret=dev", "", {}),
    ("POST", "/oauth2/api/v1/token", "grant_type=client_credentials", {"Authorization": basic("dev", "dev"), "Content_Type": FORM}),
    ("POST", "/oauth/token", "grant_type=password&username=dev&password=dev", {"Authorization": basic("dev", "dev"), "Content_Type": FORM}),
])
def test_every_form_of_a_token_request(server, method, path, body, headers):
    token = token_of(server.raw(method, path, body, **headers))
    assert server.raw("GET", API + "/IntegrationPackages", Authorization="Bearer " + token).status == 200


def test_wrong_client(server):
    answer = server.raw("POST", "/oauth/token", "grant_type=client_credentials", Authorization=basic("dev", "no"), Content_Type=FORM)
    assert answer.status == 401 and json.loads(answer.body)["error"]


def test_without_credentials(server):
    answer = server.raw("GET", API + "/IntegrationPackages")
    assert answer.status == 401 and answer.header("WWW-Authenticate")
    assert server.raw("GET", API + "/IntegrationPackages", Authorization="Bearer nonsense").status == 401


def test_basic_writes_need_a_csrf_token(server):
    body = json.dumps({"Id": "Csrf", "Name": "Csrf", "ShortText": "x"})
    headers = {"Authorization": basic("dev", "dev"), "Content_Type": "application/json", "Accept": "application/json"}
    refused = server.raw("POST", API + "/IntegrationPackages", body, **headers)
    assert refused.status == 403 and refused.header("X-CSRF-Token") == "Required"
    fetched = server.raw("GET", API + "/", Authorization=headers["Authorization"], X_CSRF_Token="Fetch")
    assert fetched.status == 200 and fetched.header("X-CSRF-Token") and fetched.cookies
    with_token = {**headers, "X_CSRF_Token": fetched.header("X-CSRF-Token"), "Cookie": fetched.cookies}
    assert server.raw("POST", API + "/IntegrationPackages", body, **with_token).status == 201
    stale = {**with_token, "X_CSRF_Token": "0" * 32}
    assert server.raw("DELETE", API + "/IntegrationPackages('Csrf')", **stale).status == 403
    assert server.raw("DELETE", API + "/IntegrationPackages('Csrf')", **with_token).status == 202


def test_bearer_writes_need_none(server):
    assert server.post("/IntegrationPackages", {"Id": "NoCsrf", "Name": "x", "ShortText": "x"}).status == 201
