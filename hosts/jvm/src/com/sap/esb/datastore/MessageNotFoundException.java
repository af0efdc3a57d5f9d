package com.sap.esb.datastore;

/** No such entry. */
public class MessageNotFoundException extends Exception {
    private static final long serialVersionUID = 1;

    public MessageNotFoundException(String message) {
        super(message);
    }

    public MessageNotFoundException(String message, Throwable cause) {
        super(message, cause);
    }
}
