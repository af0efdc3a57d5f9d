package tidemill.host;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import javax.xml.transform.ErrorListener;
import javax.xml.transform.Source;
import javax.xml.transform.TransformerException;
import javax.xml.transform.stream.StreamSource;
import net.sf.saxon.Configuration;
import net.sf.saxon.lib.Feature;
import net.sf.saxon.s9api.ExtensionFunction;
import net.sf.saxon.s9api.ItemType;
import net.sf.saxon.s9api.OccurrenceIndicator;
import net.sf.saxon.s9api.Processor;
import net.sf.saxon.s9api.QName;
import net.sf.saxon.s9api.SaxonApiException;
import net.sf.saxon.s9api.SequenceType;
import net.sf.saxon.s9api.Serializer;
import net.sf.saxon.s9api.XdmAtomicValue;
import net.sf.saxon.s9api.XdmValue;
import net.sf.saxon.s9api.Xslt30Transformer;
import net.sf.saxon.s9api.XsltCompiler;
import net.sf.saxon.s9api.XsltExecutable;
import net.sf.saxon.trans.XPathException;

/**
 * An XSLT 2.0 or 3.0 stylesheet. Parameters get the header or property of their name; the functions of
 * http://sap.com/it/ change the message. It sees the files of its bundle only.
 */
final class Stylesheet implements Unit.Step {
    private static final String SAP = "http://sap.com/it/";
    private final XsltExecutable executable;

    /** One that reads no files but those it is given. */
    static Processor processor() {
        Processor p = new Processor(false);
        Configuration c = p.getUnderlyingConfiguration();
        c.getParseOptions().addParserFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
        c.getParseOptions().addParserFeature("http://xml.org/sax/features/external-general-entities", false);
        c.getParseOptions().addParserFeature("http://xml.org/sax/features/external-parameter-entities", false);
        c.setURIResolver((href, base) -> {
            throw new TransformerException("'" + href + "' is not available");
        });
        c.setUnparsedTextURIResolver((uri, encoding, config) -> {
            throw new XPathException("'" + uri + "' is not available");
        });
        c.setCollectionFinder((context, uri) -> {
            throw new XPathException("collections of files are not available");
        });
        return p;
    }

    Stylesheet(Path file, Path folder, ClassLoader libraries) throws IOException {
        Processor p = processor();
        Configuration c = p.getUnderlyingConfiguration();
        c.setConfigurationProperty(Feature.ALLOW_EXTERNAL_FUNCTIONS, true); // ours; HE has no reflexive Java calls
        c.setURIResolver((href, base) -> resolve(folder, href, base));
        c.setUnparsedTextURIResolver((uri, encoding, config) -> textFile(folder, uri, encoding));
        for (boolean property : new boolean[] {false, true}) {
            p.registerExtensionFunction(new Get(property));
            p.registerExtensionFunction(new Set(property));
        }
        JavaFunctions.register(p, folder, libraries);
        XsltCompiler compiler = p.newXsltCompiler();
        compiler.setURIResolver((href, base) -> resolve(folder, href, base));
        Problems problems = new Problems();
        compiler.setErrorListener(problems);
        try {
            executable = compiler.compile(new StreamSource(new ByteArrayInputStream(Files.readAllBytes(file)), file.toUri().toString()));
        } catch (SaxonApiException e) {
            throw new IllegalArgumentException(problems.first != null ? problems.first : e.getMessage(), e);
        }
    }

    private static final class Problems implements ErrorListener {
        String first;

        private void keep(TransformerException e) {
            if (first == null)
                first = (e.getLocator() != null && e.getLocator().getLineNumber() > 0 ? "line " + e.getLocator().getLineNumber() + ": " : "")
                        + e.getMessage();
        }

        @Override
        public void warning(TransformerException e) {
            // not ours to judge
        }

        @Override
        public void error(TransformerException e) {
            keep(e);
        }

        @Override
        public void fatalError(TransformerException e) {
            keep(e);
        }
    }

    private static Source resolve(Path folder, String href, String base) throws TransformerException {
        try {
            Path from = base == null || base.isEmpty() ? folder.resolve("x") : Path.of(URI.create(base));
            String plain = href.contains("#") ? href.substring(0, href.indexOf('#')) : href;
            Path file = plain.startsWith("file:") ? Path.of(URI.create(plain)) : from.resolveSibling(plain.replace("%20", " "));
            file = file.normalize();
            if (!file.startsWith(folder))
                throw new IOException("it is outside the bundle");
            return new StreamSource(new ByteArrayInputStream(Files.readAllBytes(file)), file.toUri().toString());
        } catch (IOException | RuntimeException e) {
            throw new TransformerException("'" + href + "' cannot be read: " + e.getMessage());
        }
    }

    private static Reader textFile(Path folder, URI uri, String encoding) throws XPathException {
        try {
            Path file = Path.of(uri).normalize();
            if (!file.startsWith(folder))
                throw new IOException("it is outside the bundle");
            return Files.newBufferedReader(file, Charset.forName(encoding == null ? "UTF-8" : encoding));
        } catch (IOException | RuntimeException e) {
            throw new XPathException("'" + uri + "' cannot be read: " + e.getMessage(), "FOUT1170");
        }
    }

    @Override
    public Object run(String function, ScriptMessage message) throws Throwable {
        Xslt30Transformer t = executable.load30();
        byte[] in = message.getBody(byte[].class);
        if (in == null || in.length == 0)
            throw new TransformerException("the body is empty, not an XML document");
        Problems problems = new Problems();
        t.setErrorListener(problems);
        t.setStylesheetParameters(parameters(message));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Serializer s = t.newSerializer(out);
        try {
            t.transform(new StreamSource(new ByteArrayInputStream(in)), s);
        } catch (SaxonApiException e) {
            throw new TransformerException(e.getMessage() != null ? e.getMessage() : problems.first, e);
        }
        message.setBody(function.equals("String") ? out.toString(java.nio.charset.StandardCharsets.UTF_8) : (Object) out.toByteArray());
        return message;
    }

    /** A header wins over a property of the same name. */
    private Map<QName, XdmValue> parameters(ScriptMessage m) {
        Map<QName, XdmValue> all = new HashMap<>();
        for (QName name : executable.getGlobalParameters().keySet()) {
            Object v = m.getHeaders().get(name.getLocalName());
            if (v == null)
                v = m.getProperty(name.getLocalName());
            if (v == null && name.getLocalName().equals("exchange"))
                v = "exchange";
            if (v != null)
                all.put(name, new XdmAtomicValue(v.toString()));
        }
        return all;
    }

    private static final SequenceType ANY = SequenceType.makeSequenceType(ItemType.ANY_ITEM, OccurrenceIndicator.ZERO_OR_MORE);

    private static String text(XdmValue v) {
        StringBuilder s = new StringBuilder();
        v.forEach(i -> s.append(i.getStringValue()));
        return s.toString();
    }

    /** getHeader(exchange, name), getProperty(exchange, name) */
    private record Get(boolean property) implements ExtensionFunction {
        @Override
        public QName getName() {
            return new QName(SAP, property ? "getProperty" : "getHeader");
        }

        @Override
        public SequenceType getResultType() {
            return ANY;
        }

        @Override
        public SequenceType[] getArgumentTypes() {
            return new SequenceType[] {ANY, ANY};
        }

        @Override
        public XdmValue call(XdmValue[] args) {
            ScriptMessage m = Call.current().message();
            String name = text(args[1]);
            Object v = property ? m.getProperty(name) : m.getHeaders().get(name);
            return new XdmAtomicValue(v == null ? "" : v.toString());
        }
    }

    /** setHeader(exchange, name, value), setProperty(exchange, name, value) */
    private record Set(boolean property) implements ExtensionFunction {
        @Override
        public QName getName() {
            return new QName(SAP, property ? "setProperty" : "setHeader");
        }

        @Override
        public SequenceType getResultType() {
            return ANY;
        }

        @Override
        public SequenceType[] getArgumentTypes() {
            return new SequenceType[] {ANY, ANY, ANY};
        }

        @Override
        public XdmValue call(XdmValue[] args) {
            ScriptMessage m = Call.current().message();
            if (property)
                m.setProperty(text(args[1]), text(args[2]));
            else
                m.setHeader(text(args[1]), text(args[2]));
            return XdmValue.makeSequence(java.util.List.of());
        }
    }
}
