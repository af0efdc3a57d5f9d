package tidemill.host;

import groovy.lang.Binding;
import groovy.lang.GroovyClassLoader;
import groovy.lang.GroovySystem;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URL;
import org.codehaus.groovy.control.CompilerConfiguration;
import org.codehaus.groovy.control.MultipleCompilationErrorsException;
import org.codehaus.groovy.control.messages.Message;
import org.codehaus.groovy.control.messages.SyntaxErrorMessage;
import org.codehaus.groovy.runtime.InvokerHelper;
import org.codehaus.groovy.runtime.InvokerInvocationException;
import org.codehaus.groovy.syntax.SyntaxException;

/** Compiled against Groovy 2.4, and runs with 4 as it is. Uses only what is public of this package, see {@link Groovy4}. */
public final class GroovyLanguage implements Language {
    private static final int PROBLEM_LENGTH = 300;
    private final GroovyClassLoader loader;

    public GroovyLanguage(ClassLoader libraries, URL folder) {
        CompilerConfiguration c = new CompilerConfiguration();
        c.setSourceEncoding("UTF-8");
        c.setScriptBaseClass(ScriptBase.class.getName());
        if (GroovySystem.getVersion().startsWith("2."))
            c.setBytecodePostprocessor(ClosureCode::of);
        loader = new GroovyClassLoader(libraries, c);
        loader.addURL(folder);
    }

    @Override
    public Object script(String text, String name, Object messageLogs) {
        Binding binding = new Binding();
        binding.setVariable("messageLogFactory", messageLogs);
        return InvokerHelper.createScript(loader.parseClass(text, name), binding);
    }

    @Override
    public Object call(Object script, String function, Object... arguments) throws Throwable {
        Thread.currentThread().setContextClassLoader(GroovyLanguage.class.getClassLoader()); // where Groovy finds its parts
        try {
            return InvokerHelper.invokeMethod(script, function, arguments);
        } catch (InvokerInvocationException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }

    @Override
    public String problem(Throwable thrown) {
        if (!(thrown instanceof MultipleCompilationErrorsException e))
            return null;
        StringBuilder s = new StringBuilder();
        for (Object o : e.getErrorCollector().getErrors()) {
            if (s.length() > PROBLEM_LENGTH)
                break;
            if (s.length() > 0)
                s.append("; ");
            s.append(text((Message) o));
        }
        return s.length() == 0 ? e.getMessage() : s.toString();
    }

    private static String text(Message m) {
        if (m instanceof SyntaxErrorMessage se) {
            SyntaxException c = se.getCause();
            return c.getSourceLocator() + ", line " + c.getLine() + ": " + c.getOriginalMessage().trim();
        }
        StringWriter w = new StringWriter();
        m.write(new PrintWriter(w, true));
        return w.toString().trim();
    }

    @Override
    public void close() throws IOException {
        loader.close();
    }
}
