package com.sap.esb.datastore;

/** The data stores, as the registry of the Camel context gives them. */
public interface DataStore {
    void put(Data data, boolean overwrite, boolean encrypt, long alertMs, long retainMs);
    Data get(String store, String qualifier, String id) throws MessageNotFoundException;
    void delete(String store, String qualifier, String id);
}
