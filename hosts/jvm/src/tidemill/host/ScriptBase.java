package tidemill.host;

import groovy.lang.Script;
import org.codehaus.groovy.runtime.GroovyCategorySupport;
import org.codehaus.groovy.runtime.metaclass.MissingMethodExceptionNoStack;
import org.codehaus.groovy.runtime.metaclass.MissingPropertyExceptionNoStack;

/**
 * What every Groovy script extends. A builder's element (<code>xml.Orders { Order(1) }</code>) is first looked for as
 * a method of the script, then as a closure in its binding and its properties, and <code>mkp</code> as a property; each
 * step throws an exception. Here a name that the script does not have is missed at once.
 */
public abstract class ScriptBase extends Script {
    @Override
    public Object invokeMethod(String name, Object args) {
        if (args instanceof Object[] all && !GroovyCategorySupport.hasCategoryInCurrentThread() && Misses.isMissing(this, name))
            throw new MissingMethodExceptionNoStack(name, getClass(), all);
        return super.invokeMethod(name, args);
    }

    @Override
    public Object getProperty(String name) {
        if (!GroovyCategorySupport.hasCategoryInCurrentThread() && Misses.isMissing(this, name))
            throw new MissingPropertyExceptionNoStack(name, getClass());
        return super.getProperty(name);
    }
}
