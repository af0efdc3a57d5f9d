package tidemill.host;

import groovy.lang.Binding;
import groovy.lang.GroovyInterceptable;
import groovy.lang.GroovyObject;
import groovy.lang.GroovyObjectSupport;
import groovy.lang.GroovySystem;
import groovy.lang.MetaClass;
import groovy.lang.MetaClassImpl;
import groovy.lang.Script;
import java.lang.reflect.Method;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Names that a class was once found to have no method for, so that the next look is one in a set. Only what Groovy
 * looks up the same way each time is kept: a class with a meta class of its own, or below one that was given one, is
 * always looked at by Groovy itself. Callers look at categories.
 */
final class Misses {
    private static final int NAMES = 4096;
    /** Methods of an object that may answer to any name. */
    private static final String[] HOOKS = {"methodMissing", "propertyMissing", "get"};
    private static final Set<Class<?>> GROOVYS_OWN = Set.of(GroovyObjectSupport.class, Script.class, ScriptBase.class);
    private static final ClassValue<Misses> ALL = new ClassValue<>() {
        @Override
        protected Misses computeValue(Class<?> type) {
            return new Misses(type);
        }
    };
    /** Classes that were given a meta class. */
    private static final Set<Class<?>> changed = Collections.newSetFromMap(new WeakHashMap<>());
    private static volatile int changes;

    static {
        GroovySystem.getMetaClassRegistry().addMetaClassRegistryChangeEventListener(e -> {
            if (e.isPerInstanceMetaClassChange())
                return;
            synchronized (changed) {
                if (changed.add(e.getClassToUpdate()))
                    changes++;
            }
        });
    }

    /** What was found while meta was the class's meta class. */
    private record Found(MetaClass meta, int changes, boolean usable, Set<String> methods, Set<String> members) {
    }

    private final Class<?> type;
    private volatile Found found;

    private Misses(Class<?> type) {
        this.type = type;
    }

    /** There is no method of this name, static or not, whatever its parameters. */
    static boolean hasNoMethod(MetaClass meta, String name) {
        Misses m = ALL.get(meta.getTheClass());
        Found f = m.found(meta);
        return f.methods.contains(name) || f.usable && keep(f.methods, name, meta.respondsTo(null, name).isEmpty());
    }

    static boolean hasNoMethod(Class<?> type, String name) {
        Found f = ALL.get(type).found;
        return hasNoMethod(f != null && f.changes == changes ? f.meta : GroovySystem.getMetaClassRegistry().getMetaClass(type), name);
    }

    /** Object.invokeMethod would throw a MissingMethodException: nor is there a property, a variable or a hook. */
    static boolean isMissing(GroovyObject object, String name) {
        MetaClass meta = object.getMetaClass();
        if (meta.getTheClass() != object.getClass() || object instanceof Script s && mayHave(s.getBinding(), name))
            return false;
        Misses m = ALL.get(object.getClass());
        Found f = m.found(meta);
        return f.members.contains(name) || f.usable && keep(f.members, name, !m.isHooked(meta) && hasNoMethod(meta, name) && meta.hasProperty(object, name) == null);
    }

    private static boolean mayHave(Binding binding, String name) {
        return binding.getClass() != Binding.class || binding.getVariables().getClass() != LinkedHashMap.class || binding.hasVariable(name);
    }

    private Found found(MetaClass meta) {
        Found f = found;
        if (f == null || f.meta != meta || f.changes != changes)
            found = f = new Found(meta, changes, meta.getClass() == MetaClassImpl.class && !isChanged(), ConcurrentHashMap.newKeySet(), ConcurrentHashMap.newKeySet());
        return f;
    }

    private boolean isChanged() {
        synchronized (changed) {
            return changed.stream().anyMatch(c -> c.isAssignableFrom(type));
        }
    }

    private static boolean keep(Set<String> names, String name, boolean missing) {
        if (missing && names.size() < NAMES)
            names.add(name);
        return missing;
    }

    private boolean isHooked(MetaClass meta) {
        for (String hook : HOOKS)
            if (!meta.respondsTo(null, hook).isEmpty())
                return true;
        return Map.class.isAssignableFrom(type) || GroovyInterceptable.class.isAssignableFrom(type)
            || isOverridden("invokeMethod", String.class, Object.class) || isOverridden("getProperty", String.class);
    }

    private boolean isOverridden(String name, Class<?>... parameters) {
        try {
            Method m = type.getMethod(name, parameters);
            return !m.isSynthetic() && !GROOVYS_OWN.contains(m.getDeclaringClass());
        } catch (NoSuchMethodException e) {
            return true;
        }
    }
}
