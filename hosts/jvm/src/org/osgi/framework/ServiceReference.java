package org.osgi.framework;

/** Never given out. */
public interface ServiceReference {
}
