package com.sap.it.api.mapping;

/** The result queue of a custom mapping function. */
public interface Output {
    /** Among the values of a context: a value that is suppressed. */
    String SUPPRESS = "_sUpPresSeD_";
    /** Where a context ends; only for functions that were written for whole queues. */
    String CC = "__cC__";
    void addValue(Object value);
    void addSuppress();
    void addContextChange();
    void addXSINIL();
    void clear();
    boolean isSuppress(String value);
    boolean isXSINIL(String value);
}
