package org.osgi.framework;

import java.net.URL;

/** What scripts ask a bundle for. */
public interface Bundle {
    BundleContext getBundleContext();
    String getSymbolicName();
    URL getEntry(String path);
}
