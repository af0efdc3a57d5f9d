"""Integration flows written as lists: steps, routers, multicasts, calls and ends, compiled to .iflw and zipped.

    Flow("Orders", [modifier(body="x"), router(when("${header.a} = '1'", [modifier(body="one")]), otherwise([]))])
"""
from xml.sax.saxutils import escape, quoteattr

from bundles import HEAD, archive, manifest, properties


# ---- steps ----
def step(activity, tag="callActivity", **values):
    return {"tag": tag, "values": {"activityType": activity, **values}}


def row(**cells):
    return "<row>" + "".join(f"<cell id='{k}'>{escape(v)}</cell>" for k, v in cells.items()) + "</row>"


def pairs(rows):
    """{"name": ("constant", "value")} or {"name": "expression"}, as a table of a Content Modifier."""
    out = ""
    for name, value in (rows or {}).items():
        kind, text = value if isinstance(value, tuple) else ("expression", value)
        action = "Delete" if kind == "delete" else "Create"
        out += row(Action=action, Type="constant" if kind == "delete" else kind, Value=text, Default="", Name=name,
                   Datatype="java.lang.String" if kind == "xpath" else "")
    return out


def modifier(headers=None, props=None, body=None, kind="expression"):
    return step("Enricher", headerTable=pairs(headers), propertyTable=pairs(props), bodyType=kind, wrapContent=body or "")


def channel(component, **values):
    return {"ComponentType": component, "direction": "Receiver", **values}


def http(url, method="POST", **values):
    return channel("HTTP", httpAddressWithoutQuery=url, httpMethod=method,
                   **{"authenticationMethod": "None", "httpRequestTimeout": "20000", **values})


def call(to, activity="ExternalCall"):
    return {"tag": "serviceTask", "values": {"activityType": activity}, "channel": to}


def local(process):
    return step("ProcessCallElement", processId=process, subActivityType="NonLoopingProcess")


def loop(process, condition, most=10, after="throwException", kind="Non XML"):
    inner = (f'<bpmn2:standardLoopCharacteristics loopMaximum="{most}">'
             f"<bpmn2:loopCondition>{escape(condition)}</bpmn2:loopCondition></bpmn2:standardLoopCharacteristics>")
    return {**step("ProcessCallElement", processId=process, subActivityType="LoopingProcess", expressionType=kind,
                   postProcessing=after), "inner": inner}


def splitter(path, kind="GeneralSplitter", **values):
    return step("Splitter", splitType=kind, **{"exprType": "XPath", "splitExprValue": path, "tokenValue": path, "grouping": "",
                "Streaming": "false", "ParallelProcessing": "false", "StopOnExecution": "true", **values})


def gather(algorithm="sap-identical-multi-mapping", kind="SameXMLFormat", **values):
    return step("Gather", messageType=kind, aggregationAlgorithm=algorithm, **values)


def store(operation, name="Store", entry="", **values):
    key = "dataStoreId" if operation == "get" else "messageId"
    return step("DBstorage", operation=operation, storageName=name, **{key: entry}, **{"visibility": "global", **values})


def variable(name, value, kind="expression", scope="local"):
    cells = "".join(f"<cell>{escape(c)}</cell>" for c in (name, "java.lang.String", kind, value, scope))
    return step("Variables", variable=f"<row>{cells}</row>")


# ---- structure ----
def when(condition, steps, kind="NonXML"):
    return (condition, steps, kind)


def otherwise(steps):
    return (None, steps, "XML")


def router(*branches, throw=False):
    return {"router": branches, "throw": throw}


def multicast(*branches, parallel=True, join=True):
    return {"multicast": branches, "parallel": parallel, "join": join}


def end(event="", **values):
    """event: "" (plain end), "error", "escalation", "terminate"."""
    return {"end": event, "values": values}


# ---- senders ----
def https(address, **values):
    return {"ComponentType": "HTTPS", "direction": "Sender", "TransportProtocol": "HTTPS", "MessageProtocol": "None", "urlPath": address,
            "xsrfProtection": "0", "senderAuthType": "RoleBased", "userRole": "ESBMessaging.send", "maximumBodySize": "40", **values}


def direct(address):
    return {"ComponentType": "ProcessDirect", "direction": "Sender", "address": address}


def timer(schedule):
    rows = f"<row><cell>schedule1</cell><cell>{escape(schedule)}</cell></row>"
    return {"timer": rows}


class Process:
    def __init__(self, flow, number, steps, on_error=None, sender=None, transaction=None, name=None):
        self.flow, self.prefix = flow, f"P{number}"
        self.id = name or f"Process_{number}"
        self.nodes, self.edges, self.count, self.channels = [], [], 0, []
        self.body = self.graph(steps, self.start(sender), local=sender is None)
        if on_error is not None:
            self.body += self.handler(on_error)
        handling = transaction or ("Not Required" if sender else "From Calling Process")
        kind = {"transactionalHandling": handling}
        if sender is None:
            kind["processType"] = "directCall"
        self.text = f'<bpmn2:process id="{self.id}" name="{self.id}">{properties(kind)}{self.body}</bpmn2:process>'

    def new_id(self, kind):
        self.count += 1
        return f"{self.prefix}_{kind}_{self.count}"

    def start(self, sender):
        ident = f"{self.prefix}_Start"
        if sender is None:
            return ident, "", properties({"activityType": "StartEvent"})
        if "timer" in sender:
            return ident, "<bpmn2:timerEventDefinition>" + properties({"scheduleKey": sender["timer"]}) + "</bpmn2:timerEventDefinition>", ""
        self.flow.channel("Sender", ident, sender)
        return ident, "<bpmn2:messageEventDefinition/>", ""

    def handler(self, steps):
        ident = self.new_id("SubProcess")
        inner = self.graph(steps, (f"{self.prefix}_ErrorStart", "<bpmn2:errorEventDefinition/>",
                                   properties({"activityType": "StartErrorEvent"})), local=False)
        return f'<bpmn2:subProcess id="{ident}" name="On error">{properties({"activityType": "ErrorEventSubProcessTemplate"})}{inner}</bpmn2:subProcess>'

    def graph(self, steps, start, local):
        saved, self.nodes, self.edges = (self.nodes, self.edges), [], []
        ident, event, extension = start
        self.nodes.append(("startEvent", ident, "", extension, event))
        open_ends = self.chain(steps, [(ident, None)])
        if open_ends:
            self.add_end("", {"activityType": "EndEvent"} if local else {}, "" if local else "<bpmn2:messageEventDefinition/>", open_ends)
        out = "".join(self.node_text(n) for n in self.nodes) + "".join(self.edge_text(e) for e in self.edges)
        self.nodes, self.edges = saved
        return out

    def node_text(self, node):
        tag, ident, attributes, extension, inner = node
        goes = "".join(f"<bpmn2:outgoing>{e[0]}</bpmn2:outgoing>" for e in self.edges if e[1] == ident)
        return f'<bpmn2:{tag} id="{ident}" name="{ident}"{attributes}>{extension}{goes}{inner}</bpmn2:{tag}>'

    @staticmethod
    def edge_text(edge):
        ident, source, target, condition = edge
        inner = ""
        if condition:
            text, kind = condition
            inner = properties({"expressionType": kind})
            if text:
                inner += f"<bpmn2:conditionExpression>{escape(text)}</bpmn2:conditionExpression>"
        return f'<bpmn2:sequenceFlow id="{ident}" sourceRef="{source}" targetRef="{target}">{inner}</bpmn2:sequenceFlow>'

    def connect(self, open_ends, target):
        for source, given in open_ends:
            ident, condition = given if given else (self.new_id("Flow"), None)
            self.edges.append((ident, source, target, condition))

    def add_end(self, event, values, definition, open_ends, to=None):
        ident = self.new_id("End")
        self.connect(open_ends, ident)
        self.nodes.append(("endEvent", ident, "", properties(values), definition))
        if to:
            self.flow.channel("Receiver", ident, to)

    def chain(self, steps, open_ends):
        for s in steps:
            if "router" in s:
                open_ends = self.add_router(s, open_ends)
            elif "multicast" in s:
                open_ends = self.add_multicast(s, open_ends)
            elif "end" in s:
                definition = f"<bpmn2:{s['end'] or 'message'}EventDefinition/>"
                self.add_end(s["end"], s["values"], definition, open_ends)
                return []
            else:
                ident = self.new_id("Step")
                self.connect(open_ends, ident)
                self.nodes.append((s["tag"], ident, "", properties(s["values"]), s.get("inner", "")))
                if "channel" in s:
                    self.flow.channel("Receiver", ident, s["channel"])
                open_ends = [(ident, None)]
        return open_ends

    def add_router(self, s, open_ends):
        ident = self.new_id("Router")
        self.connect(open_ends, ident)
        after, default = [], ""
        at = len(self.nodes)
        for condition, steps, kind in s["router"]:
            flow = self.new_id("Flow")
            if condition is None:
                default = f" default={quoteattr(flow)}"
            after += self.chain(steps, [(ident, (flow, (condition, kind)))])
        values = {"activityType": "ExclusiveGateway", "throwException": "true" if s["throw"] else "false"}
        self.nodes.insert(at, ("exclusiveGateway", ident, default, properties(values), ""))
        return after

    def add_multicast(self, s, open_ends):
        ident = self.new_id("Multicast")
        self.connect(open_ends, ident)
        at, after, order = len(self.nodes), [], ""
        for i, steps in enumerate(s["multicast"], 1):
            flow = self.new_id("Flow")
            order += f"<row><cell id='order'>{i}</cell><cell id='sequenceFlowId'>{flow}</cell></row>"
            branch = self.chain(steps, [(ident, (flow, None))])
            after += branch
        kind = "Multicast" if s["parallel"] else "SequentialMulticast"
        self.nodes.insert(at, ("parallelGateway", ident, "", properties(
            {"activityType": kind, "subActivityType": "parallel", "routingSequenceTable": order}), ""))
        if not s["join"]:
            for e in after:
                self.add_end("", {}, "<bpmn2:messageEventDefinition/>", [e])
            return []
        join = self.new_id("Join")
        self.connect(after, join)
        self.nodes.append(("parallelGateway", join, "", properties({"activityType": "Join", "subActivityType": "parallel"}), ""))
        return [(join, None)]


class Flow:
    """locals: {"Name": steps} or {"Name": (steps, on_error)}; also: further main processes as (sender, steps)."""

    def __init__(self, artifact_id, steps, on_error=None, sender=None, locals=None, also=(), transaction=None, allowed="*",
                 verbose=True, files=None, version="1.0.0", **settings):
        self.id, self.version, self.files = artifact_id, version, files or {}
        self.participants, self.messages = "", ""
        self.processes = [Process(self, 0, steps, on_error, sender or https("/" + artifact_id.lower()), transaction)]
        for n, (other, inner) in enumerate(also, 1):
            self.processes.append(Process(self, n, inner, None, other))
        for n, (name, inner) in enumerate((locals or {}).items(), len(self.processes)):
            inner, handler = inner if isinstance(inner, tuple) else (inner, None)
            self.processes.append(Process(self, n, inner, handler, None, name=name))
        self.settings = {"allowedHeaderList": allowed, "returnExceptionToSender": "true" if verbose else "false", **settings}

    def channel(self, side, node, values):
        number = self.messages.count("<bpmn2:messageFlow")
        other = f"Participant_{number}"
        kind = "EndpointSender" if side == "Sender" else "EndpointRecevier"
        self.participants += f'<bpmn2:participant id="{other}" ifl:type="{kind}" name="{side}{number}"/>'
        source, target = (other, node) if side == "Sender" else (node, other)
        self.messages += (f'<bpmn2:messageFlow id="Channel_{number}" name="{values["ComponentType"]}" sourceRef="{source}"'
                          f' targetRef="{target}">{properties(values)}</bpmn2:messageFlow>')

    def iflw(self):
        pools = "".join(f'<bpmn2:participant id="Pool_{p.id}" ifl:type="IntegrationProcess" name="{p.id}" processRef="{p.id}"/>'
                        for p in self.processes)
        return (f'{HEAD}<bpmn2:collaboration id="Collaboration_1">{properties(self.settings)}{self.participants}{pools}{self.messages}'
                "</bpmn2:collaboration>" + "".join(p.text for p in self.processes) + "</bpmn2:definitions>")

    def bundle(self):
        return archive({"META-INF/MANIFEST.MF": manifest(self.id, self.id, self.version, "IntegrationFlow"),
                        f"src/main/resources/scenarioflows/integrationflow/{self.id}.iflw": self.iflw(),
                        **{f"src/main/resources/{k}": v for k, v in self.files.items()}})
