package org.apache.camel;

import java.util.Map;

/** The part of Camel's exchange that flows use. */
public interface Exchange {
    CamelContext getContext();
    String getExchangeId();
    Object getProperty(String name);
    <T> T getProperty(String name, Class<T> type);
    void setProperty(String name, Object value);
    Map<String, Object> getProperties();
    Message getIn();
    Message getOut();
}
