package tidemill.host;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Frames and the values in them; src/script/wire.h is the other side. Everything is big-endian. */
final class Wire {
    static final int MAX_FRAME = 64 << 20;
    private static final int HEAD = 9;
    static final int NULL = 0, TEXT = 1, BOOL = 2, INT = 3, REAL = 4, BYTES = 5, FAULT = 6, OBJECT = 7, FILE = 8;

    private Wire() {
    }

    /** One frame as it came. */
    record Frame(int kind, int id, In in) {
    }

    /** Reads frames, mostly each with one call of the system. */
    static final class Frames {
        private final InputStream from;
        private final byte[] read = new byte[32 << 10];
        private int start, end;

        Frames(InputStream from) {
            this.from = from;
        }

        Frame next() throws IOException {
            while (end - start < HEAD)
                more();
            ByteBuffer b = ByteBuffer.wrap(read, start, HEAD);
            int size = b.getInt() - (HEAD - 4);
            int kind = b.get(), id = b.getInt();
            if (size < 0 || size > MAX_FRAME)
                throw new IOException("a frame of " + size + " bytes");
            byte[] payload = new byte[size];
            int here = Math.min(size, end - start - HEAD);
            System.arraycopy(read, start + HEAD, payload, 0, here);
            start += HEAD + here;
            if (from.readNBytes(payload, here, size - here) < size - here)
                throw new EOFException();
            return new Frame(kind, id, new In(payload));
        }

        private void more() throws IOException {
            System.arraycopy(read, start, read, 0, end - start);
            end -= start;
            start = 0;
            int n = from.read(read, end, read.length - end);
            if (n < 0)
                throw new EOFException();
            end += n;
        }
    }

    /** Reads a payload. */
    static final class In {
        private final ByteBuffer b;

        In(byte[] payload) {
            b = ByteBuffer.wrap(payload);
        }

        int u8() {
            return b.get() & 0xff;
        }

        int i32() {
            return b.getInt();
        }

        long i64() {
            return b.getLong();
        }

        double f64() {
            return b.getDouble();
        }

        byte[] bytes() {
            int n = b.getInt();
            if (n == -1)
                return null;
            byte[] out = new byte[n];
            b.get(out);
            return out;
        }

        String text() {
            int n = b.getInt();
            if (n == -1)
                return null;
            String s = new String(b.array(), b.position(), n, StandardCharsets.UTF_8);
            b.position(b.position() + n);
            return s;
        }
    }

    /** Builds a frame. */
    static final class Out {
        private byte[] p = new byte[512];
        private int n = HEAD;

        private void room(int more) {
            if (p.length - n < more)
                p = Arrays.copyOf(p, Math.max(p.length * 2, n + more));
        }

        Out u8(int v) {
            room(1);
            p[n++] = (byte) v;
            return this;
        }

        Out i32(int v) {
            room(4);
            ByteBuffer.wrap(p).putInt(n, v);
            n += 4;
            return this;
        }

        Out i64(long v) {
            room(8);
            ByteBuffer.wrap(p).putLong(n, v);
            n += 8;
            return this;
        }

        Out f64(double v) {
            return i64(Double.doubleToRawLongBits(v));
        }

        Out bytes(byte[] v) {
            if (v == null)
                return i32(-1);
            i32(v.length);
            room(v.length);
            System.arraycopy(v, 0, p, n, v.length);
            n += v.length;
            return this;
        }

        Out text(String v) {
            return bytes(v == null ? null : v.getBytes(StandardCharsets.UTF_8));
        }

        /** What was written. */
        byte[] payload() {
            return Arrays.copyOfRange(p, HEAD, n);
        }

        /** What was written, to be read. */
        In back() {
            return new In(Arrays.copyOfRange(p, HEAD, n));
        }

        void send(OutputStream to, int kind, int id) throws IOException {
            ByteBuffer.wrap(p).putInt(n - 4).put((byte) kind).putInt(id);
            synchronized (to) {
                to.write(p, 0, n);
            }
        }
    }
}
