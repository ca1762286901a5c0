package dev.sallyport.gateway.edge;

import dev.sallyport.gateway.protocol.Inbound.Notices;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The answer as server-sent events; it becomes one with the first notice, and stays a plain
 * response without any.
 */
final class EventStream implements Notices {

    private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);
    private static final byte[] START =
            "event: message\ndata: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NEXT_LINE = "\ndata: ".getBytes(StandardCharsets.US_ASCII);
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
        if (accepted) {
            write(message);
        }
    }

    /** The last message, which is the only one where there were no notices. */
    void finish(byte[] message) {
        write(message);
    }

    private void begin() {
        response.setStatus(200);
        response.setContentType("text/event-stream");
        response.setHeader("X-Accel-Buffering", "no");
        open = true;
    }

    /**
     * The JSON of a database may have line breaks between its tokens. Each begins another data
     * line, and the client puts one back in its place (HTML standard, server-sent events).
     */
    private void write(byte[] message) {
        if (!open) {
            begin();
        }
        try {
            send(message, response.getOutputStream());
        } catch (IOException e) {
            LOG.atDebug().setCause(e).log("the client went before it was answered");
        }
    }

    private static void send(byte[] message, OutputStream out) throws IOException {
        out.write(START);
        int line = 0;
        for (int i = 0; i < message.length; i++) {
            if (message[i] == '\n' || message[i] == '\r') {
                out.write(message, line, i - line);
                out.write(NEXT_LINE);
                line = i + 1;
            }
        }
        out.write(message, line, message.length - line);
        out.write(END);
        out.flush();
    }
}
