package com.sap.it.script.logging;

/** A type scripts import. */
public interface ILogger {
    void logErrors(String text);
    void logWarnings(String text);
}
