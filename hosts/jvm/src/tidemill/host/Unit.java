package tidemill.host;

import groovy.lang.Binding;
import groovy.lang.GroovyClassLoader;
import groovy.lang.Script;
import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.codehaus.groovy.control.CompilationFailedException;
import org.codehaus.groovy.control.CompilerConfiguration;
import org.codehaus.groovy.control.MultipleCompilationErrorsException;
import org.codehaus.groovy.control.messages.Message;
import org.codehaus.groovy.control.messages.SyntaxErrorMessage;
import org.codehaus.groovy.runtime.InvokerHelper;
import org.codehaus.groovy.syntax.SyntaxException;

/**
 * The files of one deployed artifact, in a folder, with a class loader of their own. A script file is compiled once
 * and has one script object: what it leaves in its binding and fields stays for the next message.
 */
final class Unit {
    private static final String RESOURCES = "src/main/resources";
    private final String name;
    private final Path folder;
    private final Map<String, Step> steps = new HashMap<>();
    private GroovyClassLoader loader;

    /** One compiled file. */
    interface Step {
        Object run(String function, ScriptMessage message) throws Throwable;
    }

    private record Groovy(Script script) implements Step {
        @Override
        public Object run(String function, ScriptMessage message) {
            return InvokerHelper.invokeMethod(script, function, new Object[] {message});
        }
    }

    Unit(String name, Path folder) {
        this.name = name;
        this.folder = folder;
    }

    Object run(String script, String function, ScriptMessage message) throws Throwable {
        if (script.equals(MappingFunctions.PATH))
            return MappingFunctions.run(this, message);
        return step(script).run(function, message);
    }

    /** The one script object of a Groovy file. */
    Script script(String path) throws IOException {
        if (step(path) instanceof Groovy g)
            return g.script;
        throw new IOException(path + " is no Groovy script");
    }

    /** null, or what is wrong: "script1.groovy, line 3: unexpected token". */
    String compile(String script) {
        try {
            step(script);
            return null;
        } catch (MultipleCompilationErrorsException e) {
            String all = errors(e).replace(sourceName(file(script)), file(script));
            return all.isEmpty() ? file(script) + ": " + e.getMessage() : all;
        } catch (IOException e) {
            return script + ": " + e.getMessage();
        } catch (Exception | LinkageError e) {
            return file(script) + ": " + e.getMessage();
        }
    }

    private static String file(String script) {
        return script.substring(script.lastIndexOf('/') + 1);
    }

    private static String errors(MultipleCompilationErrorsException e) {
        StringBuilder s = new StringBuilder();
        for (Object o : e.getErrorCollector().getErrors()) {
            if (s.length() > 300)
                break;
            if (s.length() > 0)
                s.append("; ");
            if (o instanceof SyntaxErrorMessage m) {
                SyntaxException c = m.getCause();
                s.append(c.getSourceLocator()).append(", line ").append(c.getLine()).append(": ").append(c.getOriginalMessage().trim());
            } else if (o instanceof Message m) {
                java.io.StringWriter w = new java.io.StringWriter();
                m.write(new java.io.PrintWriter(w, true));
                s.append(w.toString().trim());
            }
        }
        return s.toString();
    }

    private synchronized Step step(String script) throws IOException {
        Step s = steps.get(script);
        if (s == null) {
            Path file = folder.resolve(script).normalize();
            if (!file.startsWith(folder) || !Files.isRegularFile(file))
                throw new IOException("there is no script '" + script + "' in " + name);
            s = load(file);
            steps.put(script, s);
        }
        return s;
    }

    private Step load(Path file) throws IOException {
        String f = file.toString();
        if (f.endsWith(".js"))
            return new JavaScript(text(file), file.getFileName().toString());
        if (f.endsWith(".xsl") || f.endsWith(".xslt"))
            return new Stylesheet(file, folder);
        return groovy(file);
    }

    private static String text(Path file) throws IOException {
        String s = Files.readString(file, StandardCharsets.UTF_8);
        return s.startsWith("\uFEFF") ? s.substring(1) : s;
    }

    /**
     * The source name gives the class of a script its name. Script files have names that are no class names (blanks,
     * brackets), or the name of a class inside.
     */
    static String sourceName(String file) {
        StringBuilder s = new StringBuilder("Script_" + file);
        for (int i = 0; i < s.length(); i++)
            if (!Character.isJavaIdentifierPart(s.charAt(i)) && s.charAt(i) != '.')
                s.setCharAt(i, '_');
        return s.toString();
    }

    private Step groovy(Path file) throws IOException, CompilationFailedException {
        if (loader == null)
            loader = newLoader();
        Class<?> type = loader.parseClass(text(file), sourceName(file.getFileName().toString()));
        Binding binding = new Binding();
        binding.setVariable("messageLogFactory", Services.MESSAGE_LOGS);
        return new Groovy(InvokerHelper.createScript(type, binding));
    }

    private GroovyClassLoader newLoader() throws IOException {
        CompilerConfiguration c = new CompilerConfiguration();
        c.setSourceEncoding("UTF-8");
        c.setScriptBaseClass(ScriptBase.class.getName());
        GroovyClassLoader l = new GroovyClassLoader(new Libraries(Unit.class.getClassLoader(), jars()), c);
        l.addURL(folder.toUri().toURL());
        return l;
    }

    private java.net.URL[] jars() throws IOException {
        File root = folder.resolve(RESOURCES).toFile();
        try (Stream<Path> all = root.exists() ? Files.walk(root.toPath()) : Stream.empty()) {
            return all.filter(p -> p.toString().endsWith(".jar")).sorted().map(Unit::url).toArray(java.net.URL[]::new);
        }
    }

    private static java.net.URL url(Path p) {
        try {
            return p.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException(e);
        }
    }

    synchronized void close() {
        steps.clear();
        try {
            if (loader != null)
                loader.close();
        } catch (IOException e) {
            // the files are gone anyway
        }
        loader = null;
    }
}
