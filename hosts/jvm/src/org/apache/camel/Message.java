package org.apache.camel;

import java.util.Map;

/** The part of Camel's message that flows use. */
public interface Message {
    String getMessageId();
    Exchange getExchange();
    Object getBody();
    <T> T getBody(Class<T> type);
    <T> T getMandatoryBody(Class<T> type);
    void setBody(Object body);
    <T> void setBody(Object body, Class<T> type);
    Map<String, Object> getHeaders();
    void setHeaders(Map<String, Object> headers);
    boolean hasHeaders();
    Object getHeader(String name);
    Object getHeader(String name, Object otherwise);
    <T> T getHeader(String name, Class<T> type);
    <T> T getHeader(String name, Object otherwise, Class<T> type);
    void setHeader(String name, Object value);
    Object removeHeader(String name);
    boolean removeHeaders(String pattern);
}
