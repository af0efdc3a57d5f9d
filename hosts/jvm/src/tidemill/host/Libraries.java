package tidemill.host;

import java.net.URL;
import java.net.URLClassLoader;
import java.util.Set;

/**
 * The jars of a bundle. Its own packages win over ours, except for the language and the script API. Types of the
 * product that scripts only need to compile are made here, empty.
 */
final class Libraries extends URLClassLoader {
    private static final Set<String> OURS = Set.of("java.", "javax.", "groovy.lang.", "groovy.util.", "groovy.json.", "org.codehaus.groovy.",
                                                   "com.sap.", "org.apache.camel.", "tidemill.", "sun.", "jdk.", "com.sun.", "org.w3c.", "org.xml.");
    private final boolean hasJars;

    Libraries(ClassLoader parent, URL[] jars) {
        super(jars, parent);
        hasJars = jars.length > 0;
    }

    private static boolean isOurs(String name) {
        for (String prefix : OURS)
            if (name.startsWith(prefix))
                return true;
        return false;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
            Class<?> c = findLoadedClass(name);
            if (c != null)
                return c;
            if (hasJars && !isOurs(name)) {
                try {
                    return findClass(name);
                } catch (ClassNotFoundException e) {
                    // then one of ours
                }
            }
            try {
                return super.loadClass(name, resolve);
            } catch (ClassNotFoundException e) {
                byte[] absent = Absent.make(name);
                if (absent == null)
                    throw e;
                return defineClass(name, absent, 0, absent.length);
            }
        }
    }
}
