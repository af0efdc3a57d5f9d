package tidemill.host;

import java.net.URL;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;

/** There is no OSGi here: a bundle without services. */
public final class NoBundle implements Bundle, BundleContext {
    @Override
    public BundleContext getBundleContext() {
        return this;
    }

    @Override
    public String getSymbolicName() {
        return "tidemill";
    }

    @Override
    public URL getEntry(String path) {
        return null;
    }

    @Override
    public ServiceReference getServiceReference(Class<?> type) {
        return null;
    }

    @Override
    public ServiceReference getServiceReference(String type) {
        return null;
    }

    @Override
    public Object getService(ServiceReference reference) {
        return null;
    }

    @Override
    public Bundle[] getBundles() {
        return new Bundle[] {this};
    }
}
