package org.apache.cxf.transport.http;

/** An HTTP error behind a SOAP call. */
public class HTTPException extends java.io.IOException {
    private static final long serialVersionUID = 1;
    private final int code;

    public HTTPException(int code, String message) {
        super(message);
        this.code = code;
    }

    public int getResponseCode() {
        return code;
    }

    public String getResponseMessage() {
        return getMessage();
    }
}
