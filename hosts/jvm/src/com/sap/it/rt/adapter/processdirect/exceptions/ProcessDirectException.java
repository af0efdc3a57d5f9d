package com.sap.it.rt.adapter.processdirect.exceptions;

/** The called flow failed or is not there. */
public class ProcessDirectException extends Exception {
    private static final long serialVersionUID = 1;

    public ProcessDirectException(String message) {
        super(message);
    }

    public ProcessDirectException(String message, Throwable cause) {
        super(message, cause);
    }
}
