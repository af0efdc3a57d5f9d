package org.osgi.framework;

/** There are no OSGi services: every reference is null. */
public interface BundleContext {
    ServiceReference getServiceReference(Class<?> type);
    ServiceReference getServiceReference(String type);
    Object getService(ServiceReference reference);
    Bundle[] getBundles();
}
