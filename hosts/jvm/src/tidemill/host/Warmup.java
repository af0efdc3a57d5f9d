package tidemill.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Runs one typical script of each kind, so that the class-data archive holds what flows use. */
final class Warmup {
    private static final String GROOVY = """
        import com.sap.gateway.ip.core.customdev.util.Message
        import groovy.json.*
        import groovy.xml.*
        def Message processData(Message message) {
            def log = messageLogFactory.getMessageLog(message)
            if (log != null) log.addAttachmentAsString('a', 'b', 'text/plain')
            def json = new JsonSlurper().parseText(message.getBody(String))
            def w = new StringWriter()
            def xml = new MarkupBuilder(w)
            xml.root { json.items.each { i -> item(id: i.id) { name(i.name as String) } } }
            def root = new XmlSlurper().parseText(w.toString())
            message.setHeader('n', root.item.size())
            message.setProperty('p', "${root.item[0].@id}".toString().replaceAll('[a-z]', 'x'))
            message.setProperty('j', JsonOutput.toJson([a: 1, b: [1, 2]]))
            new XmlParser().parseText(w.toString()).item.collect { it.'@id' }
            new Date().format('yyyy-MM-dd')
            message.setBody(XmlUtil.serialize(root))
            return message
        }
        """;
    private static final String XSLT = """
        <xsl:stylesheet version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
          <xsl:param name="p"/>
          <xsl:template match="/"><r><xsl:for-each-group select="//item" group-by="@id"><g n="{current-grouping-key()}"/></xsl:for-each-group></r></xsl:template>
        </xsl:stylesheet>
        """;
    private static final String JAVASCRIPT =
        "importClass(com.sap.gateway.ip.core.customdev.util.Message); function processData(m) { m.setProperty('x', JSON.stringify([1])); return m; }";

    private Warmup() {
    }

    static void train() throws IOException {
        Path folder = Files.createTempDirectory("train");
        try {
            Files.writeString(folder.resolve("a.groovy"), GROOVY);
            Files.writeString(folder.resolve("a.xsl"), XSLT);
            Files.writeString(folder.resolve("a.js"), JAVASCRIPT);
            Unit u = new Unit("train", folder);
            for (String script : new String[] {"a.groovy", "a.xsl", "a.js"})
                run(u, script);
            u.close();
        } finally {
            try (Stream<Path> all = Files.walk(folder)) {
                all.sorted(Comparator.reverseOrder()).forEach(p -> p.toFile().delete());
            }
        }
    }

    private static void run(Unit u, String script) {
        Wire.Out in = new Wire.Out().text(script).text("processData").text("flow").text("id").i64(0).u8(0);
        in.u8(Wire.TEXT).text(script.endsWith(".xsl") ? "<a><item id='1'/></a>" : "{\"items\":[{\"id\":1,\"name\":\"x\"}]}").i32(0).i32(0);
        Call c = new Call(0);
        c.begin();
        try {
            c.run(u, in.back());
        } catch (Throwable e) {
            e.printStackTrace(Host.log);
        } finally {
            c.end();
        }
    }
}
