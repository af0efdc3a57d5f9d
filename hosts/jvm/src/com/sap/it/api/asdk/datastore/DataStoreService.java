package com.sap.it.api.asdk.datastore;

/** Data stores. */
public interface DataStoreService {
    DataBean get(String store, String id);
    void put(DataBean data, DataConfig config);
    void delete(String store, String id);
}
