package tidemill.host;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** A live map that shows another one's values with another face. */
final class AttachmentView<S, T> extends AbstractMap<String, T> {
    private final Map<String, S> under;
    private final Function<S, T> out;
    private final Function<T, S> in;

    AttachmentView(Map<String, S> under, Function<S, T> out, Function<T, S> in) {
        this.under = under;
        this.out = out;
        this.in = in;
    }

    @Override
    public T put(String id, T value) {
        S old = under.put(id, in.apply(value));
        return old == null ? null : out.apply(old);
    }

    @Override
    public Set<Entry<String, T>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public int size() {
                return under.size();
            }

            @Override
            public Iterator<Entry<String, T>> iterator() {
                Iterator<Entry<String, S>> i = under.entrySet().iterator();
                return new Iterator<>() {
                    @Override
                    public boolean hasNext() {
                        return i.hasNext();
                    }

                    @Override
                    public Entry<String, T> next() {
                        Entry<String, S> e = i.next();
                        return new SimpleEntry<>(e.getKey(), out.apply(e.getValue()));
                    }

                    @Override
                    public void remove() {
                        i.remove();
                    }
                };
            }
        };
    }
}
