package tidemill.host;

import com.sap.esb.camel.error.handler.ErrorEventException;
import groovy.lang.GString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.camel.component.ahc.AhcOperationFailedException;
import org.apache.camel.converter.stream.InputStreamCache;

/** Values of headers, properties and bodies, to and from the wire. */
final class Values {
    /** The server's process id. */
    static String server;

    private Values() {
    }

    static Object read(Wire.In in) {
        int tag = in.u8();
        return switch (tag) {
        case Wire.NULL -> null;
        case Wire.TEXT -> in.text();
        case Wire.BOOL -> in.u8() != 0;
        case Wire.INT -> number(in.i64());
        case Wire.REAL -> in.f64();
        case Wire.BYTES -> new InputStreamCache(in.bytes());
        case Wire.FAULT -> fault(in);
        case Wire.OBJECT -> object(in.i64(), in.text());
        case Wire.FILE -> new InputStreamCache(file(in.i32()));
        default -> throw new IllegalStateException("value of kind " + tag);
        };
    }

    private static Object number(long v) {
        return v == (int) v ? (Object) (int) v : (Object) v;
    }

    private static Object object(long id, String text) {
        Object o = Objects.get(id);
        return o != null ? o : text;
    }

    /** A large body: an open file of the server. */
    private static byte[] file(int fd) {
        try {
            return Guard.trusted(() -> Files.readAllBytes(Path.of("/proc", server, "fd", String.valueOf(fd))));
        } catch (IOException e) {
            throw new IllegalStateException("the body could not be read", e);
        }
    }

    private static Throwable fault(Wire.In in) {
        String type = in.text(), message = in.text();
        int status = in.i32();
        String reason = in.text(), body = in.text();
        if (type.equals(AhcOperationFailedException.class.getName()))
            return new AhcOperationFailedException(message, status, reason, body);
        if (type.equals(ErrorEventException.class.getName()))
            return new ErrorEventException(message);
        try {
            Class<?> c = Class.forName(type, true, Values.class.getClassLoader());
            if (Throwable.class.isAssignableFrom(c))
                return (Throwable) c.getConstructor(String.class).newInstance(message);
        } catch (ReflectiveOperationException | LinkageError e) {
            // one that exists only in the real system
        }
        return new Exception(message);
    }

    static void write(Wire.Out out, Object v) {
        if (v == null)
            out.u8(Wire.NULL);
        else if (v instanceof String || v instanceof Character || isGString(v))
            out.u8(Wire.TEXT).text(v.toString());
        else if (v instanceof Boolean b)
            out.u8(Wire.BOOL).u8(b ? 1 : 0);
        else if (v instanceof Integer || v instanceof Long || v instanceof Short || v instanceof Byte)
            out.u8(Wire.INT).i64(((Number) v).longValue());
        else if (v instanceof Double || v instanceof Float)
            out.u8(Wire.REAL).f64(((Number) v).doubleValue());
        else if (v instanceof InputStreamCache s)
            out.u8(Wire.BYTES).bytes(s.bytes());
        else
            out.u8(Wire.OBJECT).i64(Objects.keep(v)).text(text(v));
    }

    /** Of any Groovy. */
    static boolean isGString(Object v) {
        if (v instanceof GString)
            return true;
        if (v instanceof CharSequence && !(v instanceof String))
            for (Class<?> c = v.getClass(); c != null; c = c.getSuperclass())
                if (c.getName().equals(GString.class.getName()))
                    return true;
        return false;
    }

    private static String text(Object v) {
        try {
            return v instanceof byte[] b ? new String(b, StandardCharsets.UTF_8) : v.toString();
        } catch (Exception e) {
            return v.getClass().getName();
        }
    }
}
