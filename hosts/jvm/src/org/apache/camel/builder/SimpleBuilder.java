package org.apache.camel.builder;

import org.apache.camel.Exchange;
import tidemill.host.Simple;

/** An expression in the Simple language. */
public class SimpleBuilder {
    private final String text;

    public SimpleBuilder(String text) {
        this.text = text;
    }

    public static SimpleBuilder simple(String text) {
        return new SimpleBuilder(text);
    }

    public static SimpleBuilder simpleF(String format, Object... values) {
        return new SimpleBuilder(String.format(format, values));
    }

    public String getText() {
        return text;
    }

    public <T> T evaluate(Exchange exchange, Class<T> type) {
        return Simple.evaluate(text, exchange, type);
    }

    public boolean matches(Exchange exchange) {
        return Simple.matches(text);
    }

    @Override
    public String toString() {
        return "Simple: " + text;
    }
}
