package com.sap.it.api.securestore.exception;

/** No such credential. */
public class SecureStoreException extends Exception {
    private static final long serialVersionUID = 1;

    public SecureStoreException(String message) {
        super(message);
    }

    public SecureStoreException(String message, Throwable cause) {
        super(message, cause);
    }
}
