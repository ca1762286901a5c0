package dev.sallyport.gateway.edge;

import java.time.Duration;
import java.util.List;

/**
 * What the edge has to know.
 *
 * @param host the address to listen on
 * @param port the port to listen on; 0 lets the system choose
 * @param https whether callers reach the gateway by HTTPS, through a proxy in front of it
 * @param trustedProxies addresses and networks of proxies whose word on where a request comes from
 *     is taken
 * @param allowedOrigins origins of web pages that may call, beside those of the loopback interface
 * @param limits how much there may be
 * @param timeouts how long things may take
 */
public record EdgeConfig(
        String host,
        int port,
        boolean https,
        List<String> trustedProxies,
        List<String> allowedOrigins,
        Limits limits,
        Timeouts timeouts) {

    public EdgeConfig {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port must be 0 to 65535: " + port);
        }
        trustedProxies = List.copyOf(trustedProxies);
        allowedOrigins = List.copyOf(allowedOrigins);
    }

    /**
     * How much there may be.
     *
     * @param bodyBytesMax the largest body of a request
     * @param headerBytesMax the largest header section of a request
     * @param connectionsMax connections that are open at once, of which every address has a share
     * @param acceptQueueMax connections that wait to be accepted
     */
    public record Limits(
            int bodyBytesMax, int headerBytesMax, int connectionsMax, int acceptQueueMax) {

        public Limits {
            positive("bodyBytesMax", bodyBytesMax);
            positive("headerBytesMax", headerBytesMax);
            positive("connectionsMax", connectionsMax);
            positive("acceptQueueMax", acceptQueueMax);
        }

        private static void positive(String what, int value) {
            if (value < 1) {
                throw new IllegalArgumentException(what + " must be positive: " + value);
            }
        }
    }

    /**
     * How long things may take.
     *
     * @param head the header section of a request, from its first byte or the opening of the
     *     connection to its end
     * @param body the body of a request
     * @param answer an answer, from when its caller first does not take all of it
     * @param idle how long a connection may stay silent
     * @param drain requests under way when the gateway stops
     */
    public record Timeouts(
            Duration head, Duration body, Duration answer, Duration idle, Duration drain) {}
}
