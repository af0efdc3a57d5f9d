package org.apache.cxf.binding.soap;

import javax.xml.namespace.QName;
import org.apache.cxf.interceptor.Fault;

/** A fault that a SOAP service answered. */
public class SoapFault extends Fault {
    private static final long serialVersionUID = 1;

    public SoapFault(String reason, QName code) {
        this(reason, null, code);
    }

    public SoapFault(String reason, Throwable cause, QName code) {
        super(reason, cause);
        setFaultCode(code);
    }

    public SoapFault(String reason) {
        super(reason, null);
    }

    public String getReason() {
        return getMessage();
    }

    public String getRole() {
        return null;
    }

    public QName getSubCode() {
        return null;
    }
}
