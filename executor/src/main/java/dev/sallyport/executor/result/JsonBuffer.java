package dev.sallyport.executor.result;

import java.io.ByteArrayOutputStream;

/** The bytes of a result while it grows; its end can be taken back. */
final class JsonBuffer extends ByteArrayOutputStream {
    JsonBuffer(int bytes) {
        super(bytes);
    }

    synchronized void cut(int size) {
        if (size > count) {
            throw new IllegalArgumentException("only " + count + " bytes are here, not " + size);
        }
        count = size;
    }

    /** Copies the bytes to the place and gives where they end there. */
    synchronized int copyTo(byte[] target, int at) {
        System.arraycopy(buf, 0, target, at, count);
        return at + count;
    }
}
