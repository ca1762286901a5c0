package dev.sallyport.executor.engine.postgresql;

import java.io.ByteArrayOutputStream;

/** The bytes of a result while it grows; its end can be taken back. */
final class JsonBuffer extends ByteArrayOutputStream {
    private static final int USUAL_BYTES = 8_192;

    JsonBuffer() {
        super(USUAL_BYTES);
    }

    synchronized void cut(int size) {
        if (size > count) {
            throw new IllegalArgumentException("only " + count + " bytes are here, not " + size);
        }
        count = size;
    }
}
