package com.sap.it.api.exception;

/** Declared by {@link com.sap.it.api.ITApiFactory}; never thrown here. */
public class InvalidContextException extends Exception {
    private static final long serialVersionUID = 1;

    public InvalidContextException(String message) {
        super(message);
    }

    public InvalidContextException(String message, Throwable cause) {
        super(message, cause);
    }
}
