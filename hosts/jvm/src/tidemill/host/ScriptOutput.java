package tidemill.host;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;

/** What scripts print: whole lines go to the technical log. */
final class ScriptOutput extends OutputStream {
    private static final int MAX_LINE = 4000;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    @Override
    public synchronized void write(int b) {
        if (b != '\n' && line.size() < MAX_LINE)
            line.write(b);
        if (b == '\n')
            end();
    }

    private void end() {
        Host.log.println("script: " + line.toString(java.nio.charset.StandardCharsets.UTF_8));
        line.reset();
    }
}
