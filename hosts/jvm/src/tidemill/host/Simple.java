package tidemill.host;

import org.apache.camel.Exchange;

/**
 * Camel's Simple, for scripts. The server evaluates it, but knows the message as it was before the script: what the
 * script may have changed is looked up here.
 */
public final class Simple {
    private Simple() {
    }

    public static <T> T evaluate(String text, Exchange exchange, Class<T> type) {
        int end = text.indexOf('}');
        if (text.startsWith("${") && end == text.length() - 1)
            return Convert.header(type, value(text.substring(2, end), exchange), "UTF-8");
        StringBuilder s = new StringBuilder();
        int at = 0;
        for (int open = text.indexOf("${"); open >= 0; open = text.indexOf("${", at)) {
            end = text.indexOf('}', open);
            if (end < 0)
                break;
            Object v = value(text.substring(open + 2, end), exchange);
            s.append(text, at, open).append(v == null ? "" : v);
            at = end + 1;
        }
        return Convert.header(type, s.append(text.substring(at)).toString(), "UTF-8");
    }

    public static boolean matches(String text) {
        return Boolean.parseBoolean(Services.ask("condition", text).text());
    }

    private static Object value(String name, Exchange x) {
        String header = after(name, "in.header.", "in.headers.", "header.", "headers."), property = after(name, "exchangeProperty.", "property.");
        if (header != null)
            return x.getIn().getHeader(header);
        if (property != null)
            return x.getProperty(property);
        return switch (name) {
        case "body", "in.body" -> x.getIn().getBody();
        case "camelId" -> x.getContext().getName();
        case "exchangeId", "id" -> x.getExchangeId();
        case "messageHistory" -> "";
        default -> Services.ask("simple", "${" + name + "}").text();
        };
    }

    /** A plain name behind one of the prefixes, or null. */
    private static String after(String name, String... prefixes) {
        for (String p : prefixes)
            if (name.startsWith(p) && name.matches("[\\w.]+") && name.indexOf('.', p.length()) < 0)
                return name.substring(p.length());
        return null;
    }
}
