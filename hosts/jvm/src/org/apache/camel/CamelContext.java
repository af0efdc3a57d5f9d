package org.apache.camel;

/** The part of Camel's context that flows use. */
public interface CamelContext {
    String getName();
    String getVersion();
    Registry getRegistry();
    TypeConverter getTypeConverter();

    /** Services by class name. */
    interface Registry {
        Object lookupByName(String name);
    }
}
