package com.sap.it.api.securestore;

import java.util.Map;

/** A name and its password. */
public interface UserCredential {
    String getUsername();
    char[] getPassword();
    Map<String, String> getCredentialProperties();
}
