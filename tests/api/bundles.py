"""Bundles built from small texts: integration flows, script collections, value and message mappings."""
import base64
import io
import zipfile
from xml.sax.saxutils import escape

HEAD = ('<?xml version="1.0" encoding="UTF-8"?>\n'
        '<bpmn2:definitions xmlns:bpmn2="http://www.omg.org/spec/BPMN/20100524/MODEL"'
        ' xmlns:ifl="http:///com.sap.ifl.model/Ifl.xsd" id="Definitions_1">')


def archive(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for path, content in files.items():
            z.writestr(path, content)
    return out.getvalue()


def encoded(data):
    return base64.b64encode(data).decode()


def manifest(artifact_id, name, version, kind):
    return ("Manifest-Version: 1.0\r\nBundle-ManifestVersion: 2\r\n"
            f"Bundle-SymbolicName: {artifact_id}; singleton:=true\r\nBundle-Name: {name}\r\n"
            f"Bundle-Version: {version}\r\nSAP-BundleType: {kind}\r\nSAP-NodeType: IFLMAP\r\n"
            f"SAP-RuntimeProfile: iflmap\r\n\r\n")


def properties(rows):
    inner = "".join(f"<ifl:property><key>{k}</key><value>{escape(v)}</value></ifl:property>" for k, v in rows.items())
    return f"<bpmn2:extensionElements>{inner}</bpmn2:extensionElements>"


def modifier(body):
    return {"activityType": "Enricher", "bodyType": "expression", "wrapContent": body}


def iflw(address, steps):
    """start -> steps -> end, behind an HTTPS sender."""
    channel = {"ComponentType": "HTTPS", "direction": "Sender", "TransportProtocol": "HTTPS", "MessageProtocol": "None",
               "urlPath": address, "xsrfProtection": "0", "senderAuthType": "RoleBased", "userRole": "ESBMessaging.send",
               "maximumBodySize": "40"}
    nodes, flows, before = [], [], "StartEvent_1"
    for i, step in enumerate(steps, 1):
        nodes.append(f'<bpmn2:callActivity id="CallActivity_{i}" name="Step {i}">{properties(step)}'
                     f"<bpmn2:incoming>SequenceFlow_{i}</bpmn2:incoming>"
                     f"<bpmn2:outgoing>SequenceFlow_{i + 1}</bpmn2:outgoing></bpmn2:callActivity>")
        flows.append(f'<bpmn2:sequenceFlow id="SequenceFlow_{i}" sourceRef="{before}" targetRef="CallActivity_{i}"/>')
        before = f"CallActivity_{i}"
    last = len(steps) + 1
    flows.append(f'<bpmn2:sequenceFlow id="SequenceFlow_{last}" sourceRef="{before}" targetRef="EndEvent_1"/>')
    return (f'{HEAD}<bpmn2:collaboration id="Collaboration_1" name="Default Collaboration">'
            f'{properties({"allowedHeaderList": "*", "returnExceptionToSender": "true"})}'
            '<bpmn2:participant id="Participant_1" ifl:type="EndpointSender" name="Client"/>'
            '<bpmn2:participant id="Participant_Process_1" ifl:type="IntegrationProcess" name="Main" processRef="Process_1"/>'
            '<bpmn2:messageFlow id="MessageFlow_1" name="HTTPS" sourceRef="Participant_1" targetRef="StartEvent_1">'
            f"{properties(channel)}</bpmn2:messageFlow></bpmn2:collaboration>"
            f'<bpmn2:process id="Process_1" name="Main">{properties({"transactionalHandling": "Not Required"})}'
            '<bpmn2:startEvent id="StartEvent_1" name="Start"><bpmn2:outgoing>SequenceFlow_1</bpmn2:outgoing>'
            "<bpmn2:messageEventDefinition/></bpmn2:startEvent>" + "".join(nodes) +
            f'<bpmn2:endEvent id="EndEvent_1" name="End"><bpmn2:incoming>SequenceFlow_{last}</bpmn2:incoming>'
            "<bpmn2:messageEventDefinition/></bpmn2:endEvent>" + "".join(flows) +
            "</bpmn2:process></bpmn2:definitions>")


def flow(artifact_id, version="1.0.0", address=None, steps=None, parameters=None, files=None, name=None):
    name = name or artifact_id
    content = {
        "META-INF/MANIFEST.MF": manifest(artifact_id, name, version, "IntegrationFlow"),
        "metainfo.prop": "#Store metainfo properties\ndescription=" + "A flow for tests\n",
        f"src/main/resources/scenarioflows/integrationflow/{name}.iflw":
            iflw(address or "/" + artifact_id.lower(), steps if steps is not None else [modifier("hello")]),
    }
    if parameters:
        rows = "".join(f'<parameter><key>{escape(k)}</key><name>{escape(k)}</name><type>xsd:string</type>'
                       "<isRequired>false</isRequired><description></description></parameter>" for k in parameters)
        content["src/main/resources/parameters.prop"] = "".join(
            f"{k.replace(' ', chr(92) + ' ')}={v}\n" for k, v in parameters.items())
        content["src/main/resources/parameters.propdef"] = (
            f'<?xml version="1.0" encoding="UTF-8" standalone="no"?><parameters>{rows}</parameters>')
    content.update(files or {})
    return archive(content)


def script_collection(artifact_id, version="1.0.0", script="def f(m) { m }\n"):
    return archive({"META-INF/MANIFEST.MF": manifest(artifact_id, artifact_id, version, "ScriptCollection"),
                    "src/main/resources/script/first.groovy": script})


def value_mapping(artifact_id, version="1.0.0", xml=None):
    xml = xml or ('<?xml version="1.0" encoding="UTF-8"?><vm version="2.0"><group id="1">'
                  "<entry><agency>A</agency><schema>S</schema><value>1</value></entry>"
                  "<entry><agency>B</agency><schema>T</schema><value>one</value></entry></group></vm>")
    return archive({"META-INF/MANIFEST.MF": manifest(artifact_id, artifact_id, version, "ValueMapping"),
                    "value_mapping.xml": xml})


def message_mapping(artifact_id, version="1.0.0", mmap="<xiObj><content/></xiObj>"):
    return archive({"META-INF/MANIFEST.MF": manifest(artifact_id, artifact_id, version, "MessageMapping"),
                    f"src/main/resources/mapping/{artifact_id}.mmap": mmap})
