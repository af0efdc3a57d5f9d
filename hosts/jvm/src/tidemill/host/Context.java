package tidemill.host;

import com.sap.esb.datastore.DataStore;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.TypeConversionException;
import org.apache.camel.TypeConverter;

/** A flow's Camel context, as far as scripts use it. */
public final class Context implements CamelContext, CamelContext.Registry, TypeConverter {
    private final String flow;

    public Context(String flow) {
        this.flow = flow;
    }

    @Override
    public String getName() {
        return flow;
    }

    /** Of the real system (script-api 5.1). */
    @Override
    public String getVersion() {
        return "2.24.2";
    }

    @Override
    public Registry getRegistry() {
        return this;
    }

    @Override
    public TypeConverter getTypeConverter() {
        return this;
    }

    @Override
    public Object lookupByName(String name) {
        return name.equals(DataStore.class.getName()) ? Services.of(DataStore.class) : null;
    }

    @Override
    public <T> T convertTo(Class<T> type, Object value) {
        return Convert.header(type, value, "UTF-8");
    }

    @Override
    public <T> T convertTo(Class<T> type, Exchange exchange, Object value) {
        return convertTo(type, value);
    }

    @Override
    public <T> T mandatoryConvertTo(Class<T> type, Object value) {
        T v = convertTo(type, value);
        if (v == null)
            throw new TypeConversionException("No type converter from " + (value == null ? "null" : value.getClass().getName()) + " to " + type.getName());
        return v;
    }

    @Override
    public <T> T mandatoryConvertTo(Class<T> type, Exchange exchange, Object value) {
        return mandatoryConvertTo(type, value);
    }
}
