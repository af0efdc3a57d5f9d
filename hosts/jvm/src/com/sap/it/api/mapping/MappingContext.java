package com.sap.it.api.mapping;

/** What a custom mapping function knows of the message. */
public interface MappingContext {
    String getHeader(String name);
    void setHeader(String name, String value);
    String getProperty(String name);
    void setProperty(String name, String value);
}
