"""Input from enemies, against a live server: each is refused or fails with a reason, and the server goes on."""
import json
import os
import random
import socket
import struct
import threading
import time
import urllib.parse
import zipfile
import zlib

import pytest
from bundles import archive, encoded, manifest
from client import API, Server, basic
from flows import Flow, call, channel, direct, gather, http, local, loop, modifier, otherwise, router, splitter, step, when

IFLW = "src/main/resources/scenarioflows/integrationflow/x.iflw"
LAUGHS = ('<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {c} "{("&" + p + ";") * 10}">' for p, c in zip("abcdefghij", "bcdefghijk")) + "]><l>&k;</l>")
FILE = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY f SYSTEM "file:///etc/passwd">]><l>&f;</l>'
AUTH = "Authorization: " + basic("dev", "dev")


@pytest.fixture(scope="module")
def server():
    s = Server()
    for name, steps in {"Echo": [], "Parse": [modifier(props={"v": ("xpath", "string(/*)")}, body="${property.v}")],
                        "ToXml": [step("JsonToXmlConverter", addXMLRootElement="true", additionalRootElementName="r")],
                        "ToJson": [step("XmlToJsonConverter")],
                        "Split": [splitter("//x"), gather()]}.items():
        s.run(Flow(name, steps))
    yield s
    with open(f"/proc/{s.process.pid}/status") as f:
        peak = next(int(line.split()[1]) >> 10 for line in f if line.startswith("VmHWM"))
    s.close()
    assert peak < 3000, f"{peak} MB"


@pytest.fixture(autouse=True)
def goes_on(server):
    yield
    begin = time.monotonic()
    assert server.alive() and server.send("/http/echo", b"still").text == "still"
    assert time.monotonic() - begin < 5


def refused_upload(server, content, deploys=True):
    """The bundle is refused when uploaded, or else when deployed; returns the reason."""
    name = f"Evil{random.getrandbits(60):x}"
    answer = server.upload("Integration", name, "evil", content)
    if answer.status != 201 or not deploys:
        assert 400 <= answer.status < 500, answer
        return answer.error["message"]["value"]
    server.deploy("Integration", name, want="ERROR")
    return server.get(f"/IntegrationRuntimeArtifacts('{name}')/ErrorInformation/$value").text


def failed(server, path, body, **headers):
    """The message fails and its log says why; returns that."""
    answer = server.send(path, body, **headers)
    assert answer.status == 500, answer
    assert server.mpl(answer)["Status"] == "FAILED"
    reason = server.mpl_error(answer)
    assert len(reason) > 10
    return reason


def bundle(files):
    return archive({"META-INF/MANIFEST.MF": manifest("Evil", "Evil", "1.0.0", "IntegrationFlow"), **files})


# ---- archives ----
def raw_zip(name, data, size):
    """A ZIP of one deflated entry that claims to have size bytes."""
    name = name.encode()
    local_header = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(data), size, len(name), 0) + name
    central = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 8, 0, 0, 0, len(data), size, len(name), 0, 0, 0, 0, 0, 0) + name
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(central), len(local_header) + len(data), 0)
    return local_header + data + central + end


@pytest.mark.parametrize("size", [1000, 0xF0000000, None])
def test_zip_bomb(server, size):
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = c.compress(b"\0" * (16 << 20)) + c.flush(zlib.Z_FULL_FLUSH)
    data = piece * ((10 << 20) // len(piece)) + b"\3\0"  # ten gigabytes
    content = raw_zip(IFLW, data, size) if size else bundle({"src/main/resources/xsd/zeros.xsd": b"\0" * (60 << 20)} | {
        f"src/main/resources/xsd/{n}.xsd": b"\0" * (40 << 20) for n in range(5)})
    begin = time.monotonic()
    assert refused_upload(server, content, deploys=False)
    assert time.monotonic() - begin < 20


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "src/../../../evil", "..\\..\\evil", "C:\\evil", "a/./../../evil", "a\0b", "x" * 5000])
def test_escaping_names(server, name):
    assert refused_upload(server, raw_names({name: b"evil", IFLW: b"<x/>"}))
    for place in ("/tmp/evil", os.path.join(server.directory, "evil"), os.path.join(os.path.dirname(server.directory), "evil")):
        assert not os.path.exists(place)


def raw_names(files):
    """Like bundle, but ZipInfo may not tidy the names."""
    import io
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("META-INF/MANIFEST.MF", manifest("Evil", "Evil", "1.0.0", "IntegrationFlow"))
        for name, content in files.items():
            info = zipfile.ZipInfo("x")
            info.filename = name
            z.writestr(info, content)
    return out.getvalue()


def test_symbolic_link(server):
    import io
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("META-INF/MANIFEST.MF", manifest("Evil", "Evil", "1.0.0", "IntegrationFlow"))
        info = zipfile.ZipInfo("src/main/resources/xsd/link.xsd")
        info.external_attr = 0o120777 << 16
        z.writestr(info, "/etc/passwd")
        z.writestr(IFLW, Flow("Links", []).iflw())
    answer = server.upload("Integration", "Linked", "evil", out.getvalue())
    assert answer.status in (201, 400)
    if answer.status == 201:
        value = server.get("/IntegrationDesigntimeArtifacts(Id='Linked',Version='active')/$value")
        assert b"root:" not in value.body


def test_many_entries(server):
    begin = time.monotonic()
    refused_upload(server, bundle({f"d/{n}": b"" for n in range(70000)}))
    assert time.monotonic() - begin < 20


def test_random_archives(server):
    rng = random.Random(7)
    good = Flow("Good", [modifier(body="x")]).bundle()
    for n in range(60):
        if n % 2:
            content = rng.randbytes(rng.randrange(0, 3000))
        else:
            content = bytearray(good)
            for _ in range(rng.randrange(1, 30)):
                content[rng.randrange(len(content))] = rng.randrange(256)
        answer = server.upload("Integration", f"Rnd{n}", "evil", bytes(content))
        assert answer.status in (201, 400, 409, 500), answer
        if n % 2:
            assert answer.status != 201
    for content in ("!!!", "AAAA", 7, [], {"a": 1}, "A" * 100001):
        answer = server.post("/IntegrationDesigntimeArtifacts", {"Name": "B", "Id": "B64", "PackageId": "evil", "ArtifactContent": content})
        assert 400 <= answer.status <= 500, answer
        server.delete("/IntegrationDesigntimeArtifacts(Id='B64',Version='active')")


# ---- XML and JSON ----
@pytest.mark.parametrize("xml", [LAUGHS, FILE, "<a>" * 50000, "<a " + " ".join(f'a{n}="1"' for n in range(50000)) + "/>", "\xff\xfe<a/>", "<a>\0</a>"],
                         ids=["entities", "file", "deep", "attributes", "bytes", "null"])
def test_xml(server, xml):
    assert refused_upload(server, bundle({IFLW: xml}))
    answer = server.send("/http/parse", xml.encode("latin-1"))
    assert "root:" not in answer.text and (answer.status == 500 or len(answer.text) < 1000)
    assert server.mpl(answer)["Status"] in ("FAILED", "COMPLETED")
    if xml in (LAUGHS, FILE):
        failed(server, "/http/parse", xml.encode())
        failed(server, "/http/tojson", xml.encode())
        failed(server, "/http/split", xml.encode())


def test_deep_json(server):
    deep = ("[" * 100000 + "]" * 100000).encode()
    objects = (b'{"a":' * 100000) + b"1" + b"}" * 100000
    for body in (deep, objects, b"[" * 100000):
        answer = server.raw("POST", API + "/IntegrationPackages", body, Authorization=server.bearer(), Content_Type="application/json", Accept="application/json")
        assert answer.status == 400 and answer.error["message"]["value"], answer
        failed(server, "/http/toxml", body)


def test_stylesheets(server):
    def mapping(name, templates, declarations=""):
        style = (f'<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"{declarations}>{templates}</xsl:stylesheet>')
        flow = Flow(name, [step("Mapping", mappingType="XSLTMapping", mappingname="m", mappingSource="mappingSrcIflow", mappingoutputformat="Bytes",
                                mappinguri="dir://mapping/xslt/src/main/resources/mapping/m.xsl")], files={"mapping/m.xsl": style})
        return flow
    recursion = mapping("Recursion", '<xsl:template match="/"><xsl:call-template name="t"/></xsl:template>'
                                     '<xsl:template name="t"><r><xsl:call-template name="t"/></r></xsl:template>')
    begin = time.monotonic()
    failed(server, server.run(recursion), "<a/>")
    assert time.monotonic() - begin < 20
    for n, (value, declarations) in enumerate([("document('/etc/passwd')", ""), ("document('http://127.0.0.1:1/x')", ""),
                                               ("unparsed-text('/etc/passwd')", "")]):
        flow = mapping(f"Reads{n}", f'<xsl:template match="/"><r><xsl:copy-of select="{value}"/></r></xsl:template>', declarations)
        server.upload("Integration", flow.id, "evil", flow.bundle())
        server.post(f"/DeployIntegrationDesigntimeArtifact?Id='{flow.id}'&Version='active'")
        if server.wait_deployed(flow.id) == "STARTED":
            assert "root:" not in server.send(f"/http/{flow.id.lower()}", "<a/>").text


# ---- flows ----
@pytest.mark.parametrize("calls", [{"A": ["A"]}, {"A": ["B"], "B": ["A"]}, {"A": ["B"], "B": ["C", "C"], "C": ["A"]}])
def test_circle_of_calls(server, calls):
    locals = {name: [local(to) for to in targets] for name, targets in calls.items()}
    flow = Flow(f"Circle{len(calls)}", [local("A")], locals=locals)
    reason = refused_upload(server, flow.bundle())
    assert "A" in reason


def test_calls_that_multiply(server):
    """Ten processes, each calls the next ten times: 10^10 calls."""
    locals = {f"L{n}": [local(f"L{n + 1}")] * 10 if n < 10 else [] for n in range(11)}
    answer = server.upload("Integration", "Multiply", "evil", Flow("Multiply", [local("L0")], locals=locals).bundle())
    assert answer.status == 201
    server.deploy("Integration", "Multiply")
    answers = []
    t = threading.Thread(target=lambda: answers.append(server.send("/http/multiply", b"x")))
    t.start()
    assert server.send("/http/echo", b"meanwhile").text == "meanwhile"
    t.join(60)
    assert answers and answers[0].status in (500, 503)


def test_circle_of_edges(server):
    flow = Flow("EdgeCircle", [modifier(body="1"), modifier(body="2")])
    text = flow.iflw().replace('targetRef="P0_End_5"', 'targetRef="P0_Step_1"')
    answer = server.upload("Integration", "EdgeCircle", "evil", _renamed(flow, text))
    assert answer.status == 201, answer
    server.post("/DeployIntegrationDesigntimeArtifact?Id='EdgeCircle'&Version='active'")
    if server.wait_deployed("EdgeCircle") == "STARTED":
        assert "steps" in failed(server, "/http/edgecircle", b"x")


def _renamed(flow, text):
    return archive({"META-INF/MANIFEST.MF": manifest(flow.id, flow.id, "1.0.0", "IntegrationFlow"),
                    f"src/main/resources/scenarioflows/integrationflow/{flow.id}.iflw": text})


def test_flow_that_calls_itself(server):
    flow = Flow("Self", [call(channel("ProcessDirect", address="self"))], also=[(direct("self"), [call(channel("ProcessDirect", address="self"))])])
    begin = time.monotonic()
    assert "recursion" in failed(server, server.run(flow), b"x")
    assert time.monotonic() - begin < 20


def test_growth(server):
    double = modifier(props={"p": "${property.p}${property.p}"})
    assert failed(server, server.run(Flow("Doubles", [modifier(props={"p": ("constant", "0123456789")}), *[double] * 40])), b"x")
    body = modifier(body="${in.body}${in.body}")
    assert failed(server, server.run(Flow("Bodies", [body] * 40)), b"0123456789")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*a){30}", "(x+x+)+y"])
def test_regular_expressions(server, pattern):
    name = "Regex" + format(zlib.crc32(pattern.encode()), "x")
    condition = Flow(name, [router(when("${in.body} regex '" + pattern + "'", [modifier(body="yes")]), otherwise([modifier(body="no")]))],
                     allowed=pattern)
    path = server.run(condition)
    begin = time.monotonic()
    for c in "ax":
        answer = server.send(path, c * 5000 + "!", **{c * 3000 + "b": "1"})
        assert answer.status in (200, 500)
    assert time.monotonic() - begin < 5
    assert refused_upload(server, Flow("Wrong", [], allowed="((").bundle())


@pytest.mark.parametrize("text", ["${" * 5000, "${property." + "a" * 70000 + "}", "${header.a" + "[" * 5000, "${body.replaceAll('(a+)+$','b')}",
                                  "${date:now:" + "y" * 9000 + "}", "${" + "bodyAs(" * 3000],
                         ids=["open", "name", "brackets", "regex", "date", "calls"])
def test_expressions(server, text):
    name = "Expr" + format(zlib.crc32(text.encode()), "x")
    server.upload("Integration", name, "evil", Flow(name, [modifier(body=text)]).bundle())
    server.post(f"/DeployIntegrationDesigntimeArtifact?Id='{name}'&Version='active'")
    begin = time.monotonic()
    if server.wait_deployed(name) == "STARTED":
        assert server.send(f"/http/{name.lower()}", b"a" * 5000 + b"!").status in (200, 204, 500)
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize("xpath", ["(" * 3000 + "1" + ")" * 3000, "//*[//*[//*[//*[//*[//*]]]]]", "count(//*//*//*//*//*)", "-" * 20000 + "1",
                                   "concat(" + ",".join(["string(//*)"] * 500) + ")"], ids=["deep", "nested", "descend", "minus", "long"])
def test_xpaths(server, xpath):
    name = "Xp" + format(zlib.crc32(xpath.encode()), "x")
    server.upload("Integration", name, "evil", Flow(name, [modifier(props={"v": ("xpath", xpath)}, body="done")]).bundle())
    server.post(f"/DeployIntegrationDesigntimeArtifact?Id='{name}'&Version='active'")
    begin = time.monotonic()
    if server.wait_deployed(name) == "STARTED":
        answer = server.send(f"/http/{name.lower()}", "<a>" * 100 + "<b/>" * 300 + "</a>" * 100)
        assert answer.status in (200, 500)
    assert time.monotonic() - begin < 25


def test_header_injection_towards_receivers(server):
    from peers import HttpPeer
    peer = HttpPeer()
    try:
        path = server.run(Flow("Splits", [modifier(headers={"X-A": "${in.body}", "Bad\r\nX-Evil": ("constant", "1")}),
                                          call(http(peer.url, allowedRequestHeaders="*", httpAddressQuery="q=${in.body}"))]))
        answer = server.send(path, "1\r\nX-Evil: 2\r\n\r\nGET /evil HTTP/1.1\r\n")
        assert answer.header("X-Evil") is None
        for seen in peer.seen:
            assert seen.headers["X-Evil"] is None and not seen.path.startswith("/evil")
    finally:
        peer.close()


def test_many_parts(server):
    path = server.run(Flow("Parts", [splitter("//x", "IteratingSplitter"), gather()]))
    begin = time.monotonic()
    answer = server.send(path, "<a>" + "<x/>" * 100000 + "</a>")
    assert answer.status in (200, 500) and time.monotonic() - begin < 30
