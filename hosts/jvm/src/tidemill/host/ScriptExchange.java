package tidemill.host;

import com.sap.esb.datastore.DataStore;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Message;

/** The part of Camel that scripts reach through message.exchange. */
final class ScriptExchange implements Exchange, Message, CamelContext, CamelContext.Registry {
    private final ScriptMessage message;
    private final String flow, id;

    ScriptExchange(ScriptMessage message, String flow, String id) {
        this.message = message;
        this.flow = flow;
        this.id = id;
    }

    @Override
    public CamelContext getContext() {
        return this;
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
    public <T> T getProperty(String name, Class<T> type) {
        return Convert.header(type, message.getProperty(name), "UTF-8");
    }

    @Override
    public void setProperty(String name, Object value) {
        message.setProperty(name, value);
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
    public Object getBody() {
        return message.getBody();
    }

    @Override
    public <T> T getBody(Class<T> type) {
        return message.getBody(type);
    }

    @Override
    public void setBody(Object body) {
        message.setBody(body);
    }

    @Override
    public Map<String, Object> getHeaders() {
        return message.getHeaders();
    }

    @Override
    public Object getHeader(String name) {
        return message.getHeaders().get(name);
    }

    @Override
    public <T> T getHeader(String name, Class<T> type) {
        return message.getHeader(name, type);
    }

    @Override
    public void setHeader(String name, Object value) {
        message.setHeader(name, value);
    }

    @Override
    public String getName() {
        return flow;
    }

    @Override
    public Registry getRegistry() {
        return this;
    }

    @Override
    public Object lookupByName(String name) {
        return name.equals(DataStore.class.getName()) ? Services.of(DataStore.class) : null;
    }
}
