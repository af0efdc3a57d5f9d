package com.sap.it.api.asdk.runtime;

import tidemill.host.Services;

/** The other way to a service: new Factory(DataStoreService.class).getService(). */
public class Factory {
    private final Class<?> type;

    public Factory(Class<?> type) {
        this.type = type;
    }

    public Object getService() {
        return Services.of(type);
    }
}
