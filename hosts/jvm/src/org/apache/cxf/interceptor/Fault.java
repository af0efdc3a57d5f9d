package org.apache.cxf.interceptor;

import javax.xml.namespace.QName;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;

/** What a SOAP call failed with. */
public class Fault extends RuntimeException {
    private static final long serialVersionUID = 1;
    private QName code = new QName("http://schemas.xmlsoap.org/soap/envelope/", "Server");
    private transient Element detail;

    public Fault(String message, Throwable cause) {
        super(message, cause);
    }

    public Fault(Throwable cause) {
        super(cause);
    }

    public QName getFaultCode() {
        return code;
    }

    public void setFaultCode(QName code) {
        this.code = code;
    }

    public boolean hasDetails() {
        return detail != null;
    }

    public Element getDetail() {
        return detail;
    }

    public void setDetail(Element element) {
        detail = element;
    }

    public Element getOrCreateDetail() {
        try {
            if (detail == null)
                detail = DocumentBuilderFactory.newInstance().newDocumentBuilder().newDocument().createElement("detail");
            return detail;
        } catch (ParserConfigurationException e) {
            throw new IllegalStateException(e);
        }
    }
}
