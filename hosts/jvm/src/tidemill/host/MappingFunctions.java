package tidemill.host;

import com.sap.it.api.mapping.MappingContext;
import com.sap.it.api.mapping.Output;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The functions of message mappings, all calls of a stage at once: the body is the batch, and then its results
 * (src/steps/mapping_batch.c is the other side).
 */
final class MappingFunctions {
    /** Instead of the path of a script. */
    static final String PATH = "tidemill:mapping";
    private static final String NIL = "\u0001NIL\u0001";
    private static final int VALUE = 0, SUPPRESSED = 1, CONTEXT_CHANGE = 2, XSI_NIL = 3;

    /** Parameters that are no text, by their letter (src/mapping/user_function.c). */
    private static final Map<Character, Function<String, Object>> TYPES = Map.of('I', Integer::valueOf, 'L', Long::valueOf, 'F', Float::valueOf,
        'D', Double::valueOf, 'N', BigDecimal::new, 'B', Boolean::valueOf);

    private record Item(int kind, String text) {
    }

    private static final class Queue implements Output {
        final List<Item> items = new ArrayList<>();

        @Override
        public void addValue(Object value) {
            String s = value == null ? "" : value.toString();
            int kind = s.equals(Output.SUPPRESS) ? SUPPRESSED : s.equals(Output.CC) ? CONTEXT_CHANGE : s.equals(NIL) ? XSI_NIL : VALUE;
            items.add(new Item(kind, kind == VALUE ? s : ""));
        }

        @Override
        public void addSuppress() {
            items.add(new Item(SUPPRESSED, ""));
        }

        @Override
        public void addContextChange() {
            items.add(new Item(CONTEXT_CHANGE, ""));
        }

        @Override
        public void addXSINIL() {
            items.add(new Item(XSI_NIL, ""));
        }

        @Override
        public void clear() {
            items.clear();
        }

        @Override
        public boolean isSuppress(String value) {
            return Output.SUPPRESS.equals(value);
        }

        @Override
        public boolean isXSINIL(String value) {
            return NIL.equals(value);
        }
    }

    /** A plain Java class: in a Groovy one getProperty would be Groovy's. */
    private record Context(ScriptMessage message) implements MappingContext {
        private static String text(Object o) {
            return o == null ? null : o.toString();
        }

        @Override
        public String getHeader(String name) {
            return text(message.getHeaders().get(name));
        }

        @Override
        public void setHeader(String name, String value) {
            message.setHeader(name, value);
        }

        @Override
        public String getProperty(String name) {
            return text(message.getProperty(name));
        }

        @Override
        public void setProperty(String name, String value) {
            message.setProperty(name, value);
        }
    }

    private MappingFunctions() {
    }

    static Object run(Unit unit, ScriptMessage message) throws Throwable {
        Wire.In in = new Wire.In(message.getBody(byte[].class));
        Wire.Out out = new Wire.Out();
        for (int calls = in.i32(); calls > 0; calls--) {
            String path = in.text(), function = in.text(), shape = in.text();
            for (int n = in.i32(); n > 0; n--)
                one(unit, path, function, shape, in, out, message);
        }
        message.setBody(out.payload());
        return message;
    }

    private static String[] texts(Wire.In in) {
        String[] all = new String[in.i32()];
        for (int i = 0; i < all.length; i++)
            all[i] = in.text();
        return all;
    }

    private static void one(Unit unit, String path, String function, String shape, Wire.In in, Wire.Out out, ScriptMessage message) {
        Object[] args = new Object[shape.length()];
        List<Queue> queues = new ArrayList<>();
        String wrong = null;
        for (int i = 0; i < args.length; i++)
            switch (shape.charAt(i)) {
                case 'A' -> args[i] = texts(in);
                case 'O' -> {
                    queues.add(new Queue());
                    args[i] = queues.get(queues.size() - 1);
                }
                case 'C' -> args[i] = new Context(message);
                case 'S' -> args[i] = in.text();
                default -> {
                    try {
                        args[i] = TYPES.get(shape.charAt(i)).apply(in.text().trim());
                    } catch (NumberFormatException e) {
                        wrong = "Exception:[" + e.getClass().getName() + ": " + e.getMessage() + "]";
                    }
                }
            }
        if (wrong == null)
            wrong = call(unit, path, function, args, queues);
        out.u8(wrong == null ? 0 : 1);
        if (wrong != null) {
            out.text(wrong + " in function " + function + " of " + path.substring(path.lastIndexOf('/') + 1));
            return;
        }
        for (Queue q : queues) {
            out.i32(q.items.size());
            for (Item item : q.items)
                out.u8(item.kind).text(item.text);
        }
    }

    private static String call(Unit unit, String path, String function, Object[] args, List<Queue> queues) {
        try {
            Object result = unit.call(path, function, args);
            if (queues.isEmpty())
                queues.add(returned(result));
            return null;
        } catch (ThreadDeath | OutOfMemoryError e) {
            throw e;
        } catch (Throwable e) {
            Throwable cause = Call.unwrap(e);
            return "Exception:[" + cause.getClass().getName() + ": " + cause.getMessage() + "]";
        }
    }

    private static Queue returned(Object result) {
        Queue q = new Queue();
        if (result instanceof Collection<?> all)
            all.forEach(q::addValue);
        else if (result instanceof Object[] all)
            Arrays.asList(all).forEach(q::addValue);
        else
            q.addValue(result);
        return q;
    }
}
