package tidemill.host;

import com.sap.gateway.ip.core.customdev.util.AttachmentWrapper;
import com.sap.gateway.ip.core.customdev.util.SoapHeader;
import com.sap.it.op.agent.mpl.MplConfiguration;
import com.sap.it.op.agent.mpl.MplLogLevel;
import com.sap.it.script.v2.api.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import javax.activation.DataHandler;
import org.apache.camel.Attachment;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultAttachment;

/**
 * The message of a step. It remembers what came, so that only changes go back. A plain Java class: in a Groovy one
 * getProperty would be Groovy's.
 */
public final class ScriptMessage implements Message {
    private static final int LARGE = 4 << 20;
    private static final AtomicLong files = new AtomicLong();
    private static final String LOG_CONFIGURATION = "SAP_MessageProcessingLogConfiguration";
    private static final MplConfiguration[] LEVELS =
        java.util.Arrays.stream(MplLogLevel.values()).map(MplConfiguration::new).toArray(MplConfiguration[]::new);

    /** Header names ignore case; the first spelling is kept. */
    private static final class Headers extends TreeMap<String, Object> {
        private static final long serialVersionUID = 1;

        Headers() {
            super(String.CASE_INSENSITIVE_ORDER);
        }

        @Override
        public Object get(Object name) {
            return name == null ? null : super.get(name.toString());
        }

        @Override
        public boolean containsKey(Object name) {
            return name != null && super.containsKey(name.toString());
        }

        @Override
        public Object remove(Object name) {
            return name == null ? null : super.remove(name.toString());
        }
    }

    private final Map<String, Object> headers = new Headers(), properties = new HashMap<>();
    private Map<String, Object> oldHeaders, oldProperties;
    private Object body, oldBody;
    private Map<String, AttachmentWrapper> attachments = new LinkedHashMap<>();
    private List<SoapHeader> soapHeaders = new ArrayList<>();
    private String flow, exchangeId;
    private Exchange exchange;

    static ScriptMessage read(Wire.In in) {
        ScriptMessage m = new ScriptMessage();
        m.flow = in.text();
        m.exchangeId = in.text();
        m.properties.put(Exchange.CREATED_TIMESTAMP, new Date(in.i64()));
        m.properties.put(LOG_CONFIGURATION, LEVELS[in.u8()]);
        m.body = m.oldBody = Values.read(in);
        for (int n = in.i32(); n > 0; n--)
            m.headers.put(in.text(), Values.read(in));
        for (int n = in.i32(); n > 0; n--)
            m.properties.put(in.text(), Values.read(in));
        m.oldHeaders = new HashMap<>(m.headers);
        m.oldProperties = new HashMap<>(m.properties);
        return m;
    }

    /** The step returned another message: its content counts. */
    void take(com.sap.gateway.ip.core.customdev.util.Message other) {
        body = other.getBody();
        setHeaders(other.getHeaders());
        Map<String, Object> all = new HashMap<>(other.getProperties());
        properties.clear();
        properties.putAll(all);
    }

    /* ---- back to the server ---- */

    void writeChanges(Wire.Out out) {
        if (body == oldBody)
            out.u8(0);
        else
            writeBody(out.u8(1));
        changes(out, oldHeaders, headers);
        changes(out, oldProperties, properties);
    }

    private void writeBody(Wire.Out out) {
        if (body == null) {
            out.u8(Wire.NULL);
            return;
        }
        byte[] bytes = Convert.bytes(body, charset());
        if (bytes.length > LARGE)
            writeFile(out, bytes);
        else
            out.u8(body instanceof String ? Wire.TEXT : Wire.BYTES).bytes(bytes);
    }

    /** A file in the host's folder, which the server takes away. */
    private static void writeFile(Wire.Out out, byte[] bytes) {
        String name = "body" + files.incrementAndGet();
        try {
            Files.write(Path.of(System.getProperty("java.io.tmpdir"), name), bytes);
        } catch (IOException e) {
            throw new IllegalStateException("the body could not be handed over", e);
        }
        out.u8(Wire.FILE).text(name);
    }

    private static void changes(Wire.Out out, Map<String, Object> before, Map<String, Object> after) {
        Map<String, Object> set = new LinkedHashMap<>();
        List<String> removed = new ArrayList<>();
        for (Map.Entry<?, ?> e : after.entrySet()) { // keys may be GStrings
            String name = String.valueOf(e.getKey());
            if (!before.containsKey(name) || before.get(name) != e.getValue())
                set.put(name, e.getValue());
        }
        for (String name : before.keySet())
            if (!after.containsKey(name) && !set.containsKey(name))
                removed.add(name);
        out.i32(set.size() + removed.size());
        for (String name : removed)
            out.text(name).u8(0);
        for (Map.Entry<String, Object> e : set.entrySet())
            Values.write(out.text(e.getKey()).u8(1), e.getValue());
    }

    private String charset() {
        Object name = properties.get("CamelCharsetName");
        if (name == null)
            name = headers.get("CamelCharsetName");
        return name == null ? "UTF-8" : name.toString();
    }

    /* ---- body, headers, properties ---- */

    @Override
    public Object getBody() {
        if (body instanceof org.apache.camel.converter.stream.InputStreamCache s)
            s.reset();
        return body;
    }

    @Override
    public <T> T getBody(Class<T> type) {
        if (body instanceof java.io.InputStream && !(body instanceof org.apache.camel.converter.stream.InputStreamCache))
            body = new org.apache.camel.converter.stream.InputStreamCache(Convert.bytes(body, charset()));
        return Convert.to(type, body, charset());
    }

    @Override
    public void setBody(Object value) {
        body = Values.isGString(value) ? value.toString() : value;
    }

    @Override
    public Map<String, Object> getHeaders() {
        return headers;
    }

    @Override
    public Object getHeader(String name) {
        return headers.get(name);
    }

    @Override
    public <T> T getHeader(String name, Class<T> type) {
        return Convert.header(type, headers.get(name), charset());
    }

    @Override
    public void setHeader(String name, Object value) {
        headers.put(name, value);
    }

    @Override
    public void setHeaders(Map<String, Object> all) {
        Map<String, Object> copy = new LinkedHashMap<>(all);
        headers.clear();
        for (Map.Entry<?, ?> e : copy.entrySet())
            headers.put(String.valueOf(e.getKey()), e.getValue());
    }

    @Override
    public Map<String, Object> getProperties() {
        return properties;
    }

    @Override
    public Object getProperty(String name) {
        return properties.get(name);
    }

    @Override
    public void setProperty(String name, Object value) {
        if (value == null)
            properties.remove(name);
        else
            properties.put(name, value);
    }

    @Override
    public void setProperties(Map<String, Object> all) {
        for (Map.Entry<?, ?> e : all.entrySet())
            setProperty(String.valueOf(e.getKey()), e.getValue());
    }

    /* ---- attachments ---- */

    @Override
    public Map<String, DataHandler> getAttachments() {
        return new AttachmentView<>(attachments, AttachmentWrapper::getDataHandler, AttachmentWrapper::new);
    }

    @Override
    public void setAttachments(Map<String, DataHandler> all) {
        attachments = new LinkedHashMap<>();
        all.forEach((id, handler) -> attachments.put(id, new AttachmentWrapper(handler)));
    }

    @Override
    public Map<String, AttachmentWrapper> getAttachmentWrapperObjects() {
        return attachments;
    }

    @Override
    public void setAttachmentWrapperObjects(Map<String, AttachmentWrapper> all) {
        attachments = new LinkedHashMap<>(all);
    }

    @Override
    public void addAttachmentObject(String id, AttachmentWrapper attachment) {
        attachments.put(id, attachment);
    }

    @Override
    public void addAttachmentObject(String id, Attachment attachment) {
        attachments.put(id, wrapped(attachment));
    }

    private static AttachmentWrapper wrapped(Attachment attachment) {
        AttachmentWrapper w = new AttachmentWrapper(attachment.getDataHandler());
        for (String name : attachment.getHeaderNames())
            w.setHeader(name, attachment.getHeader(name));
        return w;
    }

    @Override
    public Map<String, Attachment> getAttachmentObjects() {
        return new AttachmentView<>(attachments, a -> a, ScriptMessage::wrapped);
    }

    @Override
    public void setAttachmentObjects(Map<String, Attachment> all) {
        attachments = new LinkedHashMap<>();
        all.forEach(this::addAttachmentObject);
    }

    @Override
    public String getAttachmentHeader(String header, Attachment attachment) {
        return attachment.getHeader(header);
    }

    @Override
    public void setAttachmentHeader(String header, String value, Attachment attachment) {
        attachment.setHeader(header, value);
    }

    @Override
    public void addAttachmentHeader(String header, String value, Attachment attachment) {
        attachment.addHeader(header, value);
    }

    @Override
    public void removeAttachmentHeader(String header, Attachment attachment) {
        attachment.removeHeader(header);
    }

    /* ---- the rest ---- */

    @Override
    public List<SoapHeader> getSoapHeaders() {
        return soapHeaders;
    }

    @Override
    public void setSoapHeaders(List<SoapHeader> all) {
        soapHeaders = new ArrayList<>(all);
    }

    @Override
    public void clearSoapHeaders() {
        soapHeaders.clear();
    }

    @Override
    public long getBodySize() {
        return body == null ? 0 : Convert.bytes(body, charset()).length;
    }

    @Override
    public long getAttachmentsSize() {
        long n = 0;
        for (DefaultAttachment a : attachments.values())
            n += Convert.size(a.getDataHandler());
        return n;
    }

    /** message.exchange */
    public Exchange getExchange() {
        if (exchange == null)
            exchange = new ScriptExchange(this, flow, exchangeId);
        return exchange;
    }
}
