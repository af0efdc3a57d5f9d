package tidemill.host;

import com.sap.gateway.ip.core.customdev.util.Message;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.codehaus.groovy.runtime.InvokerInvocationException;

/** One running step: its message, what it logs, and its way to ask the server. */
final class Call {
    private static final int OK = 0, FAILED = 1;
    private static final int LIMIT_REACHED = 2;
    private static final com.sun.management.ThreadMXBean THREADS =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    /** Threads that a script starts belong to its call. */
    private static final InheritableThreadLocal<Call> CURRENT = new InheritableThreadLocal<>();

    final int id;
    private final BlockingQueue<Wire.In> answers = new ArrayBlockingQueue<>(1);
    private final List<String[]> logged = new ArrayList<>();
    private final Object lock = new Object();
    private volatile Thread thread;
    private volatile boolean stopped;
    private long allocatedBefore;
    private ScriptMessage message;
    private String script = "";

    Call(int id) {
        this.id = id;
    }

    static Call current() {
        return CURRENT.get();
    }

    ScriptMessage message() {
        return message;
    }

    void begin() {
        synchronized (lock) {
            thread = Thread.currentThread();
        }
        allocatedBefore = THREADS.getThreadAllocatedBytes(thread.getId());
        CURRENT.set(this);
    }

    /** Whether it was stopped. */
    boolean end() {
        CURRENT.remove();
        synchronized (lock) {
            thread = null;
            return stopped;
        }
    }

    long allocated() {
        Thread t = thread;
        return t == null ? 0 : THREADS.getThreadAllocatedBytes(t.getId()) - allocatedBefore;
    }

    /** Its time is over. Thread.stop is the only way out of a loop that waits for nothing. */
    @SuppressWarnings("removal")
    void stop() {
        synchronized (lock) {
            stopped = true;
            if (thread != null)
                thread.stop();
        }
    }

    Wire.Out run(Unit unit, Wire.In in) throws Throwable {
        script = in.text();
        String function = in.text();
        message = ScriptMessage.read(in);
        Object result = unit.run(script, function, message);
        if (result != null && !(result instanceof Message))
            throw new IllegalStateException("the result is no message but a " + result.getClass().getName());
        if (result instanceof Message other && other != message)
            message.take(other);
        return finish(new Wire.Out().u8(OK));
    }

    private Wire.Out finish(Wire.Out out) {
        synchronized (logged) {
            out.i32(logged.size());
            for (String[] row : logged)
                for (String cell : row)
                    out.text(cell);
        }
        if (message == null)
            return out.u8(0).i32(0).i32(0);
        message.writeChanges(out);
        return out;
    }

    /** Changes made before the failure stay, as they are made in place. */
    Wire.Out failed(Throwable thrown) {
        Throwable cause = unwrap(thrown);
        boolean limit = stopped && cause instanceof ThreadDeath;
        String where = place(cause);
        Wire.Out out = new Wire.Out().u8(limit ? LIMIT_REACHED : FAILED);
        out.text(cause.getClass().getName()).text(text(cause)).text(where);
        try {
            return finish(out);
        } catch (Throwable e) {
            out = new Wire.Out().u8(FAILED).text(e.getClass().getName()).text(text(e)).text(where);
            return out.i32(0).u8(0).i32(0).i32(0);
        }
    }

    private static String text(Throwable t) {
        try {
            return t.getMessage();
        } catch (Throwable e) {
            return null;
        }
    }

    static Throwable unwrap(Throwable t) {
        while (t.getCause() != null && (t instanceof InvokerInvocationException || t instanceof InvocationTargetException
                                        || t instanceof ExceptionInInitializerError))
            t = t.getCause();
        return t;
    }

    /** "line 12 in script1.groovy": where in the script it happened. */
    private String place(Throwable t) {
        String name = script.substring(script.lastIndexOf('/') + 1);
        int line = 0;
        for (StackTraceElement e : t.getStackTrace())
            if (line == 0 && Unit.sourceName(name).equals(e.getFileName()))
                line = e.getLineNumber();
        return "line " + line + " in " + name;
    }

    /* ---- for the script's services ---- */

    /** kind: attachment, header or property. */
    void log(String kind, String name, String value, String type) {
        synchronized (logged) {
            logged.add(new String[] {kind, name, value, type});
        }
    }

    /** Asks the server and waits. The answer's values; an error becomes an exception. */
    static Wire.In ask(String what, String... args) {
        Call c = current();
        if (c == null)
            throw new IllegalStateException("services can be used while a message runs only");
        synchronized (c.answers) {
            Wire.Out q = new Wire.Out().text(what).i32(args.length);
            for (String arg : args)
                q.text(arg);
            Host.ask(q, c.id);
            try {
                Wire.In in = c.answers.poll(60, TimeUnit.SECONDS);
                if (in == null)
                    throw new IllegalStateException("no answer from the server");
                return in;
            } catch (InterruptedException e) {
                throw new IllegalStateException("interrupted", e);
            }
        }
    }

    void answer(Wire.In in) {
        answers.offer(in);
    }
}
