package dev.sallyport.gateway.protocol;

import dev.sallyport.gateway.admission.Place;

/**
 * One POST as the edge took it in.
 *
 * @param requestId the edge's id of this HTTP request
 * @param readOnly whether the request asks that nothing be changed
 * @param remoteAddress the address that the connection came from
 * @param notices where messages go that precede the answer
 * @param place what the request may take while it is worked on
 * @param presence whether its caller still waits
 */
public record Inbound(
        String requestId,
        Headers headers,
        boolean readOnly,
        String remoteAddress,
        Notices notices,
        Place place,
        Presence presence) {

    /**
     * Takes whole JSON-RPC notifications; the first one turns the answer into a stream of events.
     */
    @FunctionalInterface
    public interface Notices {
        Notices NONE = message -> {};

        void send(byte[] message);
    }
}
