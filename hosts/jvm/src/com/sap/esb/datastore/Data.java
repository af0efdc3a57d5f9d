package com.sap.esb.datastore;

import java.util.Map;

/** An entry for {@link DataStore}. */
public class Data {
    private final String store, qualifier, id, messageId;
    private final byte[] body;
    private final Map<String, Object> headers;
    private final int version;

    public Data(String store, String qualifier, String id, byte[] body, Map<String, Object> headers, String messageId, int version) {
        this.store = store;
        this.qualifier = qualifier;
        this.id = id;
        this.body = body;
        this.headers = headers;
        this.messageId = messageId;
        this.version = version;
    }

    public String getStoreName() {
        return store;
    }

    public String getQualifier() {
        return qualifier;
    }

    public String getId() {
        return id;
    }

    public String getMessageId() {
        return messageId;
    }

    public byte[] getDataAsArray() {
        return body;
    }

    public Map<String, Object> getHeaders() {
        return headers;
    }

    public int getVersion() {
        return version;
    }
}
