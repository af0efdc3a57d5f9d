package org.apache.camel.component.directvm;

/** Nobody listens at the ProcessDirect address. */
public class DirectVmConsumerNotAvailableException extends Exception {
    private static final long serialVersionUID = 1;

    public DirectVmConsumerNotAvailableException(String message) {
        super(message);
    }

    public DirectVmConsumerNotAvailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
