package tidemill.host;

import java.io.IOException;

/**
 * The Groovy of one unit's scripts: of version 2.4, or 4 for script steps of version 2. There are two of these classes
 * in a host, each with a Groovy of its own ({@link Groovy4}), so nothing of Groovy's may appear here.
 */
public interface Language {
    /** Compiles a file and makes its one script object. */
    Object script(String text, String name, Object messageLogs);

    Object call(Object script, String function, Object... arguments) throws Throwable;

    /** What a compiler complains of, or null: this is something else. */
    String problem(Throwable thrown);

    void close() throws IOException;
}
