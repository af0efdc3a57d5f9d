package tidemill.host;

import java.io.ByteArrayInputStream;
import java.util.HashMap;
import java.util.Map;
import javax.xml.transform.stream.StreamSource;
import net.sf.saxon.s9api.Axis;
import net.sf.saxon.s9api.Processor;
import net.sf.saxon.s9api.QName;
import net.sf.saxon.s9api.SaxonApiException;
import net.sf.saxon.s9api.XPathCompiler;
import net.sf.saxon.s9api.XPathExecutable;
import net.sf.saxon.s9api.XPathSelector;
import net.sf.saxon.s9api.XdmAtomicValue;
import net.sf.saxon.s9api.XdmItem;
import net.sf.saxon.s9api.XdmNode;
import net.sf.saxon.s9api.XdmNodeKind;
import net.sf.saxon.s9api.XdmSequenceIterator;
import net.sf.saxon.s9api.XdmValue;

/** An XPath of a flow that is of version 2 or 3 (src/engine/xpath_host.c is the other side). */
final class XPath implements Unit.Step {
    /** Instead of the path of a script: then lines prefix=URI, an empty line, and the expression. */
    static final String PATH = "tidemill:xpath\n";
    private static final int NODES = 0, STRING = 1, NUMBER = 2, BOOLEAN = 3;
    private static final Processor PROCESSOR = Stylesheet.processor();
    private final XPathExecutable executable;

    XPath(String path) {
        int end = path.indexOf("\n\n", PATH.length() - 1);
        XPathCompiler c = PROCESSOR.newXPathCompiler();
        c.setLanguageVersion("3.1");
        c.setAllowUndeclaredVariables(true); // headers and properties
        path.substring(PATH.length(), Math.max(end, PATH.length())).lines().forEach(line -> {
            int equals = line.indexOf('=');
            c.declareNamespace(line.substring(0, equals), line.substring(equals + 1));
        });
        try {
            executable = c.compile(path.substring(end + 2));
        } catch (SaxonApiException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    @Override
    public Object run(String function, ScriptMessage message) throws Throwable {
        XPathSelector s = executable.load();
        byte[] in = message.getBody(byte[].class);
        if (in != null && in.length > 0)
            s.setContextItem(PROCESSOR.newDocumentBuilder().build(new StreamSource(new ByteArrayInputStream(in))));
        executable.iterateExternalVariables().forEachRemaining(name -> set(s, name, message));
        message.setBody(answer(s.evaluate()).payload());
        return message;
    }

    private static void set(XPathSelector s, QName name, ScriptMessage message) {
        Object v = message.getHeaders().get(name.getLocalName());
        if (v == null)
            throw new IllegalArgumentException("variable $" + name.getLocalName() + " is neither a header nor a property");
        try {
            s.setVariable(name, new XdmAtomicValue(v.toString(), net.sf.saxon.s9api.ItemType.UNTYPED_ATOMIC));
        } catch (SaxonApiException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static Wire.Out answer(XdmValue v) {
        Wire.Out out = new Wire.Out();
        if (v.size() == 0)
            return out.u8(NODES).i32(0);
        XdmItem first = v.itemAt(0);
        if (first instanceof XdmNode) {
            Map<XdmNode, String> known = new HashMap<>();
            out.u8(NODES).i32(v.size());
            for (XdmItem i : v)
                out.text(i instanceof XdmNode n ? place(n, known) : "");
            return out;
        }
        Object java = first instanceof XdmAtomicValue a ? a.getValue() : null;
        if (java instanceof Boolean b)
            return out.u8(BOOLEAN).u8(b ? 1 : 0);
        if (java instanceof Number n)
            return out.u8(NUMBER).f64(n.doubleValue());
        return out.u8(STRING).text(first.getStringValue());
    }

    /** Where the node is, in the words of xml_at; empty for the document, comments and instructions. */
    private static String place(XdmNode n, Map<XdmNode, String> known) {
        XdmNode parent = n.getParent();
        return switch (n.getNodeKind()) {
        case ELEMENT -> element(n, known);
        case ATTRIBUTE -> {
            QName name = n.getNodeName();
            yield element(parent, known) + "/@" + (name.getNamespaceURI().isEmpty() ? "" : "{" + name.getNamespaceURI() + "}") + name.getLocalName();
        }
        case TEXT -> element(parent, known) + "/#" + before(n, XdmNodeKind.TEXT);
        default -> "";
        };
    }

    private static String element(XdmNode n, Map<XdmNode, String> known) {
        if (n == null || n.getNodeKind() != XdmNodeKind.ELEMENT)
            return "";
        String place = known.get(n);
        if (place == null) {
            place = element(n.getParent(), known) + "/" + before(n, XdmNodeKind.ELEMENT);
            known.put(n, place);
        }
        return place;
    }

    private static int before(XdmNode n, XdmNodeKind kind) {
        int count = 0;
        for (XdmSequenceIterator<XdmNode> i = n.axisIterator(Axis.PRECEDING_SIBLING); i.hasNext();)
            if (i.next().getNodeKind() == kind)
                count++;
        return count;
    }
}
