package com.sap.it.api.nrc;

import com.sap.it.api.ITApi;

/** Number ranges (the name of the method is SAP's). */
public interface NumberRangeConfigurationService extends ITApi {
    String getNextValuefromNumberRange(String name, String context);
}
