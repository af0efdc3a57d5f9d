package tidemill.host;

import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The files of one deployed artifact, in a folder, with a class loader of their own. A script file is compiled once
 * and has one script object: what it leaves in its binding and fields stays for the next message.
 */
final class Unit {
    private static final String RESOURCES = "src/main/resources";
    private final String name;
    private final Path folder;
    private final Map<String, Step> steps = new HashMap<>();
    private ClassLoader libraries;
    private Language language, language4;

    /** One compiled file. */
    interface Step {
        Object run(String function, ScriptMessage message) throws Throwable;
    }

    private record Groovy(Language language, Object script) implements Step {
        @Override
        public Object run(String function, ScriptMessage message) throws Throwable {
            return language.call(script, function, message);
        }
    }

    Unit(String name, Path folder) {
        this.name = name;
        this.folder = folder;
    }

    Object run(String script, String function, ScriptMessage message) throws Throwable {
        if (script.equals(MappingFunctions.PATH))
            return MappingFunctions.run(this, message);
        if (script.startsWith(XPath.PATH) && function.equals("once"))
            return new XPath(script).run(function, message);
        return step(script).run(function, message);
    }

    /** A function of a Groovy file. */
    Object call(String path, String function, Object... arguments) throws Throwable {
        if (step(path) instanceof Groovy g)
            return g.language.call(g.script, function, arguments);
        throw new IOException(path + " is no Groovy script");
    }

    /** null, or what is wrong: "script1.groovy, line 3: unexpected token". */
    String compile(String script) {
        try {
            step(script);
            return null;
        } catch (IOException e) {
            return script + ": " + e.getMessage();
        } catch (Exception | LinkageError e) {
            if (script.startsWith(XPath.PATH))
                return e.getMessage();
            String problem = problem(e);
            return problem == null ? file(script) + ": " + e.getMessage() : problem.replace(sourceName(file(script)), file(script));
        }
    }

    private String problem(Throwable thrown) {
        if (thrown instanceof NoClassDefFoundError e && String.valueOf(e.getMessage()).startsWith("org/apache/ivy/"))
            return "@Grab cannot load libraries here: put the jar into the artifact";
        String problem = language == null ? null : language.problem(thrown);
        return problem == null && language4 != null ? language4.problem(thrown) : problem;
    }

    private static String file(String script) {
        return script.substring(script.lastIndexOf('/') + 1);
    }

    private synchronized Step step(String script) throws IOException {
        Step s = steps.get(script);
        if (s == null && script.startsWith(XPath.PATH)) {
            s = new XPath(script);
            steps.put(script, s);
        }
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
            return new Stylesheet(file, folder, libraries());
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

    private Step groovy(Path file) throws IOException {
        String source = text(file);
        Language l = Groovy4.wants(file.toString(), source) ? groovy4() : groovy2();
        return new Groovy(l, l.script(source, sourceName(file.getFileName().toString()), Services.MESSAGE_LOGS));
    }

    private ClassLoader libraries() throws IOException {
        if (libraries == null)
            libraries = new Libraries(Unit.class.getClassLoader(), jars());
        return libraries;
    }

    private Language groovy2() throws IOException {
        if (language == null)
            language = new GroovyLanguage(libraries(), folder.toUri().toURL());
        return language;
    }

    private Language groovy4() throws IOException {
        if (language4 == null)
            language4 = Groovy4.language(new Libraries(Groovy4.loader(), jars()), folder.toUri().toURL());
        return language4;
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
        close(language);
        close(language4);
        language = language4 = null;
    }

    private static void close(Language l) {
        try {
            if (l != null)
                l.close();
        } catch (IOException e) {
            // the files are gone anyway
        }
    }
}
