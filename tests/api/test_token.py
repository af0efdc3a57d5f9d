"""Tokens in all the forms clients use, wrong ones, service keys, sessions and CSRF (api.md 1.5, 1.6; clients.md)."""
import json
import urllib.parse

import pytest
from client import API, Server, basic, tidemill

FORM = "application/x-www-form-urlencoded"
PATHS = ["/oauth/token", "/oauth2/api/v1/token"]
GRANT = "grant_type=client_credentials"


@pytest.fixture(scope="module")
def server():
    s = Server()
    yield s
    s.close()


@pytest.fixture(scope="module")
def key(server):
    done = tidemill("key", "create", "--role", "PI_Integration_Developer", "--url", f"http://127.0.0.1:{server.port}")
    assert done.returncode == 0, done
    return json.loads(done.stdout)["oauth"]


def forms(client, secret):
    """Each form of a request as (method, query, body, headers)."""
    auth = {"Authorization": basic(client, secret)}
    named = "&" + urllib.parse.urlencode({"client_id": client, "client_secret": secret})
    form = {"Content_Type": FORM + "; charset=UTF-8"}
    return {
        "form and Basic": ("POST", "", GRANT, {**auth, **form}),
        "query and Basic": ("POST", GRANT, "", auth),
        "GET and Basic": ("GET", GRANT, None, auth),
        "form": ("POST", "", GRANT + named, form),
        "query": ("POST", GRANT + named, "", {}),
        "query, empty body": ("POST", GRANT + named, None, {}),
        "form and Basic, both": ("POST", "", GRANT + named, {**auth, **form}),
        "query and form": ("POST", GRANT, named[1:], form),
    }


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("form", forms("", ""))
def test_forms(server, key, path, form):
    method, query, body, headers = forms(key["clientid"], key["clientsecret"])[form]
    answer = server.raw(method, path + ("?" + query if query else ""), body, **headers)
    assert answer.status == 200, answer
    token = json.loads(answer.body)
    assert token["token_type"] == "bearer" and token["expires_in"] == 43199 and token["jti"] and "scope" in token
    assert answer.header("Content-Type").startswith("application/json") and "no-store" in answer.header("Cache-Control")
    reads = server.raw("GET", API + "/IntegrationPackages", Authorization="Bearer " + token["access_token"], Accept="application/json")
    assert reads.status == 200
    method, query, body, headers = forms(key["clientid"], "wrong")[form]
    refused = server.raw(method, path + ("?" + query if query else ""), body, **headers)
    assert refused.status == 401 and refused.header("Content-Type").startswith("application/json")
    assert json.loads(refused.body)["error"] == "unauthorized" and json.loads(refused.body)["error_description"]
    assert key["clientsecret"] not in refused.text


@pytest.mark.parametrize("path", PATHS)
def test_password_grant(server, key, path):
    user = "&username=dev&password=dev"
    auth = {"Authorization": basic(key["clientid"], key["clientsecret"]), "Content_Type": FORM}
    answer = server.raw("POST", path, "grant_type=password" + user, **auth)
    assert answer.status == 200
    client = "&" + urllib.parse.urlencode({"client_id": key["clientid"], "client_secret": key["clientsecret"]})
    assert server.raw("POST", path, "grant_type=password" + user + client, Content_Type=FORM).status == 200
    assert server.raw("POST", path, "grant_type=password&username=dev&password=no", **auth).status == 401
    assert server.raw("POST", path, "grant_type=password" + user, Content_Type=FORM).status == 401


@pytest.mark.parametrize("body,status,error", [
    ("", 400, "invalid_request"), ("grant_type=", 400, "invalid_request"), ("grant_type=magic", 400, "unsupported_grant_type"),
    ("grant_type=authorization_code&code=x", 400, "unsupported_grant_type"),
])
def test_wrong_requests(server, body, status, error):
    answer = server.raw("POST", "/oauth/token", body, Authorization=basic("dev", "dev"), Content_Type=FORM)
    assert answer.status == status and json.loads(answer.body)["error"] == error
    assert server.raw("DELETE", "/oauth/token", Authorization=basic("dev", "dev")).status == 405


def test_tokens_that_are_none(server):
    token = server.bearer()[7:]
    middle = len(token) // 2
    changed = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1:]
    for bad in (changed, token[:-4], token + "AAAA", "", "x", "." * 5000, "null", "\xe4"):
        answer = server.raw("GET", API + "/IntegrationPackages", Authorization="Bearer " + bad)
        assert answer.status == 401 and answer.header("WWW-Authenticate"), bad
    for bad in ("Basic", "Basic !!!", "Basic ZGV2", "Digest x", basic("dev", "dev ") , basic("", ""), basic("dev", "")):
        assert server.raw("GET", API + "/IntegrationPackages", Authorization=bad).status == 401, bad


def test_service_key_document(server, key):
    assert set(key) >= {"clientid", "clientsecret", "url", "tokenurl", "createdate"}
    assert key["tokenurl"] == key["url"] + "/oauth/token" and len(key["clientsecret"]) >= 32


def test_roles_of_a_key(server):
    done = tidemill("key", "create", "--role", "ESBMessaging.send", "--url", f"http://127.0.0.1:{server.port}")
    key = json.loads(done.stdout)["oauth"]
    answer = server.raw("POST", "/oauth/token", GRANT, Authorization=basic(key["clientid"], key["clientsecret"]), Content_Type=FORM)
    bearer = "Bearer " + json.loads(answer.body)["access_token"]
    refused = server.raw("GET", API + "/IntegrationPackages", Authorization=bearer, Accept="application/json")
    assert refused.status == 403 and refused.error["message"]["value"] is None
    assert server.raw("POST", "/tidemill/v1/keys", json.dumps({"roles": ["*"]}), Authorization=bearer).status == 403


def test_removed_and_changed_users_are_out_at_once(server):
    url = ("--url", f"http://127.0.0.1:{server.port}")

    def status(password):
        return server.raw("GET", API + "/IntegrationPackages", Authorization=basic("ann", password), Accept="application/json").status
    assert tidemill("user", "add", "ann", "--role", "PI_Read_Only", *url, stdin=b"first-word\n").returncode == 0
    assert status("first-word") == 200 and status("second-word") == 401
    answer = server.raw("POST", "/oauth/token", "grant_type=password&username=ann&password=first-word", Authorization=basic("dev", "dev"), Content_Type=FORM)
    bearer = "Bearer " + json.loads(answer.body)["access_token"]
    assert tidemill("user", "add", "ann", "--role", "PI_Read_Only", *url, stdin=b"second-word\n").returncode == 0
    assert status("first-word") == 401 and status("second-word") == 200
    assert tidemill("user", "remove", "ann", *url).returncode == 0
    assert status("second-word") == 401
    assert server.raw("GET", API + "/IntegrationPackages", Authorization=bearer).status == 401


def test_csrf_at_the_root(server):
    auth = {"Authorization": basic("dev", "dev")}
    for path in ("/", API + "/", API, API + "/IntegrationPackages"):
        for word in ("Fetch", "fetch", "FETCH"):
            answer = server.raw("GET", path, X_CSRF_Token=word, Accept="application/json", **auth)
            assert answer.status == 200 and answer.header("X-CSRF-Token") and "JSESSIONID=" in answer.cookies, path
    body = json.dumps({"Id": "Root", "Name": "Root", "ShortText": "x"})
    both = {"X_CSRF_Token": answer.header("X-CSRF-Token"), "Cookie": answer.cookies, "Content_Type": "application/json", **auth}
    assert server.raw("POST", API + "/IntegrationPackages", body, **both).status == 201
    session = {k: v for k, v in both.items() if k != "Authorization"}  # the session itself logs in
    assert server.raw("DELETE", API + "/IntegrationPackages('Root')", **session).status == 202


def test_csrf_refusals(server):
    auth = {"Authorization": basic("dev", "dev")}
    body = json.dumps({"Id": "Never", "Name": "Never", "ShortText": "x"})
    one = server.raw("GET", "/", X_CSRF_Token="Fetch", **auth)
    other = server.raw("GET", "/", X_CSRF_Token="Fetch", **auth)
    token = one.header("X-CSRF-Token")
    for headers in ({}, {"X_CSRF_Token": token}, {"Cookie": one.cookies}, {"X_CSRF_Token": token, "Cookie": other.cookies},
                    {"X_CSRF_Token": "Fetch", "Cookie": one.cookies}, {"X_CSRF_Token": "", "Cookie": one.cookies}):
        answer = server.raw("POST", API + "/IntegrationPackages", body, Content_Type="application/json", **auth, **headers)
        assert answer.status == 403 and answer.header("X-CSRF-Token") == "Required" and "token validation failed" in answer.text, headers
    assert server.raw("GET", API + "/IntegrationPackages('Never')", **auth).status == 404


def test_sessions_are_not_tokens(server):
    session = server.raw("GET", "/", X_CSRF_Token="Fetch", Authorization=basic("dev", "dev"))
    ticket = session.cookies.split("JSESSIONID=")[1].split(";")[0]
    assert server.raw("GET", API + "/IntegrationPackages", Authorization="Bearer " + ticket).status == 401
    assert server.raw("GET", API + "/IntegrationPackages", Cookie="JSESSIONID=" + server.bearer()[7:]).status == 401
    for header in [v for k, v in session.headers if k.lower() == "set-cookie"]:
        assert "HttpOnly" in header and "Path=/" in header


def test_tokens_survive_a_restart():
    s = Server()
    try:
        token = s.bearer()
        assert s.stop() == 0
        s.start()
        assert s.raw("GET", API + "/IntegrationPackages", Authorization=token).status == 200
    finally:
        s.close()
