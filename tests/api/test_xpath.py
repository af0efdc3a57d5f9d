"""XPath 2 and 3 wherever a flow has one: a script host evaluates what is not of version 1."""
import os
import shutil

import pytest
from client import Server
from flows import Flow, gather, modifier, otherwise, router, splitter, step, when

pytestmark = pytest.mark.skipif(not shutil.which("java") or not os.path.exists("/usr/share/java/groovy-all.jar"),
                                reason="needs scripts/setup script")
BODY = ('<r xmlns:n="urn:n"><a>x</a><a>y</a><b k="1" n:t="q"><c>5</c><c>7</c><d>2024-01-31</d>mixed<!-- --> <![CDATA[text]]></b>'
        '<b k="2"><c>9</c></b></r>')
VALUES = {"/r/count(b)": "2", "/r/b[1]/string-join(c, ',')": "5,7", "//a/upper-case(.)": "X", "max(//c)": "9", "avg(//b[1]/c)": "6",
          "if (//a = 'x') then 'yes' else 'no'": "yes", "for $i in //c return $i + 1": "6", "distinct-values(//a)[2]": "y",
          "//a = ('x', 'z')": "true", "some $c in //c satisfies $c > 8": "true", "//c castable as xs:date": "false",
          "format-date(xs:date(//d), '[D01].[M01].[Y0001]')": "31.01.2024", "//b[2]/(c|d)": "9", "tokenize('a,b', ',')[last()]": "b",
          "(//b/@k)[. gt '1']/string()": "2", "//b[1]/@*[2]/(.)": "q", "//b[1]/text()[1]/(.)": "mixed", "//c[. = (1 to 7)][2]": "7",
          "//zzz/string()": "", "$p || '!'": "prop!", "//c[. = $n]/(.)": "7", "matches($p, 'p.op') and exists(//a/string())": "true"}


@pytest.fixture(scope="module")
def server():
    s = Server("--script-limit", "5")
    yield s
    s.close()


def test_values(server):
    props = {f"v{i}": ("xpath", path) for i, path in enumerate(VALUES)}
    text = "|".join("${property.v%d}" % i for i in range(len(VALUES)))
    flow = Flow("Values", [modifier(props={"p": ("constant", "prop")}), modifier(props=props), modifier(body=text)], allowed="*")
    got = server.send(server.run(flow), BODY, n="7")
    assert dict(zip(VALUES, got.text.split("|"))) == VALUES


def test_conditions(server):
    steps = [router(when("/r/count(a) ge 2 and not(empty(//c[. castable as xs:integer]))", [modifier(body="many")], kind="XML"),
                    otherwise([modifier(body="few")]))]
    address = server.run(Flow("Conditions", steps))
    assert server.send(address, BODY).text == "many"
    assert server.send(address, "<r><a/></r>").text == "few"


def test_nodes(server):
    split = [splitter("//b/(c, d)[position() le 2]"), gather()]
    got = server.send(server.run(Flow("Split", split)), BODY).text
    assert 0 < got.index(">5</c>") < got.index(">7</c>") < got.index(">9</c>") and "<d" not in got
    keep = step("Filter", xpathType="Nodelist", wrapContent="//a/following-sibling::b[1]/(c except c[1])")
    assert server.send(server.run(Flow("Filter", [keep])), BODY).text == '<c xmlns:n="urn:n">7</c>'
    number = step("Filter", xpathType="Integer", wrapContent="/r/sum(.//c)")
    assert server.send(server.run(Flow("Sum", [number])), BODY).text == "21"


def test_texts_of_the_message(server):
    """${..} is expanded first; the host keeps nothing of such an expression."""
    flow = Flow("Late", [modifier(props={"v": ("xpath", "//b[@k = '${header.k}']/string-join(c, '${header.by}')")}), modifier(body="${property.v}")],
                allowed="*")
    address = server.run(flow)
    assert [server.send(address, BODY, k=k, by="+").text for k in ("1", "2", "3")] == ["5+7", "9", ""]
    assert "XPath" in server.send(address, BODY, k="1' or", by="+").text


def test_namespaces(server):
    flow = Flow("Names", [modifier(props={"v": ("xpath", "//b/@m:t/upper-case(.)")}), modifier(body="${property.v}")], namespaceMapping="xmlns:m=urn:n")
    assert server.send(server.run(flow), BODY).text == "Q"


def test_errors(server):
    for n, (path, why) in enumerate({"/r/nope(a)": "nope", "//x:a/count(b)": "prefix 'x'", "if (": "XPath"}.items()):
        with pytest.raises(AssertionError, match=why):
            server.run(Flow(f"Wrong{n}", [modifier(props={"v": ("xpath", path)})]))
    flow = Flow("Fails", [modifier(props={"v": ("xpath", "xs:date(//a[1])")}), modifier(body="${property.v}")])
    address = server.run(flow)
    failed = server.send(address, BODY)
    assert failed.status == 500 and "XPath" in server.mpl_error(failed)
    assert server.send(address, "no xml").status == 500
    assert server.send(address, "<r><a>2024-01-31</a></r>").text == "2024-01-31"


def test_a_large_body(server):
    flow = Flow("Large", [modifier(props={"v": ("xpath", "/r/count(a[. castable as xs:integer])")}), modifier(body="${property.v}")])
    body = "<r>" + "".join(f"<a>{i}</a>" for i in range(200000)) + "</r>"
    assert server.send(server.run(flow), body).text == "200000"
