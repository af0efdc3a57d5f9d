package com.sap.it.api.mapping;

import com.sap.it.api.ITApi;

/** Looks up deployed value mappings; null: no entry. */
public interface ValueMappingApi extends ITApi {
    String getMappedValue(String sourceAgency, String sourceIdentifier, String sourceValue, String targetAgency, String targetIdentifier);
}
