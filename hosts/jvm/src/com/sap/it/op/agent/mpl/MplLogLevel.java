package com.sap.it.op.agent.mpl;

/** How much of a message is logged. */
public enum MplLogLevel {
    NONE, ERROR, INFO, DEBUG, TRACE
}
