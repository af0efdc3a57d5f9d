package tidemill.host;

import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.Set;

/**
 * Groovy 4, for script steps of version 2: its jars lie beside ours, when the build found them. It gets a class loader
 * in which its classes and our few that are built on Groovy are other ones than everywhere else; all other classes are
 * shared. Without the jars such scripts run with 2.4, which knows the names that moved.
 */
final class Groovy4 extends URLClassLoader {
    private static final String OURS = "tidemill.host.";
    private static final Set<String> TWICE = Set.of(OURS + "GroovyLanguage", OURS + "ScriptBase", OURS + "Misses");
    private static final Set<String> ITS = Set.of("groovy.", "groovyjarjar", "org.codehaus.groovy.", "org.apache.groovy.");
    private static final String OWN_JAR = System.getProperty("java.class.path").split(File.pathSeparator)[0];
    private static final ClassLoader LOADER = find();

    private Groovy4(URL[] jars) {
        super(jars, Groovy4.class.getClassLoader());
    }

    /** Whether a script was written for it. */
    static boolean wants(String path, String text) {
        return text.contains("com.sap.it.script.v2.") || path.contains("script/v2/");
    }

    /** The class loader above a unit's libraries. */
    static ClassLoader loader() {
        return LOADER;
    }

    static Language language(ClassLoader libraries, URL folder) {
        try {
            return (Language) LOADER.loadClass(OURS + "GroovyLanguage").getConstructor(ClassLoader.class, URL.class).newInstance(libraries, folder);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    static String folder() {
        return Path.of(OWN_JAR).resolveSibling("groovy4").toString();
    }

    private static ClassLoader find() {
        File[] jars = new File(folder()).listFiles((f, name) -> name.endsWith(".jar"));
        if (jars == null || jars.length == 0)
            return Groovy4.class.getClassLoader();
        URL[] all = new URL[jars.length + 1];
        try {
            for (int i = 0; i < jars.length; i++)
                all[i] = jars[i].toURI().toURL();
            all[jars.length] = new File(OWN_JAR).toURI().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException(e);
        }
        return new Groovy4(all);
    }

    private static boolean isIts(String name) {
        if (TWICE.contains(name.split("\\$", 2)[0]))
            return true;
        for (String prefix : ITS)
            if (name.startsWith(prefix))
                return true;
        return false;
    }

    /** Groovy's own tables (extension methods, transformations) are of one version. */
    private static boolean isTable(String resource) {
        return resource.startsWith("META-INF/") && resource.contains("groovy") || resource.equals("META-INF/dgminfo");
    }

    @Override
    public URL getResource(String name) {
        return isTable(name) ? findResource(name) : super.getResource(name);
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
        return isTable(name) ? findResources(name) : super.getResources(name);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!isIts(name))
            return super.loadClass(name, resolve);
        synchronized (getClassLoadingLock(name)) {
            Class<?> c = findLoadedClass(name);
            return c != null ? c : findClass(name);
        }
    }
}
