package org.apache.camel;

import java.util.Map;

/** The message of an {@link Exchange}. */
public interface Message {
    Object getBody();
    <T> T getBody(Class<T> type);
    void setBody(Object body);
    Map<String, Object> getHeaders();
    Object getHeader(String name);
    <T> T getHeader(String name, Class<T> type);
    void setHeader(String name, Object value);
}
