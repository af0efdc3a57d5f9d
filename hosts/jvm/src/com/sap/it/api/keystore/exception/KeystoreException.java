package com.sap.it.api.keystore.exception;

/** The keystore has no such entry. */
public class KeystoreException extends Exception {
    private static final long serialVersionUID = 1;

    public KeystoreException(String message) {
        super(message);
    }

    public KeystoreException(String message, Throwable cause) {
        super(message, cause);
    }
}
