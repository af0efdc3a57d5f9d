package com.sap.gateway.ip.core.customdev.util;

import javax.xml.namespace.QName;
import org.w3c.dom.Element;
import tidemill.host.Convert;

/** A SOAP header block. */
public class SoapHeader {
    private final QName name;
    private final Element element;
    private final boolean mustUnderstand, relay;
    private final String actor;

    public SoapHeader(QName name, Element element, boolean mustUnderstand, String actor, boolean relay) {
        this.name = name;
        this.element = element;
        this.mustUnderstand = mustUnderstand;
        this.actor = actor;
        this.relay = relay;
    }

    public SoapHeader(QName name, Element element) {
        this(name, element, false, null, false);
    }

    /** The header block as text. */
    public SoapHeader(QName name, String xml, boolean mustUnderstand, String actor) {
        this(name, Convert.element(xml), mustUnderstand, actor, false);
    }

    public SoapHeader(QName name, String xml) {
        this(name, xml, false, null);
    }

    public QName getName() {
        return name;
    }

    public Element getElement() {
        return element;
    }

    public boolean isMustUnderstand() {
        return mustUnderstand;
    }

    public String getActor() {
        return actor;
    }

    public boolean getRelay() {
        return relay;
    }
}
