package dev.sallyport.gateway.protocol;

import java.time.Duration;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/**
 * What one gateway offers over MCP.
 *
 * @param name the server's name, as clients show it
 * @param version the server's version
 * @param instructions how a model uses this server well
 * @param capabilities the capabilities to declare
 * @param handlers the handler of each method, beyond those of the protocol itself ({@code
 *     initialize}, {@code ping}, {@code server/discover})
 */
public record Offer(
        String name,
        String version,
        String instructions,
        ObjectNode capabilities,
        Map<String, Handler> handlers) {

    /**
     * How long a client may keep a list; a changed grant or tool is seen after that at the latest.
     */
    public static final Duration TIME_TO_LIVE = Duration.ofSeconds(30);

    public Offer {
        handlers = Map.copyOf(handlers);
    }
}
