package dev.sallyport.gateway.protocol;

import dev.sallyport.schema.token.Caller;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One well-formed request of a known caller, as handlers see it.
 *
 * @param params never null: a request without parameters has none in it
 * @param clientCapabilities what the client declared with this request; empty for initialize-based
 *     revisions, which declare it once and are not remembered
 */
public record Request(
        Revision revision,
        JsonNode id,
        String method,
        ObjectNode params,
        ObjectNode clientCapabilities,
        Caller caller,
        Inbound inbound) {

    /**
     * Tells the client something while the request runs. Does nothing when the client cannot take a
     * stream.
     */
    public void notify(String method, ObjectNode params) {
        inbound.notices().send(Messages.notification(method, params));
    }
}
