package tidemill.host;

import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.TypeConversionException;

/** The part of Camel that scripts reach through message.exchange. */
final class ScriptExchange implements Exchange, Message {
    private final ScriptMessage message;
    private final CamelContext context;
    private final String id;

    ScriptExchange(ScriptMessage message, String flow, String id) {
        this.message = message;
        this.context = new Context(flow);
        this.id = id;
    }

    /* ---- the exchange ---- */

    @Override
    public CamelContext getContext() {
        return context;
    }

    @Override
    public String getExchangeId() {
        return id;
    }

    @Override
    public Object getProperty(String name) {
        return message.getProperty(name);
    }

    @Override
    public Object getProperty(String name, Object otherwise) {
        Object v = getProperty(name);
        return v == null ? otherwise : v;
    }

    @Override
    public <T> T getProperty(String name, Class<T> type) {
        return Convert.header(type, message.getProperty(name), "UTF-8");
    }

    @Override
    public <T> T getProperty(String name, Object otherwise, Class<T> type) {
        return Convert.header(type, getProperty(name, otherwise), "UTF-8");
    }

    @Override
    public void setProperty(String name, Object value) {
        message.setProperty(name, value);
    }

    @Override
    public Object removeProperty(String name) {
        return message.getProperties().remove(name);
    }

    @Override
    public boolean hasProperties() {
        return !message.getProperties().isEmpty();
    }

    @Override
    public Map<String, Object> getProperties() {
        return message.getProperties();
    }

    @Override
    public Message getIn() {
        return this;
    }

    @Override
    public Message getOut() {
        return this;
    }

    @Override
    public boolean hasOut() {
        return false;
    }

    @Override
    public Exception getException() {
        return null; // a script runs while nothing has failed, or after it was caught
    }

    @Override
    public <T> T getException(Class<T> type) {
        return null;
    }

    @Override
    public boolean isFailed() {
        return false;
    }

    /* ---- its message ---- */

    @Override
    public String getMessageId() {
        return id;
    }

    @Override
    public Exchange getExchange() {
        return this;
    }

    @Override
    public Object getBody() {
        return message.getBody();
    }

    @Override
    public <T> T getBody(Class<T> type) {
        return message.getBody(type);
    }

    @Override
    public <T> T getMandatoryBody(Class<T> type) {
        T body = message.getBody(type);
        if (body == null)
            throw new TypeConversionException("No body available of type: " + type.getName());
        return body;
    }

    @Override
    public void setBody(Object body) {
        message.setBody(body);
    }

    @Override
    public <T> void setBody(Object body, Class<T> type) {
        message.setBody(context.getTypeConverter().convertTo(type, body));
    }

    @Override
    public Map<String, Object> getHeaders() {
        return message.getHeaders();
    }

    @Override
    public void setHeaders(Map<String, Object> headers) {
        message.setHeaders(headers);
    }

    @Override
    public boolean hasHeaders() {
        return !message.getHeaders().isEmpty();
    }

    @Override
    public Object getHeader(String name) {
        return message.getHeaders().get(name);
    }

    @Override
    public Object getHeader(String name, Object otherwise) {
        Object v = getHeader(name);
        return v == null ? otherwise : v;
    }

    @Override
    public <T> T getHeader(String name, Class<T> type) {
        return message.getHeader(name, type);
    }

    @Override
    public <T> T getHeader(String name, Object otherwise, Class<T> type) {
        return Convert.header(type, getHeader(name, otherwise), "UTF-8");
    }

    @Override
    public void setHeader(String name, Object value) {
        message.setHeader(name, value);
    }

    @Override
    public Object removeHeader(String name) {
        return message.getHeaders().remove(name);
    }

    /** A name, a name with * at its end, or a regular expression. */
    @Override
    public boolean removeHeaders(String pattern) {
        return message.getHeaders().keySet().removeIf(name -> pattern.endsWith("*")
            ? name.regionMatches(true, 0, pattern, 0, pattern.length() - 1) : name.equalsIgnoreCase(pattern) || name.matches(pattern));
    }
}
