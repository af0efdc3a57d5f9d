"""Flows as their callers see them: routing, parts, calls, errors (semantics.md 1-6, 17-19)."""
import pytest
from flows import (Flow, call, channel, direct, end, gather, https, local, loop, modifier, multicast, otherwise, router, splitter, step,
                   when)

MULTIMAP = 'xmlns:multimap="http://sap.com/xi/XI/SplitAndMerge"'
BROKEN = step("XmlToJsonConverter")  # fails on a body that is no XML


def body(text):
    return modifier(body=text)


def test_headers_in_and_out(server):
    path = server.run(Flow("Headers", [modifier(headers={"Made": "${header.Given}-${property.p}", "Given": ("delete", "")},
                                                body="${in.body}!"),
                                       modifier(headers={"Content-Type": ("constant", "text/plain")})], allowed="Given|Other"))
    answer = server.send(path, "x", Given="1", Dropped="2", Other="3", CamelFileName="evil")
    assert (answer.status, answer.text, answer.header("Made")) == (200, "x!", "1-")
    assert answer.header("Other") == "3" and answer.header("Dropped") is None and answer.header("Given") is None
    assert not any(k.lower().startswith("camel") for k, _ in answer.headers)
    assert answer.header("Content-Type") == "text/plain" and len(answer.header("SAP_MessageProcessingLogID")) == 28


def test_sender_headers(server):
    text = "${header.CamelHttpMethod}|${header.CamelHttpPath}|${header.CamelHttpQuery}|${header.q}|${header.SapAuthenticatedUserName}"
    server.run(Flow("Wild", [body(text)], sender=https("/wild/*")))
    answer = server.raw("PUT", "/http/wild/abc/def?q=a%20b&camelX=1", b"", Authorization=_dev())
    assert answer.text == "PUT|abc/def|q=a%20b&camelX=1|a b|dev"
    assert server.raw("GET", "/http/wild", Authorization=_dev()).text == "GET||||dev"
    head = server.raw("HEAD", "/http/WILD/x", Authorization=_dev())
    assert head.status == 200 and head.body == b""


def _dev():
    from client import basic
    return basic("dev", "dev")


@pytest.mark.parametrize("code,text,want", [("201", "x", 201), ("404", "x", 404), ("", "x", 200), ("", "${null}", 204)])
def test_status(server, code, text, want):
    name = f"Status{want}"
    headers = {"CamelHttpResponseCode": ("constant", code)} if code else {}
    assert server.send(server.run(Flow(name, [modifier(headers=headers, body=text)])), "in").status == want


def test_router(server):
    path = server.run(Flow("Router", [router(
        when("${header.kind} = 'a'", [body("simple a")]),
        when("/o/n > 9", [body("xpath big")], "XML"),
        otherwise([body("default")])), modifier(headers={"After": "joined"})]))
    assert server.send(path, "<o><n>1</n></o>", kind="a").text == "simple a"
    assert server.send(path, "<o><n>10</n></o>").text == "xpath big"
    last = server.send(path, "<o><n>9</n></o>")
    assert last.text == "default" and last.header("After") == "joined"
    failed = server.send(path, "no xml")
    assert failed.status == 500 and server.mpl(failed)["Status"] == "FAILED"


def test_router_without_match(server):
    quiet = server.run(Flow("Quiet", [router(when("${header.a} = '1'", [body("one")]))]))
    assert server.send(quiet, "same").text == "same"
    strict = server.run(Flow("Strict", [router(when("${header.a} = '1'", [body("one")]), throw=True)]))
    assert server.send(strict, "same").status == 500


@pytest.mark.parametrize("condition,headers,want", [
    ("${header.a} in 'x,y'", {"a": "y"}, True), ("${header.a} not in 'x,y'", {"a": "y"}, False),
    ("${header.a} contains 'ell'", {"a": "hello"}, True), ("${header.a} regex 'h.*o'", {"a": "hello"}, True),
    ("${header.a} regex 'ell'", {"a": "hello"}, False), ("${header.a} > '9'", {"a": "10"}, True),
    ("${header.a} = ''", {}, False), ("${header.a} = null", {}, True),
    ("${header.a} = '1' and ${header.b} = '2'", {"a": "1", "b": "2"}, True),
    ("${header.a} = '1' or ${header.b} = '2'", {"a": "1"}, True), ("${header.a} = ${header.b}", {"a": "1", "b": "1"}, True),
])
def test_conditions(server, condition, headers, want):
    import hashlib
    name = "Cond" + hashlib.md5(condition.encode()).hexdigest()[:8] + str(len(headers))
    path = server.run(Flow(name, [router(when(condition, [body("yes")]), otherwise([body("no")]))]))
    assert server.send(path, "x", **headers).text == ("yes" if want else "no")


@pytest.mark.parametrize("parallel", [True, False])
def test_multicast_join_gather(server, parallel):
    path = server.run(Flow(f"Multi{parallel}", [
        modifier(props={"p": ("constant", "before")}),
        multicast([modifier(props={"p": ("constant", "one")}, body="<a/>")], [body("<b>${property.p}</b>")],
                  [body("<c/>")], parallel=parallel),
        gather(), modifier(headers={"P": "${property.p}"})]))
    answer = server.send(path, "<in/>")
    assert answer.text == ("<?xml version='1.0' encoding='UTF-8'?>"
                           f"<multimap:Messages {MULTIMAP}><multimap:Message1><a/><b>before</b><c/></multimap:Message1></multimap:Messages>")
    assert answer.header("P") == "before"  # a later part's copy wins
    assert len(server.logs_of(f"Multi{parallel}")) == 1


def test_multicast_without_join(server):
    path = server.run(Flow("Branches", [multicast([body("first")], [body("last")], parallel=False, join=False)]))
    assert server.send(path, "x").text == "last"


def test_multicast_branch_fails(server):
    path = server.run(Flow("BadBranch", [multicast([body("<a/>")], [body("no xml"), BROKEN]), gather()]))
    answer = server.send(path, "<x/>")
    assert answer.status == 500 and server.mpl(answer)["Status"] == "FAILED"


def test_general_splitter(server):
    path = server.run(Flow("General", [splitter("/a/x"), body("${property.CamelSplitIndex}/${property.CamelSplitSize}:${in.body};"),
                                       gather("concatenate-strategy", "PlainText")]))
    text = server.send(path, "<a><h>1</h><x>1</x><x>2</x><t/></a>").text
    text = text.replace("<?xml version='1.0' encoding='UTF-8'?>", "").replace('<?xml version="1.0" encoding="UTF-8"?>', "").replace("\n", "")
    assert text == "0/2:<a><h>1</h><x>1</x></a>;1/2:<a><h>1</h><x>2</x></a>;"


def test_iterating_splitter(server):
    path = server.run(Flow("Iterating", [splitter("//x", "IteratingSplitter", ParallelProcessing="true"), body("[${in.body}]"),
                                         gather("concatenate-strategy", "PlainText")]))
    assert server.send(path, "<a>" + "".join(f"<x>{n}</x>" for n in range(50)) + "</a>").text == "".join(f"[<x>{n}</x>]" for n in range(50))


def test_line_splitters(server):
    general = server.run(Flow("Lines", [splitter("", exprType="Line Break", grouping="2"), body("${in.body};"),
                                        gather("concatenate-strategy", "PlainText")]))
    assert server.send(general, "h\r\n1\n2\n3\n").text == "h\n1\n2;h\n3;"
    plain = server.run(Flow("PlainLines", [splitter("", "IteratingSplitter", exprType="Line Break"), body("${in.body};"),
                                           gather("concatenate-strategy", "PlainText")]))
    assert server.send(plain, "h\n1\n").text == "h;1;"


def test_splitter_without_gather_keeps_the_message(server):
    path = server.run(Flow("NoGather", [splitter("/a/x"), body("part")]))
    answer = server.send(path, "<a><x/><x/></a>")
    assert answer.text == "<a><x/><x/></a>" and len(server.logs_of("NoGather")) == 1


def test_splitter_without_match(server):
    path = server.run(Flow("NoMatch", [splitter("/a/nothing"), body("part"), gather(), body("after")]))
    answer = server.send(path, "<a/>")
    assert server.mpl(answer)["Status"] == "COMPLETED" and "after" not in answer.text


def test_stop_on_exception(server):
    parts = [router(when("/a/x = '2'", [body("no xml"), BROKEN], "XML"), otherwise([]))]
    for stop in ("true", "false"):
        path = server.run(Flow(f"Stop{stop}", [splitter("/a/x", StopOnExecution=stop), *parts, gather()]))
        answer = server.send(path, "<a><x>1</x><x>2</x><x>3</x></a>")
        assert answer.status == 500 and server.mpl(answer)["Status"] == "FAILED"


def test_local_process_and_loop(server):
    add = [modifier(props={"text": "${property.text}${property.CamelLoopIndex},"})]
    path = server.run(Flow("Loops", [
        local("Prepare"), loop("Add", "${property.CamelLoopIndex} < 4"), body("${property.text}")],
        locals={"Prepare": [modifier(props={"text": ("constant", ">")})], "Add": add}))
    assert server.send(path, "x").text == ">0,1,2,3,4,"


def test_loop_limit(server):
    never = {"locals": {"Turn": [modifier(props={"n": "${property.CamelLoopIndex}"})]}}
    strict = server.run(Flow("Endless", [loop("Turn", "${header.x} = null", most=20), body("on")], **never))
    answer = server.send(strict, "x")
    assert answer.status == 500 and server.mpl(answer)["Status"] == "FAILED"
    mild = server.run(Flow("Mild", [loop("Turn", "${header.x} = null", most=20, after="end"), body("${property.n}")], **never))
    assert server.send(mild, "x").text == "19"


# ---- errors ----
def test_failure_texts(server):
    loud = server.send(server.run(Flow("Loud", [body("no xml"), BROKEN])), "x")
    guid = loud.header("SAP_MessageProcessingLogID")
    assert loud.status == 500 and loud.header("Content-Type").startswith("text/plain")
    lines = loud.text.split("\n")
    assert lines[0].startswith("An internal server error occured: ") and lines[0].endswith(".") and len(lines[0]) > 40
    assert lines[1:] == [f"The MPL ID for the failed message is : {guid}", "For more details please check tail log."]
    quiet = server.send(server.run(Flow("Silent", [body("no xml"), BROKEN], verbose=False)), "x")
    guid = quiet.header("SAP_MessageProcessingLogID")
    assert quiet.text == (f"An internal server error occured: The MPL ID for the failed message is : {guid}\n"
                          "For more details please check tail log.")
    assert server.mpl_error(quiet)


def test_exception_subprocess(server):
    path = server.run(Flow("Caught", [modifier(props={"p": ("constant", "kept")}, body="no xml"), BROKEN, body("not reached")],
                           on_error=[modifier(headers={"CamelHttpResponseCode": ("constant", "422")},
                                              body="${property.p}|${in.body}|${exception.message}")]))
    answer = server.send(path, "x")
    kept, text, message = answer.text.split("|", 2)
    assert (answer.status, kept, text) == (422, "kept", "no xml") and message
    assert server.mpl(answer)["Status"] == "COMPLETED"


def test_error_end_in_handler(server):
    path = server.run(Flow("Rethrown", [body("no xml"), BROKEN], on_error=[body("ignored"), end("error")]))
    answer = server.send(path, "x")
    assert answer.status == 500 and server.mpl(answer)["Status"] == "FAILED"
    assert "ignored" not in answer.text


def test_error_end(server):
    caught = server.run(Flow("Validates", [router(when("${header.ok} = '1'", [body("fine")]), otherwise([end("error")]))],
                             on_error=[body("${property.CamelExceptionCaught}")]))
    assert server.send(caught, "x", ok="1").text == "fine"
    assert server.send(caught, "x").text.startswith("com.sap.esb.camel.error.handler.ErrorEventException")
    loose = server.run(Flow("Throws", [end("error")]))
    assert server.send(loose, "x").status == 500


def test_error_in_handler(server):
    path = server.run(Flow("Twice", [body("no xml"), BROKEN], on_error=[body("bad"), BROKEN]))
    answer = server.send(path, "x")
    assert answer.status == 500 and server.mpl(answer)["Status"] == "FAILED"


@pytest.mark.parametrize("handled", [False, True])
def test_escalation(server, handled):
    ends = [end("escalation", ErrorCode="Others")]
    flow = Flow(f"Escalates{handled}", [body("no xml"), BROKEN], on_error=ends) if handled else Flow(f"Escalates{handled}", ends)
    answer = server.send(server.run(flow), "x")
    assert answer.status == 500 and server.mpl(answer)["Status"] == "ESCALATED"
    assert answer.text.startswith("An internal server error occured")


def test_terminate(server):
    path = server.run(Flow("Stops", [local("Inner"), body("not reached")], locals={"Inner": [body("stopped"), end("terminate")]}))
    answer = server.send(path, "x")
    assert answer.text == "stopped" and server.mpl(answer)["Status"] == "COMPLETED"


def test_errors_of_local_processes(server):
    inner = [body("no xml"), BROKEN]
    by_caller = server.run(Flow("ByCaller", [local("Inner"), body("on")], on_error=[body("caller")], locals={"Inner": inner}))
    assert server.send(by_caller, "x").text == "caller"
    by_itself = server.run(Flow("ByItself", [local("Inner"), body("on")], on_error=[body("caller")],
                                locals={"Inner": (inner, [body("itself")])}))
    assert server.send(by_itself, "x").text == "itself"  # the whole exchange is finished


# ---- other flows ----
def test_process_direct(server):
    server.run_flow("Callee", Flow("Callee", [modifier(headers={"Seen": "${header.pass}/${header.hidden}", "Back": ("constant", "b")},
                                                       body="<${in.body}>")], sender=direct("/inner"), allowed="pass").bundle())
    path = server.run(Flow("Caller", [modifier(props={"mine": ("constant", "m")}),
                                      call(channel("ProcessDirect", address="inner")),
                                      modifier(headers={"Mine": "${property.mine}"})]))
    answer = server.send(path, "x", **{"pass": "1", "hidden": "2"})
    assert (answer.text, answer.header("Seen"), answer.header("Back"), answer.header("Mine")) == ("<x>", "1/", "b", "m")
    outer, inner = server.mpl(answer), server.logs_of("Callee")[0]
    assert outer["MessageGuid"] != inner["MessageGuid"] and outer["CorrelationId"] == inner["CorrelationId"]


def test_process_direct_failures(server):
    server.run_flow("FailingCallee", Flow("FailingCallee", [body("no xml"), BROKEN], sender=direct("failing")).bundle())
    path = server.run(Flow("FailingCaller", [call(channel("ProcessDirect", address="/failing"))], on_error=[body("got: ${exception.message}")]))
    assert server.send(path, "x").text.startswith("got: ")
    assert server.logs_of("FailingCallee")[0]["Status"] == "FAILED"
    nobody = server.send(server.run(Flow("Nobody", [call(channel("ProcessDirect", address="/nobody"))],
                                         on_error=[body("${property.CamelExceptionCaught}")])), "x")
    assert "DirectVmConsumerNotAvailableException" in nobody.text or "ProcessDirectException" in nobody.text


def test_two_entries(server):
    server.run_flow("Entries", Flow("Entries", [body("one")], sender=https("/entry/1"), also=[(https("/entry/2"), [body("two")])]).bundle())
    assert (server.send("/http/entry/1").text, server.send("/http/entry/2").text) == ("one", "two")


# ---- formats ----
@pytest.mark.parametrize("settings,given,want", [
    ({"addXMLRootElement": "true", "additionalRootElementName": "root", "useNamespaces": "false"},
     '{"id":7,"ok":true,"n":null,"t":["x","y"],"w":{"q":""}}',
     "<root><id>7</id><ok>true</ok><n/><t>x</t><t>y</t><w><q/></w></root>"),
    ({"addXMLRootElement": "false", "useNamespaces": "false"}, '{"o":{"@no":"5","$":"txt"}}', '<o no="5">txt</o>'),
    ({"addXMLRootElement": "false", "useNamespaces": "false"}, '{"a":1,"b":2}', None),
])
def test_json_to_xml(server, settings, given, want):
    name = "ToXml" + str(len(given))
    answer = server.send(server.run(Flow(name, [step("JsonToXmlConverter", **settings)])), given)
    if want is None:
        assert answer.status == 500
    else:
        assert answer.text.replace("\n", "") == "<?xml version='1.0' encoding='UTF-8'?>" + want


def test_xml_to_json(server):
    convert = step("XmlToJsonConverter", useNamespaces="false", xmlJsonSuppressRootElement="false", xmlJsonUseStreaming="false")
    answer = server.send(server.run(Flow("ToJson", [convert])), '<o><l>1</l><m/><l>2</l><n k="v">t</n></o>')
    assert answer.text == '{"o":{"l":["1","2"],"m":"","n":{"@k":"v","$":"t"}}}'


def test_filter_and_xslt(server):
    style = ('<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:param name="who"/>'
             '<xsl:output omit-xml-declaration="yes"/>'
             '<xsl:template match="/"><r w="{$who}"><xsl:value-of select="sum(//n)"/></r></xsl:template></xsl:stylesheet>')
    mapping = step("Mapping", mappingType="XSLTMapping", mappingname="map", mappinguri="dir://mapping/xslt/src/main/resources/mapping/map.xsl",
                   mappingSource="mappingSrcIflow", mappingoutputformat="Bytes")
    filtered = step("Filter", wrapContent="//n[. > 1]", xpathType="Nodelist")
    path = server.run(Flow("Maps", [modifier(props={"who": ("constant", "me")}), filtered, body("<l>${in.body}</l>"), mapping],
                           files={"mapping/map.xsl": style}))
    assert server.send(path, "<a><n>1</n><n>2</n><n>3</n></a>").text == '<r w="me">5</r>'


def test_base64(server):
    path = server.run(Flow("Codes", [step("Encoder", encoderType="Base64 Encode"), step("Decoder", encoderType="Base64 Decode"),
                                     step("Encoder", encoderType="Base64 Encode")]))
    assert server.send(path, b"\x00\xff\x10").text.strip() == "AP8Q"
