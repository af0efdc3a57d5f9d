package com.sap.it.api.asdk.datastore;

/** Where and how an entry is stored. */
public class DataConfig {
    private String storeName, id;
    private boolean overwrite, encrypt = true;
    private int alertPeriodInDays = 2, expirationPeriodInDays = 30;

    public String getStoreName() {
        return storeName;
    }

    public void setStoreName(String name) {
        storeName = name;
    }

    public String getId() {
        return id;
    }

    public void setId(String text) {
        id = text;
    }

    public boolean isOverwrite() {
        return overwrite;
    }

    public void setOverwrite(boolean on) {
        overwrite = on;
    }

    public boolean isEncrypt() {
        return encrypt;
    }

    public void setEncrypt(boolean on) {
        encrypt = on;
    }

    public int getAlertPeriodInDays() {
        return alertPeriodInDays;
    }

    public void setAlertPeriodInDays(int days) {
        alertPeriodInDays = days;
    }

    public int getExpirationPeriodInDays() {
        return expirationPeriodInDays;
    }

    public void setExpirationPeriodInDays(int days) {
        expirationPeriodInDays = days;
    }
}
