package dev.sallyport.gateway.edge;

import java.time.Duration;
import java.util.List;

/**
 * What the edge has to know.
 *
 * @param host the address to listen on
 * @param port the port to listen on; 0 lets the system choose
 * @param https whether callers reach the gateway by HTTPS, through a proxy in front of it
 * @param allowedOrigins origins of web pages that may call, beside those of the loopback interface
 * @param bodyBytesMax the largest body of a request
 * @param headerBytesMax the largest header section of a request
 * @param bodyTimeout how long a body may take to arrive
 * @param idleTimeout how long a connection may stay silent
 * @param drainTimeout how long requests under way may take when the gateway stops
 * @param acceptQueueMax connections that wait to be accepted
 */
public record EdgeConfig(
        String host,
        int port,
        boolean https,
        List<String> allowedOrigins,
        int bodyBytesMax,
        int headerBytesMax,
        Duration bodyTimeout,
        Duration idleTimeout,
        Duration drainTimeout,
        int acceptQueueMax) {

    public EdgeConfig {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port must be 0 to 65535: " + port);
        }
        if (bodyBytesMax < 1) {
            throw new IllegalArgumentException("bodyBytesMax must be positive: " + bodyBytesMax);
        }
        if (headerBytesMax < 1) {
            throw new IllegalArgumentException(
                    "headerBytesMax must be positive: " + headerBytesMax);
        }
        allowedOrigins = List.copyOf(allowedOrigins);
    }
}
