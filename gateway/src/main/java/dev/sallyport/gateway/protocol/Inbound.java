package dev.sallyport.gateway.protocol;

/**
 * One POST as the edge took it in.
 *
 * @param requestId the edge's id of this HTTP request
 * @param remoteAddress the address that the connection came from
 * @param notices where messages go that precede the answer
 */
public record Inbound(String requestId, Headers headers, String remoteAddress, Notices notices) {

    /**
     * Takes whole JSON-RPC notifications; the first one turns the answer into a stream of events.
     */
    @FunctionalInterface
    public interface Notices {
        Notices NONE = message -> {};

        void send(byte[] message);
    }
}
