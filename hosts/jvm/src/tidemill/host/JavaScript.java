package tidemill.host;

import org.mozilla.javascript.BaseFunction;
import org.mozilla.javascript.Context;
import org.mozilla.javascript.Function;
import org.mozilla.javascript.ImporterTopLevel;
import org.mozilla.javascript.NativeJavaClass;
import org.mozilla.javascript.RhinoException;
import org.mozilla.javascript.Scriptable;
import org.mozilla.javascript.ScriptableObject;
import org.mozilla.javascript.Undefined;
import org.mozilla.javascript.Wrapper;

/** A JavaScript file: evaluated once, its functions called for each message. */
final class JavaScript implements Unit.Step {
    private final Scriptable scope;

    /** Rhino's refuses a class with the name of a global (java.lang.String), which flows import all the same. */
    private static final class ImportClass extends BaseFunction {
        private static final long serialVersionUID = 1;

        @Override
        public Object call(Context c, Scriptable scope, Scriptable self, Object[] arguments) {
            for (Object o : arguments) {
                if (!(o instanceof NativeJavaClass type))
                    throw Context.reportRuntimeError("Function importClass must be called with a class; had \"" + Context.toString(o) + "\" instead.");
                ScriptableObject.putProperty(ScriptableObject.getTopLevelScope(scope), type.getClassObject().getSimpleName(), type);
            }
            return Undefined.instance;
        }
    }

    JavaScript(String text, String name) {
        Context c = enter();
        try {
            scope = new ImporterTopLevel(c);
            ScriptableObject.putProperty(scope, "importClass", new ImportClass());
            ScriptableObject.putProperty(scope, "messageLogFactory", Context.javaToJS(Services.MESSAGE_LOGS, scope));
            c.evaluateString(scope, text, name, 1, null);
        } catch (RhinoException e) {
            throw new IllegalArgumentException("line " + e.lineNumber() + ": " + e.details(), e);
        } finally {
            Context.exit();
        }
    }

    private static Context enter() {
        Context c = Context.enter();
        c.setLanguageVersion(Context.VERSION_ES6);
        return c;
    }

    @Override
    public Object run(String function, ScriptMessage message) throws Throwable {
        Context c = enter();
        try {
            Object f = ScriptableObject.getProperty(scope, function);
            if (!(f instanceof Function called))
                throw new IllegalArgumentException("there is no function '" + function + "'");
            Object result = called.call(c, scope, scope, new Object[] {Context.javaToJS(message, scope)});
            if (result instanceof Wrapper w)
                result = w.unwrap();
            return result == Context.getUndefinedValue() ? null : result;
        } finally {
            Context.exit();
        }
    }
}
