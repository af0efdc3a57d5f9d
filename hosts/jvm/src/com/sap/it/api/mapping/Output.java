package com.sap.it.api.mapping;

/** The result queue of a custom mapping function. */
public interface Output {
    void addValue(Object value);
    void addSuppress();
    void addContextChange();
    void addXSINIL();
    void clear();
    boolean isSuppress(String value);
    boolean isXSINIL(String value);
}
