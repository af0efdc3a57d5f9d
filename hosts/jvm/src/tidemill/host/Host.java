package tidemill.host;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The process behind Groovy and JavaScript steps and XSLT 2/3. It reads frames from standard input (one end of a
 * socket pair); docs/SCRIPTS.md has them. The thread that reads a call runs it, after it has left reading to another:
 * no message waits for a thread to wake up. Whoever reads runs no flow's code and does not write, so that nothing holds
 * up the reading.
 */
public final class Host {
    /* from the server */
    private static final int LOAD = 1, UNLOAD = 2, COMPILE = 3, CALL = 4, CANCEL = 5, ANSWER = 6, RELEASE = 7, PING = 8;
    /* to the server */
    private static final int READY = 20, RESULT = 21, ASK = 22, PONG = 23, GUILTY = 24;
    /** The exit status of a host without memory. */
    private static final int OUT_OF_MEMORY = 3;

    /** Threads that may wait for calls. */
    private static final int THREADS = 4;

    private static Wire.Frames in;
    private static OutputStream out;
    static PrintStream log;
    private static final Map<Integer, Unit> units = new ConcurrentHashMap<>();
    private static final Map<Integer, Call> calls = new ConcurrentHashMap<>();
    private static final ReentrantLock reading = new ReentrantLock();
    /** Threads that read or wait to do so: at least one. */
    private static final AtomicInteger waiting = new AtomicInteger();

    private Host() {
    }

    public static void main(String[] args) throws Exception {
        in = new Wire.Frames(new FileInputStream(FileDescriptor.in));
        out = new FileOutputStream(FileDescriptor.out);
        log = System.err;
        System.setIn(InputStream.nullInputStream());
        System.setOut(new PrintStream(new ScriptOutput(), true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(new ScriptOutput(), true, StandardCharsets.UTF_8));
        Values.server = args[0];
        Objects.last.set(Long.parseLong(args[2]));
        Guard.install(Integer.parseInt(args[1]));
        if (args.length > 3 && args[3].equals("train")) {
            Warmup.train();
            return; // the archive is written when the process ends by itself
        }
        new Wire.Out().send(out, READY, 0);
        for (int i = 0; i < THREADS; i++)
            startThread();
        Thread.currentThread().join(); // for ever
    }

    private static void startThread() {
        waiting.incrementAndGet();
        Thread t = new Thread(Host::serve, "call");
        t.setDaemon(true);
        t.start();
    }

    private static void serve() {
        do {
            next().run();
            Thread.interrupted(); // left by a script
        } while (waiting.incrementAndGet() <= THREADS);
        waiting.decrementAndGet();
    }

    private static Runnable next() {
        int status = 0;
        reading.lock();
        try {
            Runnable task = null;
            while (task == null)
                task = handle(in.next());
            if (waiting.decrementAndGet() == 0)
                startThread();
            return task;
        } catch (OutOfMemoryError e) {
            status = OUT_OF_MEMORY;
        } catch (IOException e) {
            status = 0; // the server is gone
        } catch (Throwable e) {
            e.printStackTrace(log);
            status = 1;
        } finally {
            reading.unlock();
        }
        end(status);
        return null;
    }

    private static void end(int status) {
        Guard.ending = true;
        Runtime.getRuntime().halt(status);
    }

    /** What the thread that read a frame has to do; null: nothing more. */
    private static Runnable handle(Wire.Frame f) {
        Call c;
        switch (f.kind()) {
        case COMPILE:
            return () -> compile(f);
        case CALL:
            c = new Call(f.id());
            calls.put(f.id(), c);
            return () -> run(c, f.in());
        case PING:
            return () -> send(new Wire.Out(), PONG, f.id());
        case UNLOAD:
            Unit u = units.remove(f.id());
            return u == null ? null : u::close;
        case LOAD:
            units.put(f.id(), new Unit(f.in().text(), Path.of(f.in().text())));
            return null;
        case CANCEL:
            c = calls.get(f.id());
            if (c != null)
                c.stop();
            return null;
        case ANSWER:
            c = calls.get(f.id());
            if (c != null)
                c.answer(f.in());
            return null;
        case RELEASE:
            Objects.release(f.in());
            return null;
        default:
            throw new IllegalStateException("frame of kind " + f.kind());
        }
    }

    static void send(Wire.Out frame, int kind, int id) {
        try {
            frame.send(out, kind, id);
        } catch (IOException e) {
            end(0);
        }
    }

    private static Unit unit(int id) {
        Unit u = units.get(id);
        if (u == null)
            throw new IllegalStateException("no unit " + id);
        return u;
    }

    private static void compile(Wire.Frame f) {
        String problem;
        try {
            Unit u = unit(f.in().i32());
            problem = u.compile(f.in().text());
        } catch (Throwable e) {
            problem = e.toString();
        }
        send(new Wire.Out().u8(problem == null ? 0 : 1).text(problem), RESULT, f.id());
    }

    private static void run(Call c, Wire.In in) {
        Wire.Out result;
        boolean stopped;
        try {
            c.begin();
            result = c.run(unit(in.i32()), in);
        } catch (OutOfMemoryError e) {
            outOfMemory();
            return;
        } catch (Throwable e) {
            result = c.failed(e);
        } finally {
            stopped = c.end();
            calls.remove(c.id);
        }
        send(result, RESULT, c.id);
        if (stopped)
            throw new ThreadDeath(); // it may be under way to this thread still
    }

    /** The heap cannot be trusted any more: names the call that took most of it, and ends. */
    static synchronized void outOfMemory() {
        Call most = null;
        for (Call c : calls.values())
            if (most == null || c.allocated() > most.allocated())
                most = c;
        if (most != null)
            send(new Wire.Out(), GUILTY, most.id);
        end(OUT_OF_MEMORY);
    }

    /** Asks the server on behalf of a call; see {@link Call#ask}. */
    static void ask(Wire.Out question, int call) {
        send(question, ASK, call);
    }
}
