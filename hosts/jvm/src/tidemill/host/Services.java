package tidemill.host;

import com.sap.esb.datastore.Data;
import com.sap.esb.datastore.DataStore;
import com.sap.esb.datastore.MessageNotFoundException;
import com.sap.gateway.ip.core.customdev.util.Message;
import com.sap.it.api.asdk.datastore.DataBean;
import com.sap.it.api.asdk.datastore.DataConfig;
import com.sap.it.api.asdk.datastore.DataStoreService;
import com.sap.it.api.keystore.KeystoreService;
import com.sap.it.api.mapping.ValueMappingApi;
import com.sap.it.api.msglog.MessageLog;
import com.sap.it.api.msglog.MessageLogFactory;
import com.sap.it.api.nrc.NumberRangeConfigurationService;
import com.sap.it.api.pd.BinaryData;
import com.sap.it.api.pd.PartnerDirectoryService;
import com.sap.it.api.securestore.AccessTokenAndUser;
import com.sap.it.api.securestore.SecureStoreService;
import com.sap.it.api.securestore.UserCredential;
import com.sap.it.api.securestore.exception.SecureStoreException;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The services of ITApiFactory. The server has the content: each call asks it (src/steps/script_ask.c). */
public final class Services {
    static final MessageLogFactory MESSAGE_LOGS = Services::messageLog;
    private static final Map<Class<?>, Object> SERVICES = new HashMap<>();

    static {
        SERVICES.put(SecureStoreService.class, new SecureStore());
        SERVICES.put(MessageLogFactory.class, MESSAGE_LOGS);
        SERVICES.put(ValueMappingApi.class, (ValueMappingApi) (a, b, c, d, e) -> one("valuemapping", a, b, c, d, e));
        SERVICES.put(KeystoreService.class, new Keystore());
        SERVICES.put(PartnerDirectoryService.class, new Partners());
        SERVICES.put(NumberRangeConfigurationService.class, (NumberRangeConfigurationService) (name, context) -> one("numberrange", name, context));
        SERVICES.put(DataStoreService.class, new DataStores());
        SERVICES.put(DataStore.class, new CamelDataStores());
    }

    private Services() {
    }

    /** null: unknown. */
    public static Object of(Class<?> type) {
        return SERVICES.get(type);
    }

    /** Asks; the answer's values follow its first byte. */
    static Wire.In ask(String what, String... args) {
        Wire.In in = Call.ask(what, args);
        if (in.u8() == 0)
            throw new IllegalStateException(in.text());
        return in;
    }

    private static String one(String what, String... args) {
        return ask(what, args).text();
    }

    /* ---- the message log ---- */

    private static MessageLog messageLog(Message message) {
        Call c = Call.current();
        return c == null ? null : new Log(c);
    }

    private record Log(Call call) implements MessageLog {
        @Override
        public void addAttachmentAsString(String name, String text, String mediaType) {
            call.log("attachment", name, text == null ? "" : text, mediaType);
        }

        @Override
        public void addCustomHeaderProperty(String name, String value) {
            call.log("header", name, value, null);
        }

        @Override
        public void setStringProperty(String name, String value) {
            call.log("property", name, value, null);
        }

        @Override
        public void setBooleanProperty(String name, Boolean value) {
            setStringProperty(name, String.valueOf(value));
        }

        @Override
        public void setIntegerProperty(String name, Integer value) {
            setStringProperty(name, String.valueOf(value));
        }

        @Override
        public void setLongProperty(String name, Long value) {
            setStringProperty(name, String.valueOf(value));
        }

        @Override
        public void setFloatProperty(String name, Float value) {
            setStringProperty(name, String.valueOf(value));
        }

        @Override
        public void setDoubleProperty(String name, Double value) {
            setStringProperty(name, String.valueOf(value));
        }

        @Override
        public void setDateProperty(String name, Date value) {
            setStringProperty(name, value == null ? null : value.toInstant().toString());
        }
    }

    /* ---- secure store ---- */

    private record Credential(String user, char[] secret) implements UserCredential {
        @Override
        public String getUsername() {
            return user;
        }

        @Override
        public char[] getPassword() {
            return secret;
        }

        @Override
        public Map<String, String> getCredentialProperties() {
            return new HashMap<>();
        }
    }

    private static final class SecureStore implements SecureStoreService {
        @Override
        public UserCredential getUserCredential(String alias) throws SecureStoreException {
            Wire.In in = Call.ask("credential", alias);
            if (in.u8() == 0)
                throw new SecureStoreException(in.text());
            String user = in.text(), secret = in.text();
            return new Credential(user, secret == null ? new char[0] : secret.toCharArray());
        }

        /** Nobody can consent to such a credential here, so there is none. */
        @Override
        public AccessTokenAndUser getAccesTokenForOauth2AuthorizationCodeCredential(String alias) throws SecureStoreException {
            throw new SecureStoreException("Could not fetch the credential for alias '" + alias + "'");
        }
    }

    /* ---- partner directory ---- */

    private static final class Partners implements PartnerDirectoryService {
        @Override
        public <T> T getParameter(String id, String partner, Class<T> type) {
            if (type == String.class)
                return type.cast(one("partner.text", partner, id));
            if (type != BinaryData.class)
                throw new IllegalArgumentException("parameters are String or BinaryData, not " + type.getName());
            Wire.In in = ask("partner.binary", partner, id);
            byte[] bytes = in.bytes();
            return bytes == null ? null : type.cast(new BinaryData(bytes, in.text()));
        }

        @Override
        public String getPartnerId(String agency, String scheme, String alternative) {
            return one("partner.id", agency, scheme, alternative);
        }

        @Override
        public String getAlternativePartnerId(String agency, String scheme, String partner) {
            return one("partner.alternative", agency, scheme, partner);
        }

        @Override
        public List<String> getAuthorizedUsers(String partner) {
            return list(ask("partner.users", partner));
        }

        @Override
        public String getPartnerIdOfAuthorizedUser(String user) {
            return one("partner.of-user", user);
        }

        @Override
        public <T> List<String> getParameterIdsMatchingPattern(String pattern, String partner, Class<T> type) {
            return list(ask("partner.list", partner, pattern, type == String.class ? "text" : "binary"));
        }

        private static List<String> list(Wire.In in) {
            List<String> all = new ArrayList<>();
            for (int n = in.i32(); n > 0; n--)
                all.add(in.text());
            return all;
        }
    }

    /* ---- data stores ---- */

    private static final class DataStores implements DataStoreService {
        @Override
        public DataBean get(String store, String id) {
            byte[] bytes = ask("datastore.get", store, "", id).bytes();
            if (bytes == null)
                return null;
            DataBean b = new DataBean();
            b.setDataAsArray(bytes);
            return b;
        }

        @Override
        public void put(DataBean data, DataConfig c) {
            String text = new String(data.getDataAsArray(), java.nio.charset.StandardCharsets.UTF_8);
            ask("datastore.put", c.getStoreName(), "", c.getId(), text, String.valueOf(c.isOverwrite()),
                String.valueOf(c.getAlertPeriodInDays() * 86400000L), String.valueOf(c.getExpirationPeriodInDays() * 86400000L));
        }

        @Override
        public void delete(String store, String id) {
            ask("datastore.delete", store, "", id);
        }
    }

    private static final class CamelDataStores implements DataStore {
        private static String text(String s) {
            return s == null ? "" : s;
        }

        @Override
        public void put(Data d, boolean overwrite, boolean encrypt, long alertMs, long retainMs) {
            String body = new String(d.getDataAsArray(), java.nio.charset.StandardCharsets.UTF_8);
            ask("datastore.put", d.getStoreName(), text(d.getQualifier()), d.getId(), body, String.valueOf(overwrite),
                String.valueOf(alertMs), String.valueOf(retainMs));
        }

        @Override
        public Data get(String store, String qualifier, String id) throws MessageNotFoundException {
            byte[] bytes = ask("datastore.get", store, text(qualifier), id).bytes();
            if (bytes == null)
                throw new MessageNotFoundException("no entry '" + id + "' in the data store '" + store + "'");
            return new Data(store, qualifier, id, bytes, new HashMap<>(), null, 0);
        }

        @Override
        public void delete(String store, String qualifier, String id) {
            ask("datastore.delete", store, text(qualifier), id);
        }
    }
}
