package com.sap.esb.camel.error.handler;

/** What an error end event throws. */
public class ErrorEventException extends Exception {
    private static final long serialVersionUID = 1;

    public ErrorEventException(String message) {
        super(message);
    }

    public ErrorEventException(String message, Throwable cause) {
        super(message, cause);
    }
}
