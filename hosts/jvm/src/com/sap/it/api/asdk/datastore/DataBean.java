package com.sap.it.api.asdk.datastore;

import java.util.LinkedHashMap;
import java.util.Map;

/** An entry of a data store. */
public class DataBean {
    private byte[] data = new byte[0];
    private Map<String, Object> headers = new LinkedHashMap<>();

    public byte[] getDataAsArray() {
        return data;
    }

    public void setDataAsArray(byte[] bytes) {
        data = bytes;
    }

    public Map<String, Object> getHeaders() {
        return headers;
    }

    public void setHeaders(Map<String, Object> map) {
        headers = map;
    }
}
