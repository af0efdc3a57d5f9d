package com.sap.gateway.ip.core.customdev.util;

import javax.activation.DataHandler;
import javax.activation.DataSource;
import org.apache.camel.impl.DefaultAttachment;

/** An attachment with headers of its own. */
public class AttachmentWrapper extends DefaultAttachment {
    public AttachmentWrapper(DataHandler handler) {
        super(handler);
    }

    public AttachmentWrapper(DataSource source) {
        super(source);
    }
}
