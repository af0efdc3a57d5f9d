package com.sap.it.api;

import com.sap.it.api.exception.InvalidContextException;
import tidemill.host.Services;

/** Gives scripts their services; an unknown one is null. */
public final class ITApiFactory {
    private ITApiFactory() {
    }

    public static <T> T getService(Class<T> type, Object context) throws InvalidContextException {
        return type.cast(Services.of(type));
    }

    public static <T> T getApi(Class<T> type, Object context) throws InvalidContextException {
        return getService(type, context);
    }
}
