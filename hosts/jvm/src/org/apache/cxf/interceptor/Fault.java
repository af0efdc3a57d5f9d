package org.apache.cxf.interceptor;

import javax.xml.namespace.QName;
import org.w3c.dom.Element;

/** A SOAP fault. */
public class Fault extends RuntimeException {
    private static final long serialVersionUID = 1;

    public Fault(String message, Throwable cause) {
        super(message, cause);
    }

    public QName getFaultCode() {
        return new QName("http://schemas.xmlsoap.org/soap/envelope/", "Server");
    }

    public Element getDetail() {
        return null;
    }
}
