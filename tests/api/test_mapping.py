"""Message mappings: in a flow, by name, of another artifact, with user functions and value mappings; on the command line."""
import os
import shutil
import subprocess

import pytest
from bundles import archive, manifest, value_mapping
from client import Server
from flows import Flow, modifier, step

JVM = pytest.mark.skipif(not shutil.which("java") or not os.path.exists("/usr/share/java/groovy-all.jar"),
                         reason="needs scripts/setup script")
XSD = ('<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="T"><xs:complexType><xs:sequence>'
       '<xs:element name="v" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>'
       '<xs:element name="must" type="xs:string" minOccurs="%d"/></xs:sequence></xs:complexType></xs:element></xs:schema>')
SCRIPT = """import com.sap.it.api.mapping.*
def String twice(String a, int n, MappingContext context) {
    if (a == 'bad') throw new IllegalArgumentException('no bad values')
    context.setProperty('seen', a)
    return context.getHeader('prefix') + a * n
}
def void parts(String[] all, Output first, Output rest) {
    all.eachWithIndex { s, i -> i ? rest.addValue(s) : first.addValue(s) }
    rest.addSuppress()
    rest.addContextChange()
}
"""


@pytest.fixture(scope="module")
def server():
    s = Server()
    yield s
    s.close()


def source(path, context=None):
    return f'<brick type="Src" path="{path}"' + (f' context="{context}"/>' if context else "/>")


def func(name, *args, library="dflt", uid="", **bindings):
    inner = "".join(f'<arg pin="{i}">{a}</arg>' for i, a in enumerate(args))
    params = "".join(f'<param name="{k}"><value>{v}</value></param>' for k, v in bindings.items())
    return (f'<brick type="Func" fname="{name}" fns="{library}"' + (f' object_uid="{uid}"' if uid else "") +
            f">{inner}<bindings>{params}</bindings></brick>")


def const(value):
    return func("const", value=value)


def mmap(**fields):
    """Target fields of the root T, by name; "output N of" an expression: (expression, N)."""
    bricks = ""
    for name, value in fields.items():
        value, output = value if isinstance(value, tuple) else (value, 0)
        bricks += f'<brick type="Dst" path="/T/{name}"><arg' + (f' from="{output}"' if output else "") + f">{value}</arg></brick>"
    return ('<xiObj xmlns="urn:sap-com:xi"><generic><lnks>'
            '<lnkRole role="TARGET_IFR_MESS"><lnk><key typeID="xsd"><elem>t.xsd</elem><elem/><elem>T</elem></key></lnk></lnkRole></lnks></generic>'
            '<content><tr:XiTrafo xmlns:tr="urn:sap-com:xi:mapping:xitrafo"><tr:MetaData><mappingtool><project><libstorage><entry name="lib">'
            "<libref><ref><key><key typeID=\"gsh\"><elem>lib.gsh</elem><elem/></key></key></ref></libref></entry></libstorage>"
            f"<transformation>{bricks}</transformation></project></mappingtool></tr:MetaData></tr:XiTrafo></content></xiObj>")


def files(least=0, **mappings):
    all = {f"mapping/{name}.mmap": text for name, text in mappings.items()}
    return {**all, "xsd/t.xsd": XSD % least, "script/lib.gsh": SCRIPT}


def mapping(name="M", **values):
    return step("Mapping", mappingType="MessageMapping", mappingname=name, mappinguri=f"dir://mmap/src/main/resources/mapping/{name}.mmap",
                mappingReference="static", **values)


COPY = mmap(v=source("/S/i"), must=func("getProperty", const("p")))


def test_a_flow_maps(server):
    address = server.run(Flow("Copy", [modifier(props={"p": "kept"}, kind="expression", body="${in.body}"), mapping()], files=files(M=COPY)))
    got = server.send(address, "<S><i>1</i><i>&amp;</i></S>")
    assert got.text == '<?xml version="1.0" encoding="UTF-8"?><T><v>1</v><v>&amp;</v><must>kept</must></T>'


def test_errors_name_the_field(server):
    address = server.run(Flow("Must", [mapping()], files=files(1, M=mmap(must=source("/S/none")))))
    got = server.send(address, "<S/>")
    assert got.status == 500 and "M: Cannot produce target element /T/must" in got.text
    got = server.send(address, "no xml")
    assert got.status == 500 and "XML" in got.text


def test_dynamic_reference(server):
    flow = Flow("Dynamic", [step("Mapping", mappingType="MessageMapping", mappingReference="dynamic", mappingSourceValue="${header.which}")],
                files=files(A=mmap(v=const("a")), B=mmap(v=const("b")), C=mmap(v=func("frobnicate"))))
    address = server.run(flow)
    assert "<v>b</v>" in server.send(address, "<S/>", which="B").text
    assert "<v>a</v>" in server.send(address, "<S/>", which="A").text
    assert "'frobnicate' is not supported" in server.send(address, "<S/>", which="C").text
    assert "no message mapping 'D' in the bundle" in server.send(address, "<S/>", which="D").text


def test_refused_by_name(server):
    flow = Flow("Refused", [mapping()], files=files(M=mmap(v=func("frobnicate"))))
    assert server.upload("Integration", flow.id, "tests", flow.bundle()).status == 201
    server.deploy("Integration", flow.id, want="ERROR")
    why = server.get(f"/IntegrationRuntimeArtifacts('{flow.id}')/ErrorInformation/$value").text
    assert "target field /T/v" in why and "frobnicate" in why


def test_another_artifact(server):
    def artifact(text):
        return archive({"META-INF/MANIFEST.MF": manifest("Shared", "Shared", "1.0.0", "MessageMapping"),
                        "src/main/resources/mapping/Shared.mmap": mmap(v=const(text)), "src/main/resources/xsd/t.xsd": XSD % 0})
    flow = Flow("UsesShared", [mapping("Shared", messageMappingBundleId="Shared")])
    assert server.upload("Integration", flow.id, "tests", flow.bundle()).status == 201
    server.deploy("Integration", flow.id, want="ERROR")
    assert "'Shared' is not deployed" in server.get("/IntegrationRuntimeArtifacts('UsesShared')/ErrorInformation/$value").text
    assert server.upload("MessageMapping", "Shared", "tests", artifact("one")).status == 201
    server.deploy("MessageMapping", "Shared")
    server.deploy("Integration", flow.id)
    assert "<v>one</v>" in server.send("/http/usesshared", "<S/>").text


def test_value_mapping(server):
    lookup = func("valuemap", source("/S/i"), agency1="A", schema1="S", agency2="B", schema2="T", vmstrategy="1", vmdefault="none")
    address = server.run(Flow("Lookup", [mapping()], files=files(M=mmap(v=lookup))))
    assert "<v>none</v><v>none</v>" in server.send(address, "<S><i>1</i><i>2</i></S>").text
    assert server.upload("ValueMapping", "Values", "tests", value_mapping("Values")).status == 201
    server.deploy("ValueMapping", "Values")
    assert "<v>one</v><v>none</v>" in server.send(address, "<S><i>1</i><i>2</i></S>").text


@JVM
def test_user_functions(server):
    twice = func("twice", source("/S/i"), const("2"), library="lib")
    address = server.run(Flow("Twice", [mapping(), modifier(body="${in.body} ${property.seen}")], files=files(M=mmap(v=twice))))
    assert server.send(address, "<S><i>a</i><i>b</i></S>", prefix="-").text.endswith("<T><v>-aa</v><v>-bb</v></T> b")
    got = server.send(address, "<S><i>a</i><i>bad</i></S>", prefix="-")
    assert got.status == 500 and "target field mapping /T/v" in got.text
    assert "Exception:[java.lang.IllegalArgumentException: no bad values] in function twice of lib.gsh" in got.text


@JVM
def test_user_functions_of_contexts(server):
    parts = func("parts", source("/S/i"), library="lib", uid="p")
    text = mmap(v=func("removeContexts", '<brick object_uid="p"/>').replace('<arg pin="0">', '<arg pin="0" from="1">'), must=parts)
    address = server.run(Flow("Parts", [mapping()], files=files(M=text)))
    assert server.send(address, "<S><i>a</i><i>b</i><i>c</i></S>").text.endswith("<T><v>b</v><v>c</v><must>a</must></T>")


@JVM
def test_user_functions_of_other_types(server):
    code = """import com.sap.aii.mapping.api.*
import com.sap.it.api.mapping.*
def String price(double d, boolean sign, BigDecimal factor, long n) { (sign ? '+' : '') + String.format('%.1f', d * factor.doubleValue() * n) }
def void marks(String[] all, Output out) {
    all.each { out.addValue(it == Output.SUPPRESS ? 'none' : it == 'x' ? Output.SUPPRESS : it) }
    out.addValue(Output.CC)
    out.addValue(out.isSuppress(Output.SUPPRESS))
}
def String suppressed(String a) { a == 'x' ? '_sUpPresSeD_' : a }
"""
    price = func("price", source("/S/i"), const("true"), const("0.5"), const("2"), library="lib")
    marks = func("marks", func("createIf", func("stringEquals", source("/S/i"), const("a")), keepss="true"), library="lib")
    cases = {"Price": (price, "<S><i>1.5</i></S>", "<v>+1.5</v>"),
             "Marks": (func("marks", source("/S/i"), library="lib"), "<S><i>a</i><i>x</i></S>", "<v>a</v>"),
             "Joined": (func("removeContexts", func("marks", source("/S/i"), library="lib")), "<S><i>a</i><i>x</i></S>", "<v>a</v><v>true</v>"),
             "Given": (marks, "<S><i>a</i><i>b</i></S>", "<v/><v>none</v>"),
             "Single": (func("suppressed", source("/S/i"), library="lib"), "<S><i>a</i><i>x</i></S>", "<v>a</v>")}
    for name, (field, body, want) in cases.items():
        address = server.run(Flow(f"Types{name}", [mapping()], files={**files(M=mmap(v=field)), "script/lib.gsh": code}))
        assert server.send(address, body).text.endswith(f"<T>{want}</T>"), name
    address = server.run(Flow("TypesWrong", [mapping()], files={**files(M=mmap(v=price)), "script/lib.gsh": code}))
    assert "NumberFormatException" in server.send(address, "<S><i>many</i></S>").text


@JVM
def test_functions_call_functions(server):
    inner = func("twice", source("/S/i"), const("2"), library="lib")
    outer = func("twice", func("concat", inner, const("!"), delimeter=""), const("1"), library="lib")
    address = server.run(Flow("Nested", [mapping()], files=files(M=mmap(v=outer))))
    assert server.send(address, "<S><i>a</i></S>", prefix="+").text.endswith("<T><v>++aa!</v></T>")


def test_a_missing_function_is_refused(server):
    flow = Flow("NoFunction", [mapping()], files=files(M=mmap(v=func("nowhere", library="lib"))))
    assert server.upload("Integration", flow.id, "tests", flow.bundle()).status == 201
    server.deploy("Integration", flow.id, want="ERROR")
    assert "there is no function 'nowhere'" in server.get(f"/IntegrationRuntimeArtifacts('{flow.id}')/ErrorInformation/$value").text


def test_command_line(tmp_path):
    for name, text in files(M=COPY).items():
        path = tmp_path / "src/main/resources" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "in.xml").write_text("<S><i>1</i></S>")
    file = str(tmp_path / "src/main/resources/mapping/M.mmap")

    def tidemill(*args):
        return subprocess.run([os.environ.get("BIN", "build/tidemill"), "mapping", *args], capture_output=True, text=True)

    got = tidemill("explain", file)
    assert got.returncode == 0 and "v[0..*] = /S/i" in got.stdout and "must[0..1] = getProperty('p')" in got.stdout
    got = tidemill("run", file, "--body", str(tmp_path / "in.xml"), "--property", "p=x")
    assert got.stdout == '<?xml version="1.0" encoding="UTF-8"?><T><v>1</v><must>x</must></T>'
    assert tidemill("run", str(tmp_path), "--body", str(tmp_path / "in.xml")).returncode == 0
    assert tidemill("explain", str(tmp_path / "none.mmap")).returncode == 3
    (tmp_path / "src/main/resources/mapping/M.mmap").write_text(mmap(v=source("/S/i"), must=func("add", const("x"), const("1"))))
    got = tidemill("run", file, "--body", str(tmp_path / "in.xml"))
    assert got.returncode and not got.stdout and "target field mapping /T/must" in got.stderr
