package com.sap.it.api.securestore;

import com.sap.it.api.ITApi;
import com.sap.it.api.securestore.exception.SecureStoreException;

/** User credentials, secure parameters. */
public interface SecureStoreService extends ITApi {
    UserCredential getUserCredential(String alias) throws SecureStoreException;
    /** Spelled so. */
    AccessTokenAndUser getAccesTokenForOauth2AuthorizationCodeCredential(String alias) throws SecureStoreException;
}
