"""Bundles for the benchmark, written in place: a flow is an HTTPS sender, a chain of steps and an end."""
import io
import zipfile
from xml.sax.saxutils import escape

HEAD = ('<?xml version="1.0" encoding="UTF-8"?><bpmn2:definitions '
        'xmlns:bpmn2="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:ifl="http:///com.sap.ifl.model/Ifl.xsd">')


def props(**values):
    return '<bpmn2:extensionElements>%s</bpmn2:extensionElements>' % ''.join(
        '<ifl:property><key>%s</key><value>%s</value></ifl:property>' % (k, escape(str(v))) for k, v in values.items())


def row(**cells):
    return '<row>%s</row>' % ''.join("<cell id='%s'>%s</cell>" % (k, escape(v)) for k, v in cells.items())


def header(name, value, kind='expression'):
    return row(Action='Create', Type=kind, Value=value, Default='', Name=name, Datatype='java.lang.String')


def flow(path, steps, namespaces='', receivers=(), extra_flows=''):
    """steps: list of (tag, id, properties as a dict, inner XML); linked one after the other."""
    ids = ['StartEvent_1'] + [s[1] for s in steps] + ['EndEvent_1']
    body = '<bpmn2:startEvent id="StartEvent_1"><bpmn2:outgoing>F0</bpmn2:outgoing><bpmn2:messageEventDefinition/></bpmn2:startEvent>'
    for n, (tag, ident, values, inner) in enumerate(steps):
        body += ('<bpmn2:%s id="%s" name="%s"%s>%s<bpmn2:incoming>F%d</bpmn2:incoming><bpmn2:outgoing>F%d</bpmn2:outgoing></bpmn2:%s>'
                 % (tag, ident, ident, inner, props(**values), n, n + 1, tag))
    body += '<bpmn2:endEvent id="EndEvent_1"><bpmn2:incoming>F%d</bpmn2:incoming><bpmn2:messageEventDefinition/></bpmn2:endEvent>' % len(steps)
    for n in range(len(ids) - 1):
        body += '<bpmn2:sequenceFlow id="F%d" sourceRef="%s" targetRef="%s"/>' % (n, ids[n], ids[n + 1])
    participants = ''.join('<bpmn2:participant id="R%d" ifl:type="EndpointRecevier" name="R%d"/>' % (n, n) for n in range(len(receivers)))
    channels = ''.join('<bpmn2:messageFlow id="MR%d" name="HTTP" sourceRef="%s" targetRef="R%d">%s</bpmn2:messageFlow>'
                       % (n, step, n, props(ComponentType='HTTP', direction='Receiver', httpAddressWithoutQuery=url, httpMethod='POST',
                                            authenticationMethod='None', httpRequestTimeout='60000'))
                       for n, (step, url) in enumerate(receivers))
    return (HEAD + '<bpmn2:collaboration id="C1">' + props(namespaceMapping=namespaces, allowedHeaderList='x', returnExceptionToSender='true')
            + '<bpmn2:participant id="P1" ifl:type="EndpointSender" name="Sender"/>' + participants
            + '<bpmn2:participant id="P2" ifl:type="IntegrationProcess" name="Process" processRef="Process_1"/>'
            + '<bpmn2:messageFlow id="M1" name="HTTPS" sourceRef="P1" targetRef="StartEvent_1">'
            + props(ComponentType='HTTPS', direction='Sender', urlPath=path, xsrfProtection='0', userRole='ESBMessaging.send',
                    senderAuthType='RoleBased', maximumBodySize='40')
            + '</bpmn2:messageFlow>' + channels + '</bpmn2:collaboration><bpmn2:process id="Process_1" name="Process">'
            + props(transactionalHandling='Not Required') + body + extra_flows + '</bpmn2:process></bpmn2:definitions>')


def bundle(ident, iflw, files=None):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:
        z.writestr('META-INF/MANIFEST.MF', 'Manifest-Version: 1.0\r\nBundle-ManifestVersion: 2\r\nBundle-SymbolicName: %s; singleton:=true\r\n'
                   'Bundle-Name: %s\r\nBundle-Version: 1.0.0\r\nSAP-BundleType: IntegrationFlow\r\n\r\n' % (ident, ident))
        z.writestr('src/main/resources/scenarioflows/integrationflow/%s.iflw' % ident, iflw)
        for name, text in (files or {}).items():
            z.writestr(name, text)
    return out.getvalue()


MODIFIER = dict(activityType='Enricher', headerTable=header('y', '${header.x}'), propertyTable=header('p', '${header.x}'), bodyType='constant', wrapContent='')
XSL = '''<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:o="urn:order"><xsl:output method="xml"/>
<xsl:template match="/"><Invoice><Id><xsl:value-of select="/o:Order/o:Header/o:Id"/></Id>
<Total><xsl:value-of select="format-number(sum(//o:Item/o:Amount), '0.00')"/></Total>
<xsl:for-each select="/o:Order/o:Items/o:Item"><xsl:sort select="o:Amount" data-type="number" order="descending"/>
<Line n="{position()}"><xsl:choose><xsl:when test="o:Amount &gt; 50">big</xsl:when><xsl:otherwise>small</xsl:otherwise></xsl:choose>
<Name><xsl:value-of select="o:Name"/></Name><Amount><xsl:value-of select="o:Amount"/></Amount></Line></xsl:for-each></Invoice></xsl:template></xsl:stylesheet>'''


def pass_through():
    return bundle('bench_pass', flow('/bench/pass', [('callActivity', 'Modify', MODIFIER, '')]))


def router_xslt():
    steps = [('exclusiveGateway', 'Route', dict(activityType='ExclusiveGateway', throwException='false'), ' default="F9"'),
             ('callActivity', 'Map', dict(activityType='Mapping', mappingType='XSLTMapping', subActivityType='XSLTMapping', mappingname='map.xsl',
                                          mappinguri='dir://mapping/xslt/src/main/resources/mapping/map.xsl',
                                          mappingpath='src/main/resources/mapping/map', mappingSource='mappingSrcIflow',
                                          mappingoutputformat='Bytes'), '')]
    text = flow('/bench/xslt', steps, 'xmlns:o=urn:order')
    text = text.replace('<bpmn2:outgoing>F1</bpmn2:outgoing></bpmn2:exclusiveGateway>', '<bpmn2:outgoing>F1</bpmn2:outgoing><bpmn2:outgoing>F9</bpmn2:outgoing></bpmn2:exclusiveGateway>')
    text = text.replace('<bpmn2:sequenceFlow id="F1" sourceRef="Route" targetRef="Map"/>',
                        '<bpmn2:sequenceFlow id="F1" sourceRef="Route" targetRef="Map">' + props(expressionType='XML')
                        + "<bpmn2:conditionExpression>/o:Order/o:Header/o:Region = 'EU'</bpmn2:conditionExpression></bpmn2:sequenceFlow>"
                        + '<bpmn2:sequenceFlow id="F9" sourceRef="Route" targetRef="EndEvent_1"/>')
    return bundle('bench_xslt', text, {'src/main/resources/mapping/map.xsl': XSL})


def split_gather():
    steps = [('callActivity', 'Split', dict(activityType='Splitter', splitType='GeneralSplitter', exprType='XPath', splitExprValue='/Orders/Order',
                                            grouping='', Streaming='true', ParallelProcessing='false', StopOnExecution='true'), ''),
             ('callActivity', 'Modify', dict(MODIFIER), ''),
             ('callActivity', 'Gather', dict(activityType='Gather', messageType='SameXMLFormat', aggregationAlgorithm='sap-identical-multi-mapping'), '')]
    return bundle('bench_split', flow('/bench/split', steps))


def call_receiver(url):
    steps = [('serviceTask', 'Call', dict(activityType='ExternalCall'), '')]
    return bundle('bench_call', flow('/bench/call', steps, receivers=[('Call', url)]))


def deploy_cycle(n):
    files = {'src/main/resources/mapping/map%d.xsl' % k: XSL for k in range(2)}
    files['src/main/resources/script/unused.groovy'] = '// not used by any step\n' * 400
    steps = [('callActivity', 'Modify%d' % k, MODIFIER, '') for k in range(8)]
    return bundle('bench_cycle_%d' % n, flow('/bench/cycle/%d' % n, steps), files)


def order(size=10000):
    items, n = '', 0
    while len(items) < size - 300:
        items += '<o:Item><o:Name>Article %d</o:Name><o:Amount>%d.50</o:Amount><o:Unit>PC</o:Unit></o:Item>' % (n, (n * 37) % 101)
        n += 1
    return ('<?xml version="1.0" encoding="UTF-8"?><o:Order xmlns:o="urn:order"><o:Header><o:Id>4711</o:Id><o:Region>EU</o:Region></o:Header>'
            '<o:Items>%s</o:Items></o:Order>' % items)


def orders(count=1000):
    return '<?xml version="1.0" encoding="UTF-8"?><Orders>%s</Orders>' % ''.join(
        '<Order><Id>%d</Id><Item>A%d</Item><Qty>%d</Qty></Order>' % (n, n % 50, n % 7) for n in range(count))
