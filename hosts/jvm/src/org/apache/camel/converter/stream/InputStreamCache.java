package org.apache.camel.converter.stream;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;

/** A body that came as a stream; reads again from the start each time it is asked for. */
public class InputStreamCache extends ByteArrayInputStream {
    public InputStreamCache(byte[] bytes) {
        super(bytes);
    }

    /** The bytes themselves, not a copy. */
    public byte[] bytes() {
        return buf;
    }

    /** Texts that are built from a body hold its text. */
    @Override
    public String toString() {
        return new String(buf, StandardCharsets.UTF_8);
    }
}
