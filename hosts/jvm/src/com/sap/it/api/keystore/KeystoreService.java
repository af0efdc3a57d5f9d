package com.sap.it.api.keystore;

import com.sap.it.api.ITApi;
import com.sap.it.api.keystore.exception.KeystoreException;
import java.security.Key;
import java.security.KeyPair;
import java.security.cert.Certificate;

/** Keys and certificates of the keystore. */
public interface KeystoreService extends ITApi {
    Certificate getCertificate(String alias) throws KeystoreException;
    Certificate[] getCertificateChain(String alias) throws KeystoreException;
    Key getKey(String alias) throws KeystoreException;
    KeyPair getKeyPair(String alias) throws KeystoreException;
}
