/* bundle_template: the bundle of a new integration flow: sender, receiver, a process from start to end, and the
 * diagram an editor shows. */
#include "flow/bundle_file.h"
#include "format/properties.h"
#include "format/xml.h"

enum { TEXT_MAX = 1 << 20 };

#define PROPERTY(key, value) \
    "<ifl:property><key>" key "</key><value>" value "</value></ifl:property>"
#define VARIANT(type, name) PROPERTY("cmdVariantUri", "ctype::" type "/cname::" name)
#define SHAPE(of, x, y, w, h)                                     \
    "<bpmndi:BPMNShape bpmnElement=\"" of "\" id=\"BPMNShape_" of \
    "\">"                                                         \
    "<dc:Bounds height=\"" h "\" width=\"" w "\" x=\"" x "\" y=\"" y "\"/></bpmndi:BPMNShape>"

static const char flow_text[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
    "<bpmn2:definitions xmlns:bpmn2=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "
    "xmlns:bpmndi=\"http://www.omg.org/spec/BPMN/20100524/DI\" xmlns:dc=\"http://www.omg.org/spec/DD/20100524/DC\" "
    "xmlns:di=\"http://www.omg.org/spec/DD/20100524/DI\" xmlns:ifl=\"http:///com.sap.ifl.model/Ifl.xsd\" "
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" id=\"Definitions_1\">"
    "<bpmn2:collaboration id=\"Collaboration_1\" name=\"Default Collaboration\"><bpmn2:extensionElements>"
    PROPERTY("namespaceMapping", "") PROPERTY("httpSessionHandling", "None") PROPERTY("returnExceptionToSender", "false")
    PROPERTY("log", "All events") PROPERTY("componentVersion", "1.2")
    VARIANT("IFlowVariant", "IFlowConfiguration/version::1.2.4")
    "</bpmn2:extensionElements>"
    "<bpmn2:participant id=\"Participant_1\" ifl:type=\"EndpointSender\" name=\"Sender\"><bpmn2:extensionElements>"
    PROPERTY("enableBasicAuthentication", "false") PROPERTY("ifl:type", "EndpointSender")
    "</bpmn2:extensionElements></bpmn2:participant>"
    "<bpmn2:participant id=\"Participant_2\" ifl:type=\"EndpointRecevier\" name=\"Receiver\"><bpmn2:extensionElements>"
    PROPERTY("ifl:type", "EndpointRecevier")
    "</bpmn2:extensionElements></bpmn2:participant>"
    "<bpmn2:participant id=\"Participant_Process_1\" ifl:type=\"IntegrationProcess\" name=\"Integration Process\" "
    "processRef=\"Process_1\"><bpmn2:extensionElements/></bpmn2:participant></bpmn2:collaboration>"
    "<bpmn2:process id=\"Process_1\" name=\"Integration Process\"><bpmn2:extensionElements>"
    PROPERTY("transactionTimeout", "30") PROPERTY("componentVersion", "1.2")
    VARIANT("FlowElementVariant", "IntegrationProcess/version::1.2.1") PROPERTY("transactionalHandling", "Not Required")
    "</bpmn2:extensionElements>"
    "<bpmn2:startEvent id=\"StartEvent_2\" name=\"Start\"><bpmn2:extensionElements>"
    PROPERTY("componentVersion", "1.0") VARIANT("FlowstepVariant", "MessageStartEvent/version::1.0")
    "</bpmn2:extensionElements><bpmn2:outgoing>SequenceFlow_3</bpmn2:outgoing><bpmn2:messageEventDefinition/></bpmn2:startEvent>"
    "<bpmn2:endEvent id=\"EndEvent_2\" name=\"End\"><bpmn2:extensionElements>"
    PROPERTY("componentVersion", "1.1") VARIANT("FlowstepVariant", "MessageEndEvent/version::1.1.0")
    "</bpmn2:extensionElements><bpmn2:incoming>SequenceFlow_3</bpmn2:incoming><bpmn2:messageEventDefinition/></bpmn2:endEvent>"
    "<bpmn2:sequenceFlow id=\"SequenceFlow_3\" sourceRef=\"StartEvent_2\" targetRef=\"EndEvent_2\"/></bpmn2:process>";
static const char diagram_text[] =
    "<bpmndi:BPMNDiagram id=\"BPMNDiagram_1\" name=\"Default Collaboration Diagram\">"
    "<bpmndi:BPMNPlane bpmnElement=\"Collaboration_1\" id=\"BPMNPlane_1\">"
    SHAPE("Participant_1", "40", "100", "100", "140") SHAPE("Participant_Process_1", "250", "60", "540", "220")
    SHAPE("Participant_2", "900", "100", "100", "140") SHAPE("StartEvent_2", "292", "142", "32", "32")
    SHAPE("EndEvent_2", "703", "142", "32", "32")
    "<bpmndi:BPMNEdge bpmnElement=\"SequenceFlow_3\" id=\"BPMNEdge_SequenceFlow_3\" "
    "sourceElement=\"BPMNShape_StartEvent_2\" targetElement=\"BPMNShape_EndEvent_2\">"
    "<di:waypoint x=\"308\" xsi:type=\"dc:Point\" y=\"158\"/><di:waypoint x=\"719\" xsi:type=\"dc:Point\" y=\"158\"/>"
    "</bpmndi:BPMNEdge></bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn2:definitions>";
static const char project_head[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><projectDescription><name>";
static const char project_body[] =
    "</name><comment/><projects/><buildSpec><buildCommand><name>org.eclipse.jdt.core.javabuilder</name><arguments/>"
    "</buildCommand></buildSpec><natures><nature>org.eclipse.jdt.core.javanature</nature>"
    "<nature>com.sap.ide.ifl.project.support.project.nature</nature><nature>com.sap.ide.ifl.bsn</nature></natures>"
    "</projectDescription>";

static void put_manifest(struct bundle *b, str id, str name)
{
    const struct {
        const char *key;
        str value;
    } rows[] = {
        {"Manifest-Version",       STR("1.0")        },
        {"Bundle-ManifestVersion", STR("2")          },
        {"Bundle-SymbolicName",    arena_fmt(b->arena, STR_FMT "; singleton:=true", STR_ARG(id))},
        {"Bundle-Name",            name                             },
        {"Bundle-Version",         STR("1.0.0")},
        {"SAP-BundleType",    STR("IntegrationFlow")                        },
        {"SAP-NodeType",STR("IFLMAP")},
        {"SAP-RuntimeProfile",             STR("iflmap")                                      },
    };
    AUTO(buf) struct buf text = BUF(TEXT_MAX);
    struct map m;
    str values[COUNT(rows)];
    map_init(&m, b->arena, true);
    for (size_t i = 0; i < COUNT(rows); i++) {
        values[i] = rows[i].value;
        map_put(&m, str_of(rows[i].key), &values[i]);
    }
    manifest_write(&text, &m);
    bundle_put(b, STR(BUNDLE_MANIFEST), buf_str(&text));
}

bool bundle_template(str id, str name, struct bundle **ret, struct err *e)
{
    if (!id.n || id.n > 250 || name.n > 1000 || str_find_char(id, '/', 0) != SIZE_MAX)
        return err_set(
            e, ERR_BAD_REQUEST,
            "an artifact needs an id (at most 250 bytes, no slash) and a name (at most 1000)");
    struct bundle *b = bundle_new();
    AUTO(buf) struct buf project = BUF(TEXT_MAX), flow = BUF(TEXT_MAX);
    put_manifest(b, id, name.n ? name : id);
    buf_addz(&project, project_head);
    xml_escape(&project, id, false);
    buf_addz(&project, project_body);
    bundle_put(b, STR(".project"), buf_str(&project));
    buf_addz(&flow, flow_text);
    buf_addz(&flow, diagram_text);
    bundle_put(b, arena_fmt(b->arena, BUNDLE_FLOWS STR_FMT ".iflw", STR_ARG(id)), buf_str(&flow));
    *ret = b;
    return true;
}
