package org.apache.camel;

/** A body has no such face. */
public class TypeConversionException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public TypeConversionException(String message) {
        super(message);
    }

    public TypeConversionException(String message, Throwable cause) {
        super(message, cause);
    }
}
