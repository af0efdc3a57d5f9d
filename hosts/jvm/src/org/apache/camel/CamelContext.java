package org.apache.camel;

/** The flow: its id and its services. */
public interface CamelContext {
    String getName();
    Registry getRegistry();

    /** Services by class name. */
    interface Registry {
        Object lookupByName(String name);
    }
}
