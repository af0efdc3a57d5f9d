"""The keystore: its entity sets (api.md 7), and what flows present and trust. Keys are made here, by openssl."""
import base64
import pathlib
import ssl
import subprocess
import tempfile

import pytest
import test_script
from client import API
from flows import Flow, call, http
from peers import HttpPeer

VERIFIED = "fingerprintVerified=true"


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True).stdout


def hexed(alias):
    return alias.encode().hex().upper()


class Keys:
    """An authority, a server's certificate of it, and a client's in PKCS#12."""

    def __init__(self, directory):
        self.d = pathlib.Path(directory)
        self.make("ca", "/O=Tests/CN=Authority")
        self.issue("server", "/CN=localhost", "subjectAltName=DNS:localhost")
        self.issue("client", "/C=DE/O=Tests/CN=client-one", "extendedKeyUsage=clientAuth")

    def make(self, name, subject):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", subject, "-keyout", self.d / f"{name}.key",
                "-out", self.d / f"{name}.pem")

    def issue(self, name, subject, extension):
        (self.d / f"{name}.ext").write_text(extension)
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", self.d / f"{name}.key", "-out", self.d / f"{name}.csr")
        openssl("x509", "-req", "-in", self.d / f"{name}.csr", "-CA", self.d / "ca.pem", "-CAkey", self.d / "ca.key", "-CAcreateserial",
                "-days", "30", "-extfile", self.d / f"{name}.ext", "-out", self.d / f"{name}.pem")

    def der(self, name):
        return openssl("x509", "-in", self.d / f"{name}.pem", "-outform", "DER")

    def p12(self, name, password, *more):
        return openssl("pkcs12", "-export", "-in", self.d / f"{name}.pem", "-inkey", self.d / f"{name}.key", "-certfile", self.d / "ca.pem",
                       "-passout", f"pass:{password}", *more)

    def fingerprint(self, name, digest):
        text = openssl("x509", "-in", self.d / f"{name}.pem", "-noout", "-fingerprint", f"-{digest}").decode()
        return text.split("=")[1].strip().lower()


@pytest.fixture(scope="module")
def keys():
    with tempfile.TemporaryDirectory() as d:
        yield Keys(d)


def put_file(server, path, content, kind):
    return server.raw("PUT", API + path, content, Authorization=server.bearer(), Accept="application/json", Content_Type=kind)


def put_certificate(server, alias, content, options=VERIFIED, kind="application/pkix-cert"):
    return put_file(server, f"/CertificateResources('{hexed(alias)}')/$value?{options}", content, kind)


def import_pair(server, alias, content, password, options=""):
    return server.post(f"/KeyPairResources{options}", {"Hexalias": hexed(alias), "Alias": alias, "Password": password,
                                                       "Resource": base64.b64encode(content).decode()})


def entry(server, alias, tail=""):
    return server.get(f"/KeystoreEntries('{hexed(alias)}'){tail}")


def aliases(server):
    return {r["Alias"] for r in server.get("/KeystoreEntries").results}


def test_certificate_life(server, keys):
    assert put_certificate(server, "root", keys.der("ca"), "update=true").status == 400  # nobody has looked at it
    assert put_certificate(server, "root", keys.der("ca"), kind="text/plain").status == 415
    assert put_certificate(server, "root", b"no certificate").status == 400
    assert put_certificate(server, "root", b"x" * (65 << 10)).status == 413
    assert entry(server, "root").status == 404
    done = put_certificate(server, "root", keys.der("ca"))
    assert done.status == 204 and not done.body
    assert put_certificate(server, "root", keys.der("ca")).status == 409
    assert put_certificate(server, "root", base64.b64encode(keys.der("ca")), VERIFIED + "&update=true").status == 204
    one = entry(server, "root").d
    assert (one["Hexalias"], one["Alias"], one["Type"], one["Owner"]) == (hexed("root"), "root", "Certificate", "Tenant Administrator")
    assert (one["SubjectDN"], one["IssuerDN"], one["KeyType"], one["KeySize"]) == ("CN=Authority,O=Tests",) * 2 + ("RSA", 2048)
    assert (one["SignatureAlgorithm"], one["Version"], one["EllipticCurve"]) == ("SHA256withRSA", 3, None)
    assert one["FingerprintSha1"] == keys.fingerprint("ca", "sha1") and one["FingerprintSha512"] == keys.fingerprint("ca", "sha512")
    assert one["ValidNotAfter"].startswith("/Date(") and int(one["SerialNumber"]) > 0
    got = entry(server, "root", "/Certificate/$value")
    assert (got.status, got.body, got.header("Content-Type")) == (200, keys.der("ca"), "application/pkix-cert")
    assert entry(server, "root", "/SigningRequest/$value").status == 400  # has no key
    assert server.delete(f"/KeystoreEntries('{hexed('root')}')").status == 204
    assert entry(server, "root").status == 404 and server.delete(f"/KeystoreEntries('{hexed('root')}')").status == 404


def test_key_pair_life(server, keys):
    file = keys.p12("client", "pw")
    assert import_pair(server, "pair", file, "wrong").status == 400
    assert import_pair(server, "pair", b"0\x82junk", "pw").status == 400
    assert import_pair(server, "pair", file, "pw").status == 204
    assert import_pair(server, "pair", file, "pw").status == 409
    again = import_pair(server, "pair", file, "pw", "?update=true&returnKeystoreEntries=true")
    assert again.status == 200 and [r["Alias"] for r in again.results] == ["pair"]
    one = entry(server, "pair").d
    assert one["Type"] == "Key Pair" and one["SubjectDN"] == "CN=client-one,O=Tests,C=DE"
    chain = entry(server, "pair", "/ChainCertificates").results
    assert [(c["Index"], c["SubjectDN"]) for c in chain] == [(0, "CN=client-one,O=Tests,C=DE"), (1, "CN=Authority,O=Tests")]
    assert entry(server, "pair", "/Certificate/$value?rootCA=true").body == keys.der("ca")
    assert entry(server, "pair", "/ChainResource/$value").text.count("BEGIN CERTIFICATE") == 2
    request = entry(server, "pair", "/SigningRequest/$value")
    path = keys.d / "from-server.csr"
    path.write_bytes(request.body)
    assert b"CN = client-one" in openssl("req", "-in", path, "-noout", "-verify", "-subject")
    assert server.delete(f"/KeystoreEntries('{hexed('pair')}')?returnKeystoreEntries=true").status == 200


@pytest.mark.parametrize("more", [("-nomaciter",), ("-nomaciter", "-keypbe", "NONE"), ("-nomaciter", "-certpbe", "NONE")])
def test_files_that_are_slow_to_open(server, keys, more):
    """Each part says how often the password is hashed."""
    got = import_pair(server, "slow", keys.p12("client", "pw", "-iter", "1000001", *more), "pw")
    assert got.status == 400 and "too much work" in got.text
    assert import_pair(server, "quick", keys.p12("client", "pw", "-iter", "3000", *more), "pw", "?update=true").status == 204


def test_private_keys_stay(server, keys):
    """Not readable over the API, nor on disk."""
    assert import_pair(server, "hidden", keys.p12("client", "pw"), "pw").status == 204
    secret = "".join((keys.d / "client.key").read_text().split("\n")[1:-2])
    for path in ("", "/ChainResource/$value", "/Certificate/$value", "/ChainCertificates"):
        assert "PRIVATE" not in entry(server, "hidden", path).text
    body = server.get("/KeystoreEntries").text + server.get("/Keystores('system')?$expand=Entries").text
    assert "sealed" not in body and "PRIVATE" not in body and "BEGIN" not in body
    for file in pathlib.Path(server.directory).rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert b"PRIVATE KEY" not in content and secret[:60].encode() not in content, file


def test_names(server, keys):
    for alias in ("sap_mine", "SAP_mine", "hcicertificate", "hcicertificate1", "hcimsgcertificate"):
        assert put_certificate(server, alias, keys.der("ca")).status == 403
        assert import_pair(server, alias, keys.p12("client", "pw"), "pw").status == 403
    put_certificate(server, "old näme", keys.der("ca"))
    rename = f"/KeystoreEntries('{hexed('old näme')}')?renameAlias="
    assert server.put(rename.split("?")[0], {"Status": None}).status == 400
    assert server.put(rename + "sap_x", {"Status": None}).status == 403
    assert server.put(rename + "new", {"Status": None}).status == 204
    assert entry(server, "old näme").status == 404 and entry(server, "new").d["Alias"] == "new"
    put_certificate(server, "other", keys.der("ca"))
    assert server.put(f"/KeystoreEntries('{hexed('other')}')?renameAlias=new", {"Status": None}).status == 409
    assert server.get("/KeystoreEntries('6e6577')").d["Alias"] == "new"  # digits in lower case
    assert server.get("/KeystoreEntries('xyz')").status == 400
    for alias in ("new", "other"):
        assert server.delete(f"/KeystoreEntries('{hexed(alias)}')").status == 204


def test_lists(server, keys):
    put_certificate(server, "listed", keys.der("ca"))
    assert {"listed"} <= aliases(server)
    assert server.get("/KeystoreEntries?$select=Alias").results[0].keys() == {"__metadata", "Alias"}
    assert server.get("/KeystoreEntries?keystoreName=backup_admin_system").results == []
    assert len(server.get("/KeystoreEntries?keystoreName=system").results) == len(aliases(server))
    keystore = server.get("/Keystores('system')?$expand=Entries").d
    assert keystore["Size"] == len(aliases(server)) == len(keystore["Entries"]["results"])
    assert server.get("/Keystores('system')/Size/$value").text == str(keystore["Size"])
    assert server.get("/Keystores('nothing')").status == 404
    server.delete(f"/KeystoreEntries('{hexed('listed')}')")


@pytest.mark.parametrize("kind,want", [({"KeyType": "RSA", "KeySize": 2048, "SignatureAlgorithm": "SHA512withRSA"}, ("RSA", 2048, None, "SHA512withRSA")),
                                       ({"KeyType": "EC", "EllipticCurve": "secp384r1"}, ("EC", 384, "secp384r1", "SHA256withECDSA"))])
def test_generation(server, kind, want):
    body = {"Hexalias": hexed("made"), "Alias": "made", "CommonName": "made here", "Organization": "Tests", "Country": "DE", **kind}
    made = server.post("/KeyPairGenerationRequests?returnKeystoreEntries=true", body)
    assert made.status == 200, made
    one = made.results[0]
    assert (one["KeyType"], one["KeySize"], one["EllipticCurve"], one["SignatureAlgorithm"]) == want
    assert one["SubjectDN"] == one["IssuerDN"] == "CN=made here,O=Tests,C=DE"
    assert server.post("/KeyPairGenerationRequests", body).status == 409
    assert server.delete(f"/KeystoreEntries('{hexed('made')}')").status == 204


def test_refused_generation(server):
    body = {"Hexalias": hexed("made"), "Alias": "made", "CommonName": "x", "KeyType": "RSA"}
    for wrong in ({"KeySize": 1024}, {"KeyType": "EC", "EllipticCurve": "none"}, {"KeyType": "ROT13"}, {"SignatureAlgorithm": "MD5withRSA"}, {"CommonName": None},
                  {"Country": "Germany"}, {"Alias": "different"}):
        answer = server.post("/KeyPairGenerationRequests", {**body, **wrong})
        assert answer.status == 400 and answer.error["message"]["value"], (wrong, answer)
    assert entry(server, "made").status == 404


def test_signed_chain(server, keys):
    """The way of a certificate: generate, request, sign outside, bring the chain back."""
    body = {"Hexalias": hexed("ours"), "Alias": "ours", "CommonName": "ours", "KeyType": "RSA", "KeySize": 2048}
    assert server.post("/KeyPairGenerationRequests", body).status == 204
    (keys.d / "ours.csr").write_bytes(entry(server, "ours", "/SigningRequest/$value").body)
    openssl("x509", "-req", "-in", keys.d / "ours.csr", "-CA", keys.d / "ca.pem", "-CAkey", keys.d / "ca.key", "-days", "30", "-out", keys.d / "ours.pem")
    pkcs7 = openssl("crl2pkcs7", "-nocrl", "-certfile", keys.d / "ours.pem", "-certfile", keys.d / "ca.pem", "-outform", "DER")
    wrong = openssl("crl2pkcs7", "-nocrl", "-certfile", keys.d / "client.pem", "-outform", "DER")
    to = f"/CertificateChainResources('{hexed('ours')}')/$value?"
    assert put_file(server, to + VERIFIED, wrong, "application/pkcs7-mime").status == 400
    assert put_file(server, to + VERIFIED, pkcs7, "application/pkcs7-mime").status == 204
    assert entry(server, "ours").d["IssuerDN"] == "CN=Authority,O=Tests"
    assert len(entry(server, "ours", "/ChainCertificates").results) == 2
    assert server.delete(f"/KeystoreEntries('{hexed('ours')}')").status == 204


def test_what_is_missing_says_so(server):
    for path in ("/KeystoreResources('system')", "/HistoryKeystoreEntries"):
        assert server.get(path).status == 501
    for path in ("/RSAKeyGenerationRequests", "/SSHKeyGenerationRequests", "/KeystoreResources"):
        assert server.post(path, {}).status == 501
    assert server.delete("/KeystoreEntries('61')?keystoreName=KeyRenewal&activate=true").status == 501


# ---- flows ----

@pytest.fixture(scope="module")
def peer(keys):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys.d / "server.pem", keys.d / "server.key")
    context.load_verify_locations(keys.d / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    p = HttpPeer(tls=context)
    yield p
    p.close()


@pytest.fixture
def trusted(server, keys):
    assert put_certificate(server, "authority", keys.der("ca")).status == 204
    yield
    assert server.delete(f"/KeystoreEntries('{hexed('authority')}')").status == 204


def certificate_flow(peer, name, alias):
    return Flow(name, [call(http(peer.url + "/in", authenticationMethod="Client Certificate", privateKeyAlias=alias))])


def test_client_certificate(server, keys, peer, trusted):
    assert import_pair(server, "mine", keys.p12("client", "pw"), "pw").status == 204
    path = server.run(certificate_flow(peer, "Presents", "mine"))
    answer = server.send(path, "x")
    assert (answer.status, answer.text) == (200, "ok"), server.mpl_error(answer)
    assert (("commonName", "client-one"),) in peer.last.certificate["subject"]


def test_untrusted_server(server, keys, peer):
    """The same call, with the authority gone: nothing is sent."""
    import_pair(server, "mine", keys.p12("client", "pw"), "pw", "?update=true")
    seen = len(peer.seen)
    path = server.run(certificate_flow(peer, "Untrusting", "mine"))
    answer = server.send(path, "x")
    assert answer.status == 500 and len(peer.seen) == seen
    assert "certificate" in server.mpl_error(answer).lower()


def test_no_certificate(server, peer, trusted):
    seen = len(peer.seen)
    path = server.run(Flow("PresentsNone", [call(http(peer.url + "/in"))]))
    assert server.send(path, "x").status == 500 and len(peer.seen) == seen


@pytest.mark.parametrize("name,alias,why", [("Unknown", "nobody", "no keystore entry with alias 'nobody' found"),
                                            ("OnlyCertificate", "authority", "'authority' is not a key pair")])
def test_wrong_alias(server, peer, trusted, name, alias, why):
    path = server.run(certificate_flow(peer, name, alias))
    answer = server.send(path, "x")
    assert answer.status == 500 and why in server.mpl_error(answer)


@test_script.pytestmark
def test_scripts_read_entries(server, keys, trusted):
    import_pair(server, "mine", keys.p12("client", "pw"), "pw", "?update=true")
    code = """def ks = ITApiFactory.getService(com.sap.it.api.keystore.KeystoreService.class, null)
def why = ''
try { ks.getKey('nobody') } catch (com.sap.it.api.keystore.exception.KeystoreException e) { why = e.message }
message.setBody([ks.getCertificate('mine').subjectX500Principal, ks.getKey('mine').algorithm, ks.getCertificateChain('mine').length,
                 ks.getKeyPair('mine').public.algorithm, ks.getCertificate('authority').subjectX500Principal, ks.getKey('authority'),
                 why].join('|'))"""
    got = test_script.answer(server, "ReadsKeys", code)
    assert got.text == ("CN=client-one, O=Tests, C=DE|RSA|2|RSA|CN=Authority, O=Tests|null|"
                        "no keystore entry with alias 'nobody' found"), got


def test_restart_keeps_all(server, keys, peer, trusted):
    import_pair(server, "mine", keys.p12("client", "pw"), "pw", "?update=true")
    path = server.run(certificate_flow(peer, "AfterRestart", "mine"))
    assert server.stop() == 0
    server.start()
    server.wait_ready()
    assert server.send(path, "x").text == "ok"
