package com.sap.it.api.msglog;

import com.sap.gateway.ip.core.customdev.util.Message;

/** The binding variable messageLogFactory. */
public interface MessageLogFactory {
    MessageLog getMessageLog(Message message);
}
