package com.sap.gateway.ip.core.customdev.util;

import java.util.List;
import java.util.Map;
import javax.activation.DataHandler;
import org.apache.camel.Attachment;

/** What a script step works on. */
public interface Message {
    Object getBody();
    <T> T getBody(Class<T> type);
    void setBody(Object body);
    Map<String, Object> getHeaders();
    <T> T getHeader(String name, Class<T> type);
    void setHeader(String name, Object value);
    void setHeaders(Map<String, Object> headers);
    Map<String, Object> getProperties();
    Object getProperty(String name);
    void setProperty(String name, Object value);
    void setProperties(Map<String, Object> properties);
    Map<String, DataHandler> getAttachments();
    void setAttachments(Map<String, DataHandler> attachments);
    Map<String, AttachmentWrapper> getAttachmentWrapperObjects();
    void setAttachmentWrapperObjects(Map<String, AttachmentWrapper> attachments);
    void addAttachmentObject(String id, AttachmentWrapper attachment);
    void addAttachmentObject(String id, Attachment attachment);
    Map<String, Attachment> getAttachmentObjects();
    void setAttachmentObjects(Map<String, Attachment> attachments);
    String getAttachmentHeader(String header, Attachment attachment);
    void setAttachmentHeader(String header, String value, Attachment attachment);
    void addAttachmentHeader(String header, String value, Attachment attachment);
    void removeAttachmentHeader(String header, Attachment attachment);
    List<SoapHeader> getSoapHeaders();
    void setSoapHeaders(List<SoapHeader> headers);
    void clearSoapHeaders();
    long getBodySize();
    long getAttachmentsSize();
}
