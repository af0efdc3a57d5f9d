package tidemill.host;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Java objects that a header or property holds between steps. The server keeps their number and text, and says when
 * the last message that has it is gone.
 */
final class Objects {
    private static final Map<Long, Object> kept = new ConcurrentHashMap<>();
    /** The number of the last one; starts where no other host has numbers. */
    static final AtomicLong last = new AtomicLong();

    private Objects() {
    }

    static long keep(Object o) {
        long id = last.incrementAndGet();
        kept.put(id, o);
        return id;
    }

    static Object get(long id) {
        return kept.get(id);
    }

    static void release(Wire.In in) {
        for (int n = in.i32(); n > 0; n--)
            kept.remove(in.i64());
    }
}
