package tidemill.host;

import groovy.lang.Closure;
import groovy.lang.GroovyObject;
import groovy.lang.GroovyRuntimeException;
import groovy.lang.MetaClass;
import groovy.lang.MissingMethodException;
import groovy.lang.MissingPropertyException;
import org.codehaus.groovy.runtime.GeneratedClosure;
import org.codehaus.groovy.runtime.GroovyCategorySupport;
import org.codehaus.groovy.runtime.ScriptBytecodeAdapter;
import org.codehaus.groovy.runtime.callsite.AbstractCallSite;
import org.codehaus.groovy.runtime.callsite.CallSite;
import org.codehaus.groovy.runtime.callsite.CallSiteArray;
import org.codehaus.groovy.runtime.metaclass.ClosureMetaClass;
import org.codehaus.groovy.runtime.metaclass.MissingMethodExceptionNoStack;
import org.codehaus.groovy.runtime.metaclass.MissingMethodExecutionFailed;
import org.codehaus.groovy.runtime.wrappers.Wrapper;

/**
 * A call without a receiver in a closure: <code>xml.Orders { list.each { Order(it) } }</code>. Groovy looks for the
 * method in the closure, in all that are around it, their delegates and the script, once for each of these closures,
 * before it lets the objects answer themselves (invokeMethod), which is how builders work. Here names that are no
 * method of any of them go on to that last step; everything else is Groovy's.
 */
public final class ClosureCall extends AbstractCallSite {
    private static final int DEPTH = 100;
    private static final Object[] NO_ARGS = {};

    private ClosureCall(CallSite before) {
        super(before);
    }

    /** For the calls of a closure's class. Groovy replaces them when it knows better. */
    public static CallSiteArray prepare(CallSiteArray sites) {
        for (int i = 0; i < sites.array.length; i++)
            sites.array[i] = new ClosureCall(sites.array[i]);
        return sites;
    }

    @Override
    public Object callCurrent(GroovyObject closure, Object[] args) throws Throwable {
        return isUnknown(closure, name) ? invoke((Closure<?>) closure, name, args) : super.callCurrent(closure, args);
    }

    /** Instead of ScriptBytecodeAdapter's: the name of the method is an expression. */
    public static Object invokeMethodOnCurrentN(Class<?> sender, GroovyObject closure, String name, Object[] args) throws Throwable {
        return isUnknown(closure, name) ? invoke((Closure<?>) closure, name, args) : ScriptBytecodeAdapter.invokeMethodOnCurrentN(sender, closure, name, args);
    }

    public static Object invokeMethodOnCurrent0(Class<?> sender, GroovyObject closure, String name) throws Throwable {
        return invokeMethodOnCurrentN(sender, closure, name, NO_ARGS);
    }

    /** No object that the closure's calls go to has such a method. */
    private static boolean isUnknown(GroovyObject closure, String name) {
        if (!(closure instanceof Closure<?> inner) || name.equals("doCall") || GroovyCategorySupport.hasCategoryInCurrentThread()
            || !Misses.hasNoMethod(Closure.class, name))
            return false;
        Object at = closure, self = inner.getThisObject();
        for (int i = 0; i < DEPTH && at instanceof Closure<?> c; i++) {
            Object delegate = c.getDelegate(), owner = c.getOwner();
            if (!isPlain(c) || c.getThisObject() != self || delegate != owner && delegate != c && delegate != null && !isUnknownTo(delegate, name))
                return false;
            at = owner;
        }
        return at == self && (at instanceof Class<?> type ? isNoStatic(type, name) : at instanceof GroovyObject o && Misses.isMissing(o, name));
    }

    /** The closure is in a static method. */
    private static boolean isNoStatic(Class<?> type, String name) {
        for (Class<?> c = type; c != null && c != Object.class; c = c.getSuperclass())
            if (!Misses.hasNoMethod(c, name))
                return false;
        return Misses.hasNoMethod(Class.class, name);
    }

    private static boolean isPlain(Closure<?> c) {
        MetaClass meta = c.getMetaClass();
        return c instanceof GeneratedClosure && meta.getClass() == ClosureMetaClass.class && meta.getTheClass() == c.getClass()
            && (c.getResolveStrategy() == Closure.OWNER_FIRST || c.getResolveStrategy() == Closure.DELEGATE_FIRST);
    }

    private static boolean isUnknownTo(Object delegate, String name) {
        return delegate instanceof GroovyObject o && Misses.hasNoMethod(o.getMetaClass(), name);
    }

    /* ---- what Groovy does with a name that is unknown: PogoMetaClassSite, ClosureMetaClass ---- */

    private static Object invoke(Closure<?> closure, String name, Object[] args) throws Throwable {
        for (int i = 0; i < args.length; i++)
            if (args[i] instanceof Wrapper w)
                args[i] = w.unwrap();
        try {
            try {
                return ask(closure, name, args);
            } catch (MissingMethodException e) {
                if (e instanceof MissingMethodExecutionFailed)
                    throw (MissingMethodException) e.getCause();
                if (e.getType() != closure.getClass() || !e.getMethod().equals(name))
                    throw e;
                return closure.invokeMethod(name, args);
            }
        } catch (GroovyRuntimeException e) {
            throw ScriptBytecodeAdapter.unwrap(e);
        }
    }

    private static Object ask(Closure<?> c, String name, Object[] args) {
        boolean ownerFirst = c.getResolveStrategy() == Closure.OWNER_FIRST;
        Object first = ownerFirst ? c.getOwner() : c.getDelegate(), second = ownerFirst ? c.getDelegate() : c.getOwner();
        MissingMethodException missed = null;
        if (ownerFirst && !(first instanceof Closure<?>)) {
            missed = first instanceof GroovyObject ? new MissingMethodExceptionNoStack(name, first.getClass(), args, false) : null;
        } else if (first != c && first instanceof GroovyObject o) {
            try {
                return ownerFirst ? ask((Closure<?>) first, name, args) : o.invokeMethod(name, args);
            } catch (GroovyRuntimeException e) {
                missed = missed(e, name);
            }
        }
        if (second != first && second != c && second instanceof GroovyObject o) {
            try {
                return o.invokeMethod(name, args);
            } catch (MissingMethodException e) {
                missed = missed == null ? e : missed;
            } catch (GroovyRuntimeException e) {
                missed = missed(e, null);
            }
        }
        return askProperty(c, name, args, missed);
    }

    /** Of a builder that answers to some names only: the method may be a closure in a property. */
    private static Object askProperty(Closure<?> c, String name, Object[] args, MissingMethodException missed) {
        Object value = null;
        try {
            value = c.getMetaClass().getProperty(c, name);
        } catch (MissingPropertyException e) {
            // so it is not
        }
        if (value instanceof Closure<?> found)
            return found.getMetaClass().invokeMethod(found.getClass(), c, "doCall", args, false, false);
        throw missed != null ? missed : new MissingMethodException(name, c.getClass(), args, false);
    }

    private static MissingMethodException missed(GroovyRuntimeException e, String name) {
        if (e instanceof MissingMethodException m)
            return m;
        Throwable cause = e;
        while (cause instanceof GroovyRuntimeException && cause.getCause() != null && cause.getCause() != cause)
            cause = cause.getCause();
        if (cause instanceof MissingMethodException m && (name == null || name.equals(m.getMethod())))
            return m;
        throw e;
    }
}
