package tidemill.host;

import java.util.Properties;
import javax.xml.transform.ErrorListener;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Result;
import javax.xml.transform.Source;
import javax.xml.transform.Templates;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerConfigurationException;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.URIResolver;
import javax.xml.transform.sax.SAXResult;
import javax.xml.transform.sax.SAXTransformerFactory;
import javax.xml.transform.sax.TransformerHandler;
import org.xml.sax.Attributes;
import org.xml.sax.SAXException;
import org.xml.sax.ext.DefaultHandler2;

/**
 * The transformers that scripts get: Java's own, not Saxon's. Since Java 9 they put blank lines into XML that is
 * indented already, which Java 8 (where flows come from) did not: white space between elements is dropped before
 * they indent.
 */
public final class Transformers extends TransformerFactory {
    private final SAXTransformerFactory java = (SAXTransformerFactory) TransformerFactory.newDefaultInstance();

    @Override
    public Transformer newTransformer() throws TransformerConfigurationException {
        return new Indenting(java);
    }

    private static final class Indenting extends Transformer {
        private final SAXTransformerFactory java;
        private final Transformer plain;

        Indenting(SAXTransformerFactory java) throws TransformerConfigurationException {
            this.java = java;
            plain = java.newTransformer();
        }

        @Override
        public void transform(Source from, Result to) throws TransformerException {
            if (!"yes".equals(plain.getOutputProperty(OutputKeys.INDENT))) {
                plain.transform(from, to);
                return;
            }
            TransformerHandler out = java.newTransformerHandler();
            out.getTransformer().setOutputProperties(plain.getOutputProperties());
            out.setResult(to);
            Between filter = new Between(out);
            SAXResult result = new SAXResult(filter);
            result.setLexicalHandler(filter);
            java.newTransformer().transform(from, result);
        }

        @Override
        public void setParameter(String name, Object value) {
            plain.setParameter(name, value);
        }

        @Override
        public Object getParameter(String name) {
            return plain.getParameter(name);
        }

        @Override
        public void clearParameters() {
            plain.clearParameters();
        }

        @Override
        public void setURIResolver(URIResolver resolver) {
            plain.setURIResolver(resolver);
        }

        @Override
        public URIResolver getURIResolver() {
            return plain.getURIResolver();
        }

        @Override
        public void setOutputProperties(Properties p) {
            plain.setOutputProperties(p);
        }

        @Override
        public Properties getOutputProperties() {
            return plain.getOutputProperties();
        }

        @Override
        public void setOutputProperty(String name, String value) {
            plain.setOutputProperty(name, value);
        }

        @Override
        public String getOutputProperty(String name) {
            return plain.getOutputProperty(name);
        }

        @Override
        public void setErrorListener(ErrorListener l) {
            plain.setErrorListener(l);
        }

        @Override
        public ErrorListener getErrorListener() {
            return plain.getErrorListener();
        }
    }

    /** Passes all on but white space between elements; that of a leaf stays. */
    private static final class Between extends DefaultHandler2 {
        private final TransformerHandler to;
        private final StringBuilder text = new StringBuilder();
        private boolean leaf;

        Between(TransformerHandler to) {
            this.to = to;
        }

        private void flush(boolean keepBlank) throws SAXException {
            if (text.length() > 0 && (keepBlank || !text.toString().isBlank()))
                to.characters(text.toString().toCharArray(), 0, text.length());
            text.setLength(0);
        }

        @Override
        public void startDocument() throws SAXException {
            to.startDocument();
        }

        @Override
        public void endDocument() throws SAXException {
            to.endDocument();
        }

        @Override
        public void startPrefixMapping(String prefix, String uri) throws SAXException {
            flush(false);
            to.startPrefixMapping(prefix, uri);
        }

        @Override
        public void endPrefixMapping(String prefix) throws SAXException {
            to.endPrefixMapping(prefix);
        }

        @Override
        public void startElement(String uri, String local, String name, Attributes attributes) throws SAXException {
            flush(false);
            leaf = true;
            to.startElement(uri, local, name, attributes);
        }

        @Override
        public void endElement(String uri, String local, String name) throws SAXException {
            flush(leaf);
            leaf = false;
            to.endElement(uri, local, name);
        }

        @Override
        public void characters(char[] c, int from, int n) {
            text.append(c, from, n);
        }

        @Override
        public void processingInstruction(String target, String data) throws SAXException {
            flush(false);
            leaf = false;
            to.processingInstruction(target, data);
        }

        @Override
        public void comment(char[] c, int from, int n) throws SAXException {
            flush(false);
            leaf = false;
            to.comment(c, from, n);
        }

        @Override
        public void startCDATA() throws SAXException {
            flush(true);
            to.startCDATA();
        }

        @Override
        public void endCDATA() throws SAXException {
            flush(true);
            to.endCDATA();
        }
    }

    /* ---- the rest is Java's ---- */

    @Override
    public Transformer newTransformer(Source stylesheet) throws TransformerConfigurationException {
        return java.newTransformer(stylesheet);
    }

    @Override
    public Templates newTemplates(Source stylesheet) throws TransformerConfigurationException {
        return java.newTemplates(stylesheet);
    }

    @Override
    public Source getAssociatedStylesheet(Source from, String media, String title, String charset) throws TransformerConfigurationException {
        return java.getAssociatedStylesheet(from, media, title, charset);
    }

    @Override
    public void setURIResolver(URIResolver resolver) {
        java.setURIResolver(resolver);
    }

    @Override
    public URIResolver getURIResolver() {
        return java.getURIResolver();
    }

    @Override
    public void setFeature(String name, boolean value) throws TransformerConfigurationException {
        java.setFeature(name, value);
    }

    @Override
    public boolean getFeature(String name) {
        return java.getFeature(name);
    }

    @Override
    public void setAttribute(String name, Object value) {
        java.setAttribute(name, value);
    }

    @Override
    public Object getAttribute(String name) {
        return java.getAttribute(name);
    }

    @Override
    public void setErrorListener(ErrorListener l) {
        java.setErrorListener(l);
    }

    @Override
    public ErrorListener getErrorListener() {
        return java.getErrorListener();
    }
}
