package tidemill.host;

import com.sap.it.api.keystore.KeystoreService;
import com.sap.it.api.keystore.exception.KeystoreException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;

/** Keys and certificates, which the server gives as PEM. */
final class Keystore implements KeystoreService {
    private record Entry(Certificate[] chain, PrivateKey key) {
    }

    private static Entry entry(String alias) throws KeystoreException {
        Wire.In in = Call.ask("keystore", alias);
        if (in.u8() == 0)
            throw new KeystoreException(in.text());
        String certificates = in.text(), key = in.text();
        try {
            Collection<? extends Certificate> all = CertificateFactory.getInstance("X.509").generateCertificates(
                new ByteArrayInputStream(certificates.getBytes(StandardCharsets.US_ASCII)));
            return new Entry(all.toArray(new Certificate[0]), key == null || key.isEmpty() ? null : privateKey(key, all));
        } catch (GeneralSecurityException e) {
            throw new KeystoreException("the keystore entry '" + alias + "' cannot be read: " + e.getMessage(), e);
        }
    }

    private static PrivateKey privateKey(String pem, Collection<? extends Certificate> chain) throws GeneralSecurityException {
        String base64 = pem.replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
        String algorithm = chain.isEmpty() ? "RSA" : chain.iterator().next().getPublicKey().getAlgorithm();
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
    }

    @Override
    public Certificate getCertificate(String alias) throws KeystoreException {
        Certificate[] chain = getCertificateChain(alias);
        return chain.length == 0 ? null : chain[0];
    }

    @Override
    public Certificate[] getCertificateChain(String alias) throws KeystoreException {
        return entry(alias).chain();
    }

    @Override
    public Key getKey(String alias) throws KeystoreException {
        return entry(alias).key();
    }

    @Override
    public KeyPair getKeyPair(String alias) throws KeystoreException {
        Entry e = entry(alias);
        return e.key() == null || e.chain().length == 0 ? null : new KeyPair(e.chain()[0].getPublicKey(), e.key());
    }
}
