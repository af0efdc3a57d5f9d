package com.sap.it.op.agent.mpl;

/** The value of the property SAP_MessageProcessingLogConfiguration. */
public final class MplConfiguration {
    private final MplLogLevel level;

    public MplConfiguration(MplLogLevel level) {
        this.level = level;
    }

    public MplLogLevel getLogLevel() {
        return level;
    }

    public MplLogLevel getOverallLogLevel() {
        return level;
    }

    @Override
    public String toString() {
        return "MplConfiguration [logLevel=" + level + "]";
    }
}
