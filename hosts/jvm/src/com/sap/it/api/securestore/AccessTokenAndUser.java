package com.sap.it.api.securestore;

/** An access token and the user whose it is. */
public interface AccessTokenAndUser {
    String getAccessToken();
    String getUser();
}
