package dev.sallyport.monitor.index;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The body of one bulk request: two lines a document, what to do and the document itself. Neither
 * the name of an index nor the id of an event has a character that JSON escapes.
 */
final class Bulk {
    private static final int USUAL_BYTES = 1 << 20;

    private final ByteArrayOutputStream lines = new ByteArrayOutputStream(USUAL_BYTES);

    void add(Document document) {
        write("{\"create\":{\"_index\":\"");
        write(document.index());
        write("\",\"_id\":\"");
        write(document.id());
        write("\"}}\n");
        write(document.json());
        lines.write('\n');
    }

    private void write(String text) {
        lines.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    int bytes() {
        return lines.size();
    }

    byte[] toBytes() {
        return lines.toByteArray();
    }
}
