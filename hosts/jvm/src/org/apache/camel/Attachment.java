package org.apache.camel;

import java.util.Collection;
import java.util.List;
import javax.activation.DataHandler;

/** An attachment of a message. */
public interface Attachment {
    DataHandler getDataHandler();
    String getHeader(String name);
    List<String> getHeaderAsList(String name);
    void setHeader(String name, String value);
    void addHeader(String name, String value);
    void removeHeader(String name);
    Collection<String> getHeaderNames();
    boolean hasHeaders();
    void clearHeaders();
}
