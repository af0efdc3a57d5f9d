package com.sap.it.api.pd;

import com.sap.it.api.ITApi;
import java.util.List;

/** The partner directory; what is missing is null. */
public interface PartnerDirectoryService extends ITApi {
    <T> T getParameter(String parameterId, String partnerId, Class<T> type);
    String getPartnerId(String agency, String scheme, String alternativePartnerId);
    String getAlternativePartnerId(String agency, String scheme, String partnerId);
    List<String> getAuthorizedUsers(String partnerId);
    String getPartnerIdOfAuthorizedUser(String user);
    <T> List<String> getParameterIdsMatchingPattern(String pattern, String partnerId, Class<T> type);
}
