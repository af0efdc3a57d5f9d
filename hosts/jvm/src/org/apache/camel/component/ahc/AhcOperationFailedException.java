package org.apache.camel.component.ahc;

import java.util.HashMap;
import java.util.Map;

/** An HTTP receiver answered with an error. */
public class AhcOperationFailedException extends Exception {
    private static final long serialVersionUID = 1;
    private final int statusCode;
    private final String statusText, responseBody;

    public AhcOperationFailedException(String message, int statusCode, String statusText, String responseBody) {
        super(message);
        this.statusCode = statusCode;
        this.statusText = statusText;
        this.responseBody = responseBody;
    }

    public int getStatusCode() {
        return statusCode;
    }

    public String getStatusText() {
        return statusText;
    }

    public String getResponseBody() {
        return responseBody;
    }

    public Map<String, String> getResponseHeaders() {
        return new HashMap<>();
    }
}
