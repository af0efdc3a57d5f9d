package org.apache.camel.impl;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.activation.DataHandler;
import javax.activation.DataSource;
import org.apache.camel.Attachment;

/** An attachment of a message. */
public class DefaultAttachment implements Attachment {
    private final DataHandler handler;
    private final Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

    public DefaultAttachment(DataHandler handler) {
        this.handler = handler;
    }

    public DefaultAttachment(DataSource source) {
        this(new DataHandler(source));
    }

    @Override
    public DataHandler getDataHandler() {
        return handler;
    }

    @Override
    public String getHeader(String name) {
        List<String> all = headers.get(name);
        return all == null ? null : String.join(",", all);
    }

    @Override
    public List<String> getHeaderAsList(String name) {
        return headers.get(name);
    }

    @Override
    public void setHeader(String name, String value) {
        headers.put(name, new ArrayList<>(List.of(value)));
    }

    @Override
    public void addHeader(String name, String value) {
        headers.computeIfAbsent(name, k -> new ArrayList<>()).add(value);
    }

    @Override
    public void removeHeader(String name) {
        headers.remove(name);
    }

    @Override
    public Collection<String> getHeaderNames() {
        return headers.keySet();
    }

    @Override
    public boolean hasHeaders() {
        return !headers.isEmpty();
    }

    @Override
    public void clearHeaders() {
        headers.clear();
    }
}
