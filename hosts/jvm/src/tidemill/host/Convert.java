package tidemill.host;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.text.SimpleDateFormat;
import java.util.Date;
import javax.activation.DataHandler;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Source;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.apache.camel.TypeConversionException;
import org.apache.camel.converter.stream.InputStreamCache;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** getBody(Class) and getHeader(name, Class): the table of script-api 3.2. */
public final class Convert {
    private Convert() {
    }

    static <T> T to(Class<T> type, Object body, String charset) {
        if (body == null)
            return null;
        if (body instanceof InputStreamCache s)
            s.reset();
        Object v = face(type, body, charset);
        if (v == null)
            throw new TypeConversionException("No type converter from " + body.getClass().getName() + " to " + type.getName(), null);
        return type.cast(v);
    }

    private static Object face(Class<?> type, Object body, String charset) {
        if (type == String.class)
            return text(body, charset);
        if (type == byte[].class)
            return bytes(body, charset);
        if (type == InputStream.class || type == InputStreamCache.class)
            return new InputStreamCache(bytes(body, charset));
        if (type == Reader.class)
            return new StringReader(text(body, charset));
        if (type == Document.class || type == Node.class)
            return type == Node.class && body instanceof Node ? body : document(body, charset);
        if (type == Element.class)
            return body instanceof Element ? body : document(body, charset).getDocumentElement();
        if (type == Source.class || type == DOMSource.class)
            return body instanceof Source ? body : new DOMSource(document(body, charset));
        if (type.isInstance(body))
            return body;
        return scalar(type, text(body, charset));
    }

    /** No conversion: null. */
    static <T> T header(Class<T> type, Object value, String charset) {
        try {
            return value == null ? null : type.cast(type.isInstance(value) ? value : face(type, value, charset));
        } catch (RuntimeException e) {
            return null;
        }
    }

    private static Object scalar(Class<?> type, String text) {
        try {
            String s = text.trim();
            if (type == Integer.class)
                return Integer.valueOf(s);
            if (type == Long.class)
                return Long.valueOf(s);
            if (type == Double.class)
                return Double.valueOf(s);
            if (type == Boolean.class)
                return Boolean.valueOf(s);
            if (type == java.math.BigDecimal.class)
                return new java.math.BigDecimal(s);
            if (type == Date.class)
                return new SimpleDateFormat("yyyy-MM-dd'T'HH:mm:ss").parse(s);
        } catch (NumberFormatException | ParseException e) {
            return null;
        }
        return null;
    }

    private static Charset charset(String name) {
        try {
            return Charset.forName(name);
        } catch (IllegalArgumentException e) {
            return StandardCharsets.UTF_8;
        }
    }

    static String text(Object body, String charset) {
        if (body instanceof String s)
            return s;
        if (body instanceof Node n)
            return serialise(n);
        if (body instanceof byte[] || body instanceof InputStream)
            return new String(bytes(body, charset), charset(charset));
        if (body instanceof Reader r)
            return read(r);
        return body.toString();
    }

    static byte[] bytes(Object body, String charset) {
        if (body instanceof byte[] b)
            return b;
        if (body instanceof InputStreamCache s)
            return s.bytes();
        if (body instanceof Node n) // its declaration says UTF-8
            return serialise(n).getBytes(StandardCharsets.UTF_8);
        if (body instanceof InputStream s) {
            try {
                return s.readAllBytes();
            } catch (IOException e) {
                throw new TypeConversionException("the body could not be read: " + e.getMessage(), e);
            }
        }
        return text(body, charset).getBytes(charset(charset));
    }

    private static String read(Reader r) {
        try {
            StringWriter w = new StringWriter();
            r.transferTo(w);
            return w.toString();
        } catch (IOException e) {
            throw new TypeConversionException("the body could not be read: " + e.getMessage(), e);
        }
    }

    static long size(DataHandler h) {
        try (InputStream s = h.getInputStream()) {
            return s.readAllBytes().length;
        } catch (IOException e) {
            return 0;
        }
    }

    private static Document document(Object body, String charset) {
        if (body instanceof Document d)
            return d;
        if (body instanceof Node n)
            return n.getOwnerDocument();
        try {
            DocumentBuilderFactory f = DocumentBuilderFactory.newInstance();
            f.setNamespaceAware(true);
            f.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            f.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
            f.setFeature("http://xml.org/sax/features/external-general-entities", false);
            f.setFeature("http://xml.org/sax/features/external-parameter-entities", false);
            DocumentBuilder b = f.newDocumentBuilder();
            b.setErrorHandler(null);
            return b.parse(new ByteArrayInputStream(bytes(body, charset)));
        } catch (Exception e) {
            throw new TypeConversionException("the body is no XML document: " + e.getMessage(), e);
        }
    }

    /** The root of a document in a text. */
    public static Element element(String xml) {
        return document(xml, "UTF-8").getDocumentElement();
    }

    private static String serialise(Node n) {
        try {
            Transformer t = TransformerFactory.newInstance().newTransformer();
            t.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
            StringWriter w = new StringWriter();
            t.transform(new DOMSource(n), new StreamResult(w));
            return n instanceof Document ? "<?xml version=\"1.0\" encoding=\"UTF-8\"?>" + w : w.toString();
        } catch (TransformerException e) {
            throw new TypeConversionException("the XML could not be written: " + e.getMessage(), e);
        }
    }
}
