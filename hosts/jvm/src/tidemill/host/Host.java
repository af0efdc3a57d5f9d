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
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The process behind Groovy and JavaScript steps and XSLT 2/3. It reads frames from standard input (one end of a
 * socket pair) and runs each call on a thread of its own; docs/SCRIPTS.md has the frames. The reader never runs a
 * flow's code and never writes, so it cannot be held up.
 */
public final class Host {
    /* from the server */
    private static final int LOAD = 1, UNLOAD = 2, COMPILE = 3, CALL = 4, CANCEL = 5, ANSWER = 6, RELEASE = 7, PING = 8;
    /* to the server */
    private static final int READY = 20, RESULT = 21, ASK = 22, PONG = 23, GUILTY = 24;
    /** The exit status of a host without memory. */
    private static final int OUT_OF_MEMORY = 3;

    private static InputStream in;
    private static OutputStream out;
    static PrintStream log;
    private static final Map<Integer, Unit> units = new ConcurrentHashMap<>();
    private static final Map<Integer, Call> calls = new ConcurrentHashMap<>();
    private static ThreadPoolExecutor workers;

    private Host() {
    }

    public static void main(String[] args) throws Exception {
        in = new FileInputStream(FileDescriptor.in);
        out = new FileOutputStream(FileDescriptor.out);
        log = System.err;
        System.setIn(InputStream.nullInputStream());
        System.setOut(new PrintStream(new ScriptOutput(), true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(new ScriptOutput(), true, StandardCharsets.UTF_8));
        workers = new ThreadPoolExecutor(4, Integer.MAX_VALUE, 60, TimeUnit.SECONDS, new SynchronousQueue<>(), Host::thread);
        Values.server = args[0];
        Objects.last.set(Long.parseLong(args[2]));
        Guard.install(Integer.parseInt(args[1]));
        if (args.length > 3 && args[3].equals("train")) {
            Warmup.train();
            return; // the archive is written when the process ends by itself
        }
        new Wire.Out().send(out, READY, 0);
        serve();
    }

    private static Thread thread(Runnable r) {
        Thread t = new Thread(r, "call");
        t.setDaemon(true);
        return t;
    }

    private static void serve() {
        int status = 0;
        try {
            for (;;)
                handle(Wire.read(in));
        } catch (OutOfMemoryError e) {
            status = OUT_OF_MEMORY;
        } catch (IOException e) {
            status = 0; // the server is gone
        } catch (Throwable e) {
            e.printStackTrace(log);
            status = 1;
        }
        end(status);
    }

    private static void end(int status) {
        Guard.ending = true;
        Runtime.getRuntime().halt(status);
    }

    private static void handle(Wire.Frame f) {
        switch (f.kind()) {
        case LOAD -> units.put(f.id(), new Unit(f.in().text(), Path.of(f.in().text())));
        case UNLOAD -> {
            Unit u = units.remove(f.id());
            if (u != null)
                workers.execute(u::close);
        }
        case COMPILE -> workers.execute(() -> compile(f));
        case CALL -> start(f);
        case CANCEL -> {
            Call c = calls.get(f.id());
            if (c != null)
                c.stop();
        }
        case ANSWER -> {
            Call c = calls.get(f.id());
            if (c != null)
                c.answer(f.in());
        }
        case RELEASE -> Objects.release(f.in());
        case PING -> workers.execute(() -> send(new Wire.Out(), PONG, f.id()));
        default -> throw new IllegalStateException("frame of kind " + f.kind());
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

    private static void start(Wire.Frame f) {
        Call c = new Call(f.id());
        calls.put(f.id(), c);
        workers.execute(() -> run(c, f.in()));
    }

    private static void run(Call c, Wire.In in) {
        Wire.Out result;
        try {
            c.begin();
            result = c.run(unit(in.i32()), in);
        } catch (OutOfMemoryError e) {
            outOfMemory();
            return;
        } catch (Throwable e) {
            result = c.failed(e);
        } finally {
            c.end();
            calls.remove(c.id);
        }
        if (result != null)
            send(result, RESULT, c.id);
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
