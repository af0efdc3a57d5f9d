package com.sap.it.script.v2.api;

/** What a script step of version 2 works on: the same message. */
public interface Message extends com.sap.gateway.ip.core.customdev.util.Message {
    Object getHeader(String name);
}
