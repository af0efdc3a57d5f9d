"""How names are found in the closures of scripts: faster than Groovy's own way, and never otherwise."""
import os
import pathlib
import shutil

import pytest
from flows import Flow, step

pytestmark = pytest.mark.skipif(not shutil.which("java") or not os.path.exists("/usr/share/java/groovy-all.jar"),
                                reason="needs scripts/setup script")
CASES = (pathlib.Path(__file__).parent.parent / "data" / "script" / "names.groovy").read_text()
# Each case three times in a row, since the second look is another than the first.
RUNNER = """
import com.sap.gateway.ip.core.customdev.util.Message
def caseText(script, name) {
    try {
        return String.valueOf(script."$name"()).replace(script.class.name, 'SCRIPT')
    } catch (Throwable t) {
        def at = t.stackTrace.find { it.className.startsWith(script.class.name) }
        return "$t at line ${at?.lineNumber}".replace(script.class.name, 'SCRIPT')
    }
}
def Message processData(Message message) {
    def script = message.headers.plain ? new GroovyShell(this.class.classLoader).parse(message.getBody(String)) : this
    def names = script.class.declaredMethods*.name.findAll { it ==~ /case\\w\\w_.*/ }.sort()
    message.setBody(names.collectMany { n -> (1..3).collect { caseText(script, n).replaceAll(/@[0-9a-f]{4,8}\\b/, '@').replaceAll('[\\r\\n]+', ' ').with { text -> "$n: $text" } } }.join('\\n'))
    return message
}
"""


def run(server):
    flow = Flow("Names", [step("Script", subActivityType="GroovyScript", script="s.groovy")], files={"script/s.groovy": CASES + RUNNER}, allowed="*")
    path = server.run(flow)
    return lambda **headers: server.send(path, CASES, **headers).text.split("\n")


def test_as_in_plain_groovy(server):
    call = run(server)
    ours, plain = call(), call(plain="1")
    assert len(ours) == 3 * CASES.count("\ndef case")
    assert ours == plain
