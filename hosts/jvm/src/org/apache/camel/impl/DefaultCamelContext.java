package org.apache.camel.impl;

import org.apache.camel.CamelContext;
import org.apache.camel.TypeConverter;
import tidemill.host.Context;

/** A context that a script makes: good for its version, its services and its conversions. */
public class DefaultCamelContext implements CamelContext {
    private final CamelContext context = new Context("camel-1");

    @Override
    public String getName() {
        return context.getName();
    }

    @Override
    public String getVersion() {
        return context.getVersion();
    }

    @Override
    public Registry getRegistry() {
        return context.getRegistry();
    }

    @Override
    public TypeConverter getTypeConverter() {
        return context.getTypeConverter();
    }
}
