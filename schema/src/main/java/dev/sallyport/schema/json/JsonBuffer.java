package dev.sallyport.schema.json;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * A growing buffer of UTF-8 JSON. Documents are put together here from what is JSON already, which
 * is copied and never parsed again, and from what a generator writes into it. Its end can be taken
 * back. Not safe for use by several threads.
 */
public final class JsonBuffer extends OutputStream {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final int LENGTH_MAX = Integer.MAX_VALUE - 8;

    private byte[] bytes;
    private int length;

    public JsonBuffer() {
        this(512);
    }

    public JsonBuffer(int expectedBytes) {
        bytes = new byte[Math.max(16, expectedBytes)];
    }

    /** Appends JSON that is known to be well formed. */
    public JsonBuffer raw(String json) {
        return raw(json.getBytes(StandardCharsets.UTF_8));
    }

    /** Appends JSON that is known to be well formed. */
    public JsonBuffer raw(byte[] json) {
        room(json.length);
        System.arraycopy(json, 0, bytes, length, json.length);
        length += json.length;
        return this;
    }

    /** Appends a JSON string. */
    public JsonBuffer string(String text) {
        return string(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Appends a JSON string whose characters are given as UTF-8. */
    public JsonBuffer string(byte[] utf8) {
        room(utf8.length + 2);
        bytes[length++] = '"';
        characters(utf8);
        write('"');
        return this;
    }

    /** Appends characters of a JSON string, without the quotes around it. */
    public JsonBuffer characters(byte[] utf8) {
        // Most text needs no escape: one copy for each run of plain bytes.
        int run = 0;
        for (int i = 0; i < utf8.length; i++) {
            byte b = utf8[i];
            if (b == '"' || b == '\\' || (b >= 0 && b < 0x20)) {
                plain(utf8, run, i);
                escape(b);
                run = i + 1;
            }
        }
        plain(utf8, run, utf8.length);
        return this;
    }

    /** How many bytes {@link #characters} appends. */
    public static int charactersLength(byte[] utf8) {
        int length = utf8.length;
        for (byte b : utf8) {
            if (b == '"' || b == '\\' || b == '\n' || b == '\r' || b == '\t') {
                length++;
            } else if (b >= 0 && b < 0x20) {
                length += 5;
            }
        }
        return length;
    }

    @Override
    public void write(int b) {
        room(1);
        bytes[length++] = (byte) b;
    }

    @Override
    public void write(byte[] source, int from, int count) {
        Objects.checkFromIndexSize(from, count, source.length);
        plain(source, from, from + count);
    }

    /** Takes back all after the first {@code to} bytes. */
    public void cut(int to) {
        Objects.checkIndex(to, length + 1);
        length = to;
    }

    /** Copies the bytes to the place and gives where they end there. */
    public int copyTo(byte[] target, int at) {
        System.arraycopy(bytes, 0, target, at, length);
        return at + length;
    }

    /** How many bytes have been appended. */
    public int length() {
        return length;
    }

    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, length);
    }

    @Override
    public String toString() {
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private void plain(byte[] source, int from, int to) {
        room(to - from);
        System.arraycopy(source, from, bytes, length, to - from);
        length += to - from;
    }

    private void escape(byte b) {
        room(6);
        bytes[length++] = '\\';
        switch (b) {
            case '"', '\\' -> bytes[length++] = b;
            case '\n' -> bytes[length++] = 'n';
            case '\r' -> bytes[length++] = 'r';
            case '\t' -> bytes[length++] = 't';
            default -> {
                bytes[length++] = 'u';
                bytes[length++] = '0';
                bytes[length++] = '0';
                bytes[length++] = HEX[b >> 4];
                bytes[length++] = HEX[b & 0xf];
            }
        }
    }

    private void room(int more) {
        if (more > LENGTH_MAX - length) {
            throw new IllegalStateException(
                    "a document may not grow beyond " + LENGTH_MAX + " bytes");
        }
        if (bytes.length - length < more) {
            bytes =
                    Arrays.copyOf(
                            bytes,
                            (int)
                                    Math.min(
                                            LENGTH_MAX,
                                            Math.max((long) length + more, 2L * bytes.length)));
        }
    }
}
