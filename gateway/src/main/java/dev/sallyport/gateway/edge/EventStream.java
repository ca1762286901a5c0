package dev.sallyport.gateway.edge;

import dev.sallyport.gateway.protocol.Inbound.Notices;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * The answer as server-sent events; it becomes one with the first notice, and stays a plain
 * response without any.
 */
final class EventStream implements Notices {

    private static final byte[] START =
            "event: message\ndata: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = "\n\n".getBytes(StandardCharsets.US_ASCII);

    private final HttpServletResponse response;
    private final boolean accepted;
    private boolean open;

    EventStream(HttpServletResponse response, boolean accepted) {
        this.response = response;
        this.accepted = accepted;
    }

    boolean open() {
        return open;
    }

    @Override
    public void send(byte[] message) {
        if (!accepted) {
            return;
        }
        try {
            write(message);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The last message, which is the only one where there were no notices. */
    void finish(byte[] message) throws IOException {
        write(message);
    }

    private void begin() {
        response.setStatus(200);
        response.setContentType("text/event-stream");
        response.setHeader("X-Accel-Buffering", "no");
        open = true;
    }

    /** JSON written by this gateway has no line breaks, so one data line holds a message. */
    private void write(byte[] message) throws IOException {
        if (!open) {
            begin();
        }
        OutputStream out = response.getOutputStream();
        out.write(START);
        out.write(message);
        out.write(END);
        out.flush();
    }
}
