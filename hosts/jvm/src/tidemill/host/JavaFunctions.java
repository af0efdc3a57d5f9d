package tidemill.host;

import java.io.IOException;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import net.sf.saxon.expr.XPathContext;
import net.sf.saxon.lib.ExtensionFunctionCall;
import net.sf.saxon.lib.ExtensionFunctionDefinition;
import net.sf.saxon.om.Sequence;
import net.sf.saxon.om.StructuredQName;
import net.sf.saxon.s9api.Processor;
import net.sf.saxon.s9api.XdmAtomicValue;
import net.sf.saxon.s9api.XdmExternalObject;
import net.sf.saxon.s9api.XdmItem;
import net.sf.saxon.s9api.XdmValue;
import net.sf.saxon.trans.XPathException;
import net.sf.saxon.value.SequenceType;

/**
 * Java from stylesheets, as the real system's Saxon has it and the free one not: with xmlns:d="java:java.util.Date",
 * d:new() makes one, d:getTime($date) calls a method of it, and static methods and fields go without it. The classes
 * are those that the bundle's stylesheets name.
 */
final class JavaFunctions {
    private static final Pattern NAMESPACE = Pattern.compile("[\"']java:([\\w.$]+)[\"']");

    private JavaFunctions() {
    }

    static void register(Processor p, Path folder, ClassLoader loader) throws IOException {
        for (String name : classes(folder))
            try {
                all(Class.forName(name, true, loader)).forEach((function, members) -> p.registerExtensionFunction(new Function("java:" + name, function, members)));
            } catch (ClassNotFoundException | LinkageError e) {
                // then its functions are unknown, which the compiler says
            }
    }

    private static Set<String> classes(Path folder) throws IOException {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path f : (Iterable<Path>) files.filter(f -> f.toString().matches("(?i).*\\.xslt?"))::iterator) {
                Matcher m = NAMESPACE.matcher(Files.readString(f, java.nio.charset.StandardCharsets.ISO_8859_1));
                while (m.find())
                    names.add(m.group(1));
            }
        }
        return names;
    }

    /** What may be called, by the function's name. */
    private static Map<String, List<Object>> all(Class<?> type) {
        Map<String, List<Object>> members = new TreeMap<>();
        if (!Modifier.isAbstract(type.getModifiers()))
            for (Constructor<?> c : type.getConstructors())
                members.computeIfAbsent("new", k -> new ArrayList<>()).add(c);
        for (Method m : type.getMethods())
            members.computeIfAbsent(m.getName(), k -> new ArrayList<>()).add(m);
        for (Field f : type.getFields())
            if (Modifier.isStatic(f.getModifiers()))
                members.computeIfAbsent(f.getName(), k -> new ArrayList<>()).add(f);
        return members;
    }

    /** With the object itself. */
    private static int arguments(Object member) {
        if (member instanceof Executable e)
            return e.getParameterCount() + (needsObject(e) ? 1 : 0);
        return 0;
    }

    private static boolean needsObject(Executable e) {
        return e instanceof Method && !Modifier.isStatic(e.getModifiers());
    }

    private static final class Function extends ExtensionFunctionDefinition {
        private final StructuredQName name;
        private final List<Object> members;

        Function(String uri, String name, List<Object> members) {
            this.name = new StructuredQName("", uri, name);
            this.members = members;
        }

        @Override
        public StructuredQName getFunctionQName() {
            return name;
        }

        @Override
        public int getMinimumNumberOfArguments() {
            return members.stream().mapToInt(JavaFunctions::arguments).min().orElse(0);
        }

        @Override
        public int getMaximumNumberOfArguments() {
            return members.stream().mapToInt(JavaFunctions::arguments).max().orElse(0);
        }

        @Override
        public SequenceType[] getArgumentTypes() {
            return new SequenceType[] {SequenceType.ANY_SEQUENCE};
        }

        @Override
        public SequenceType getResultType(SequenceType[] arguments) {
            return SequenceType.ANY_SEQUENCE;
        }

        @Override
        public boolean hasSideEffects() {
            return true; // they may have, so none is moved or left out
        }

        @Override
        public ExtensionFunctionCall makeCallExpression() {
            return new ExtensionFunctionCall() {
                @Override
                @SuppressWarnings("rawtypes")
                public Sequence call(XPathContext context, Sequence[] given) throws XPathException {
                    Object[] values = new Object[given.length];
                    for (int i = 0; i < given.length; i++)
                        values[i] = java(XdmValue.wrap(given[i].materialize()));
                    return xdm(invoke(values)).getUnderlyingValue();
                }
            };
        }

        private Object invoke(Object[] values) throws XPathException {
            for (Object member : members)
                if (arguments(member) == values.length)
                    try {
                        if (member instanceof Field f)
                            return f.get(null);
                        Object[] fitted = fit((Executable) member, values);
                        if (fitted != null)
                            return call((Executable) member, fitted);
                    } catch (InvocationTargetException e) {
                        throw new XPathException(e.getCause().toString(), e.getCause());
                    } catch (ReflectiveOperationException e) {
                        throw new XPathException(e.toString(), e);
                    }
            throw new XPathException("no " + name.getURI() + "#" + name.getLocalPart() + " takes these arguments");
        }

        private static Object call(Executable e, Object[] fitted) throws ReflectiveOperationException {
            if (e instanceof Constructor<?> c)
                return made(c.newInstance(fitted));
            if (!needsObject(e))
                return ((Method) e).invoke(null, fitted);
            return ((Method) e).invoke(fitted[0], java.util.Arrays.copyOfRange(fitted, 1, fitted.length));
        }
    }

    /** The arguments as the parameters want them, or null: they do not fit. */
    private static Object[] fit(Executable e, Object[] values) {
        int first = needsObject(e) ? 1 : 0;
        Object[] fitted = values.clone();
        if (first == 1 && !e.getDeclaringClass().isInstance(values[0]))
            return null;
        for (int i = first; i < values.length; i++) {
            Class<?> type = e.getParameterTypes()[i - first];
            fitted[i] = fit(type, values[i]);
            if (fitted[i] == null && (values[i] != null || type.isPrimitive()))
                return null;
        }
        return fitted;
    }

    private static Object fit(Class<?> type, Object v) {
        if (v instanceof Number n) {
            if (type == int.class || type == Integer.class)
                return n.intValue();
            if (type == long.class || type == Long.class)
                return n.longValue();
            if (type == double.class || type == Double.class)
                return n.doubleValue();
            if (type == float.class || type == Float.class)
                return n.floatValue();
            if (type == BigDecimal.class)
                return new BigDecimal(n.toString());
        }
        if (type == boolean.class && v instanceof Boolean)
            return v;
        if (type == char.class && v instanceof String s && s.length() == 1)
            return s.charAt(0);
        return type.isInstance(v) ? v : null;
    }

    private static Object java(XdmValue v) {
        if (v.size() == 0)
            return null;
        List<Object> all = new ArrayList<>();
        for (XdmItem i : v)
            all.add(i instanceof XdmExternalObject o ? o.getExternalObject() : i instanceof XdmAtomicValue a ? atom(a) : i.getStringValue());
        return all.size() == 1 ? all.get(0) : all;
    }

    private static Object atom(XdmAtomicValue a) {
        Object o = a.getValue();
        return o instanceof Number || o instanceof Boolean ? o : a.getStringValue();
    }

    /** A list that was made stays one object; one that a method returns becomes a sequence. */
    private static Object made(Object o) {
        return o instanceof Collection<?> ? new XdmExternalObject(o) : o;
    }

    private static XdmValue xdm(Object o) {
        if (o instanceof XdmExternalObject x)
            return x;
        if (o == null)
            return XdmValue.makeSequence(List.of());
        if (o instanceof Collection<?> || o.getClass().isArray()) {
            List<XdmItem> items = new ArrayList<>();
            if (o instanceof Collection<?> c)
                c.forEach(e -> xdm(e).forEach(items::add));
            else
                for (int i = 0; i < Array.getLength(o); i++)
                    xdm(Array.get(o, i)).forEach(items::add);
            return new XdmValue(items);
        }
        if (o instanceof String || o instanceof Character)
            return new XdmAtomicValue(o.toString());
        if (o instanceof Boolean b)
            return new XdmAtomicValue(b);
        if (o instanceof BigDecimal d)
            return new XdmAtomicValue(d);
        if (o instanceof Double || o instanceof Float)
            return new XdmAtomicValue(((Number) o).doubleValue());
        if (o instanceof Number n)
            return new XdmAtomicValue(n.longValue());
        return new XdmExternalObject(o);
    }
}
