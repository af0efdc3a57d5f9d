package tidemill.host;

import groovy.lang.GroovySystem;
import groovy.lang.MetaClass;
import groovy.lang.MetaClassImpl;
import groovy.lang.Script;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.codehaus.groovy.runtime.GroovyCategorySupport;
import org.codehaus.groovy.runtime.metaclass.MissingMethodExceptionNoStack;

/**
 * What every Groovy script extends. A builder's element (<code>xml.Orders { Order(1) }</code>) is first looked for as
 * a method of the script, then as a closure in its binding and its properties, and every miss is an exception; one
 * with a stack trace costs more than the element. Here a name that the script was once found not to have is missed at
 * once. What could give it the name later is looked at each time: its meta class, its binding, categories, and changes
 * to the meta classes of its ancestors (after one of those, all goes the long way).
 */
public abstract class ScriptBase extends Script {
    private static final int NAMES = 4096;
    /** Methods of a script that may answer to any name. */
    private static final String[] HOOKS = {"methodMissing", "propertyMissing", "get"};
    private static volatile boolean ancestorChanged;
    private final Set<String> unknown = ConcurrentHashMap.newKeySet();
    private volatile MetaClass seen;

    static {
        GroovySystem.getMetaClassRegistry().addMetaClassRegistryChangeEventListener(e -> {
            if (e.getClassToUpdate().isAssignableFrom(ScriptBase.class))
                ancestorChanged = true;
        });
    }

    @Override
    public Object invokeMethod(String name, Object args) {
        if (args instanceof Object[] all && isMissing(name))
            throw new MissingMethodExceptionNoStack(name, getClass(), all);
        return super.invokeMethod(name, args);
    }

    private boolean isMissing(String name) {
        MetaClass meta = getMetaClass();
        if (ancestorChanged || meta.getClass() != MetaClassImpl.class || GroovyCategorySupport.hasCategoryInCurrentThread()
            || getBinding().hasVariable(name))
            return false;
        if (meta != seen) {
            unknown.clear();
            seen = meta;
        }
        if (unknown.contains(name))
            return true;
        if (unknown.size() >= NAMES || has(meta, name) || hooked(meta))
            return false;
        unknown.add(name);
        return true;
    }

    private boolean has(MetaClass meta, String name) {
        return !meta.respondsTo(this, name).isEmpty() || meta.hasProperty(this, name) != null;
    }

    private boolean hooked(MetaClass meta) {
        for (String hook : HOOKS)
            if (!meta.respondsTo(this, hook).isEmpty())
                return true;
        try {
            return getClass().getMethod("getProperty", String.class).getDeclaringClass() != Script.class;
        } catch (NoSuchMethodException e) {
            return true;
        }
    }
}
