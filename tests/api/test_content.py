"""Idioms of scripts that people publish: what they reach for beyond the documented API."""
import os
import shutil

import pytest
from client import Server, binary
from flows import Flow, modifier, step

pytestmark = pytest.mark.skipif(not shutil.which("java") or not os.path.exists("/usr/share/java/groovy-all.jar"),
                                reason="needs scripts/setup script")
V1 = "import com.sap.gateway.ip.core.customdev.util.Message\n"
V2 = "import com.sap.it.script.v2.api.Message\n"
HAS_GROOVY4 = os.path.isdir(os.path.join(os.path.dirname(binary()), "../../hosts/jvm/groovy4"))


@pytest.fixture(scope="module")
def server():
    s = Server("--script-limit", "10")
    yield s
    s.close()


def answer(server, name, code, body="", file="script/s.groovy", before=(), **headers):
    kind = "JavaScript" if file.endswith(".js") else "GroovyScript"
    use = step("Script", subActivityType=kind, script=file.split("/", 1)[1], scriptFunction="", scriptBundleId="")
    flow = Flow(name, [*before, use], files={file: code}, allowed="*")
    return server.send(server.run(flow), body, **headers)


def groovy(server, name, code, body="", head=V1, **more):
    text = f"{head}def Message processData(Message message) {{\n{code}\nreturn message\n}}"
    return answer(server, name, text, body, **more)


def test_log_level_and_creation_time(server):
    code = """
        def level = message.properties.SAP_MessageProcessingLogConfiguration.logLevel
        com.sap.it.op.agent.mpl.MplConfiguration c = message.getProperty('SAP_MessageProcessingLogConfiguration')
        def age = new Date().time - message.properties.CamelCreatedTimestamp.time
        message.body = "${(String) level} ${level.toString() in ['DEBUG', 'TRACE']} ${c.overallLogLevel == com.sap.it.op.agent.mpl.MplLogLevel.INFO} ${age >= 0 && age < 60000}"
        """
    assert groovy(server, "Level", code).text == "INFO false true true"
    deployed = groovy(server, "Debug", "message.body = message.properties.SAP_MessageProcessingLogConfiguration.logLevel as String",
                      before=[modifier(headers={"SAP_MessageProcessingLogLevel": ("constant", "DEBUG")})])
    assert deployed.text in ("INFO", "DEBUG")


def test_simple_from_a_script(server):
    code = """
        import org.apache.camel.builder.SimpleBuilder
        def Message processData(Message message) {
            def simple = { SimpleBuilder.simple(it).evaluate(message.exchange, String) }
            message.setProperty('now', 'changed')
            message.setBody([simple('${camelId}'), simple('${property.now}/${header.n}/${in.body}'), simple('${date:now:yyyy}').length(),
                             SimpleBuilder.simple("${header.n} == '5'").matches(message.exchange)].join(' '))
            return message }"""
    assert answer(server, "Simple", V1 + code.replace('"${header.n}', '"\\${header.n}'), "b", n="5").text == "Simple changed/5/b 4 true"


def test_exchange(server):
    code = """
        org.apache.camel.Exchange x = message.exchange
        x.setProperty('p', '7'); x.in.setHeader('h', 'v'); x.in.removeHeaders('gone*')
        message.setBody([x.getProperty('p', Integer) + 1, x.getProperty('none', 'd'), x.in.getHeader('h'), x.in.getHeader('gone1'), x.in.getBody(String),
            x.context.typeConverter.convertTo(Integer, '3'), org.apache.camel.Exchange.HTTP_RESPONSE_CODE,
            new org.apache.camel.impl.DefaultCamelContext().version.startsWith('2.')].join('|'))"""
    assert groovy(server, "Exchange", code, "b", gone1="x").text == "8|d|v|null|b|3|CamelHttpResponseCode|true"


def test_secure_store_tokens(server):
    code = """
        import com.sap.it.api.ITApiFactory; import com.sap.it.api.securestore.*; import com.sap.it.api.securestore.exception.SecureStoreException
        def Message processData(Message message) {
            SecureStoreService s = ITApiFactory.getService(SecureStoreService.class, null)
            try { AccessTokenAndUser t = s.getAccesTokenForOauth2AuthorizationCodeCredential('none'); message.body = t.accessToken }
            catch (SecureStoreException e) { message.body = e.message }
            return message }"""
    assert "'none'" in answer(server, "Token", V1 + code).text


def test_version_2(server):
    """A step of version 2 sees the same message under another name; its Groovy is 4, or 2.4 with the names that moved."""
    code = """
        import groovy.xml.XmlSlurper
        def Message processData(Message message) {
            def root = new XmlSlurper().parse(message.getBody(Reader))
            message.setHeader('kept', "${root.name.text()}!")
            messageLogFactory.getMessageLog(message)?.addAttachmentAsString('in', message.getBody(String), 'text/xml')
            message.setProperty('g', "${root.name}")
            message.setBody("${message.getHeader('n')} ${message.getHeader('n', Integer) + 1} ${message.getHeader('none')} ${message.headers.kept}")
            return message }"""
    got = answer(server, "Two", "// Groovy step of version 2\npackage script.v2\n\n" + V2 + code, "<r><name>Ann</name></r>",
                 file="script/v2/s.groovy", n="5")
    assert got.text == "5 6 null Ann!", got


@pytest.mark.skipif(not HAS_GROOVY4, reason="needs scripts/setup extra")
def test_groovy_4(server):
    code = """
        var list = [1, 2, 3]
        def label = switch (list.size()) { case 3 -> 'three'; default -> 'other' }
        Runnable r = () -> { message.setProperty('ran', 'yes') }
        r.run()
        if ('x' !in ['y'] && message.headers.none === null && list?[0] == 1)
            message.setBody("${label} ${message.getProperty('ran')} ${list.average() !instanceof String} ${GroovySystem.version[0]} ${groovy.json.JsonOutput.toJson([a: 1])}")
        """
    assert groovy(server, "Four", code, head=V2).text == 'three yes true 4 {"a":1}'
    failed = groovy(server, "FourFails", "throw new IllegalStateException(\"no ${1 + 1}\")", head=V2)
    assert "java.lang.IllegalStateException: no 2@ line 3 in s.groovy" in server.mpl_error(failed)
    both = Flow("Both", [step("Script", subActivityType="GroovyScript", script="a.groovy", scriptFunction="f", scriptBundleId=""),
                         step("Script", subActivityType="GroovyScript", script="b.groovy", scriptFunction="f", scriptBundleId="")],
                files={"script/a.groovy": V2 + "def f(Message m) { m.setProperty('l', [1, 2]); m.setProperty('s', \"${1}\"); m }",
                       "script/b.groovy": V1 + "def f(Message m) { m.body = m.properties.l.sum() + m.properties.s.class.simpleName + GroovySystem.version[0]; m }"})
    assert server.send(server.run(both)).text == "3String2", "two languages in one flow"
    wrong = Flow("FourWrong", [step("Script", subActivityType="GroovyScript", script="a.groovy", scriptFunction="", scriptBundleId="")],
                 files={"script/a.groovy": V2 + "def x = ("})
    with pytest.raises(AssertionError, match="a.groovy, line 2"):
        server.run(wrong)


def test_libraries_of_the_real_class_path(server):
    code = """
        message.body = [javax.xml.bind.DatatypeConverter.printHexBinary('a'.bytes), org.apache.commons.lang3.StringUtils.leftPad('1', 3, '0'),
            new com.fasterxml.jackson.databind.ObjectMapper().readTree('{"a":5}').get('a').asInt()].join(' ')"""
    assert groovy(server, "Libraries", code).text == "61 001 5"
    soap = """
        def h = new com.sap.gateway.ip.core.customdev.util.SoapHeader(new javax.xml.namespace.QName('urn:a', 'b'), '<b xmlns="urn:a">1</b>', false, '')
        message.soapHeaders = [h]
        def fault = new org.apache.cxf.binding.soap.SoapFault('no', new javax.xml.namespace.QName('Client'))
        message.body = [message.soapHeaders[0].element.textContent, fault.faultCode.localPart, fault.reason, fault.orCreateDetail.nodeName,
            fault instanceof org.apache.cxf.interceptor.Fault].join(' ')"""
    assert groovy(server, "Soap", soap).text == "1 Client no detail true"
    with pytest.raises(AssertionError, match="put the jar into the artifact"):
        answer(server, "Grab", "@Grab('a:b:1')\n" + V1 + "def Message processData(Message m) { m }")


def test_java_script_imports_over_globals(server):
    code = """
        importClass(com.sap.gateway.ip.core.customdev.util.Message);
        importClass(java.lang.String, java.util.HashMap);
        function processData(message) {
            const data = JSON.parse(message.getBody(String));
            message.setBody([data.a, new HashMap().size(), `${[1, 2].map(x => x * 2)}`].join(' '));
            return message;
        }"""
    assert answer(server, "Globals", code, '{"a": "x"}', file="script/s.js").text == "x 0 2,4"
    with pytest.raises(AssertionError, match="importClass must be called with a class"):
        answer(server, "NoClass", "importClass('x')", file="script/n.js")


def test_java_from_stylesheets(server):
    sheet = """<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:d="java:java.util.Date" xmlns:u="java:java.net.URLEncoder"
        xmlns:f="java:java.text.SimpleDateFormat" xmlns:i="java:java.lang.Integer" xmlns:l="java:java.util.ArrayList" xmlns:s="java:java.lang.System"
        exclude-result-prefixes="#all">
      <xsl:output method="text"/>
      <xsl:template match="/">
        <xsl:variable name="list" select="l:new()"/>
        <xsl:value-of select="u:encode(string(/a), 'UTF-8'), f:format(f:new('yyyy'), d:new(86400000)), i:MAX_VALUE(), i:parseInt('7') + 1,
                              l:add($list, 'x'), l:size($list), d:getTime(d:new()) gt 0" separator="|"/>
        <xsl:if test="/a = 'end'"><xsl:value-of select="s:exit(1)"/></xsl:if>
        <xsl:if test="/a = 'bad'"><xsl:value-of select="i:parseInt('x')"/></xsl:if>
      </xsl:template></xsl:stylesheet>"""
    use = step("Mapping", mappingType="XSLTMapping", mappingname="m", mappinguri="dir://mapping/xslt/src/main/resources/mapping/m.xsl", mappingoutputformat="Bytes")
    address = server.run(Flow("Java", [use], files={"mapping/m.xsl": sheet}))
    assert server.send(address, "<a>b c</a>").text == "b+c|1970|2147483647|8|true|1|true"
    assert "may not end the process" in server.mpl_error(server.send(address, "<a>end</a>"))
    assert "NumberFormatException" in server.mpl_error(server.send(address, "<a>bad</a>"))
    unknown = Flow("JavaUnknown", [use], files={"mapping/m.xsl": sheet.replace("java.net.URLEncoder", "no.Such")})
    with pytest.raises(AssertionError, match="no.Such"):
        server.run(unknown)
