package dev.sallyport.gateway.protocol;

import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.json.JsonBuffer;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Asks a client's user about a call that waits, in revision 2026-07-28: the answer is a result of
 * type {@code input_required} with one elicitation, and the client sends the request again with
 * what its user said
 * (https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr). What comes back
 * goes through the client, so it proves nothing about a person; the request's state is the
 * approval's id, which is held against its caller and its call, and used once, in the store.
 */
public final class Confirmation {

    private static final String KEY = "approval";
    private static final String CONFIRM = "confirm";
    private static final String STATE = "requestState";
    private static final String ELICITATION = "elicitation";

    private Confirmation() {}

    /** What a client's user said. */
    public enum Said {
        /** Nobody was asked: the request is not one that was sent again. */
        NOTHING_ASKED,
        YES,
        NO,
        /** The question was closed, or came back without an answer. */
        NO_ANSWER
    }

    /** Whether the client shows its user a form. */
    public static boolean canAsk(Request request) {
        JsonNode elicitation = elicitation(request);
        // without any mode it is forms that are meant
        return elicitation.isObject() && (elicitation.isEmpty() || elicitation.has("form"));
    }

    /** Whether the client leads its user to a URL. */
    public static boolean canLead(Request request) {
        return elicitation(request).has("url");
    }

    private static JsonNode elicitation(Request request) {
        return request.revision().stateless()
                ? request.clientCapabilities().path(ELICITATION)
                : Json.mapper().missingNode();
    }

    /** Asks whether to make the change. */
    public static Outcome ask(String approval, String message) {
        ObjectNode params = params("form", message);
        ObjectNode schema = params.putObject("requestedSchema").put("type", "object");
        schema.putObject("properties")
                .putObject(CONFIRM)
                .put("type", "boolean")
                .put("title", "Make this change")
                .put("default", false);
        schema.putArray("required").add(CONFIRM);
        return required(approval, params);
    }

    /** Leads to where people decide. */
    public static Outcome lead(String approval, String message, String url) {
        return required(approval, params("url", message).put("url", url));
    }

    private static ObjectNode params(String mode, String message) {
        return Json.mapper().createObjectNode().put("mode", mode).put("message", message);
    }

    private static Outcome required(String approval, ObjectNode params) {
        ObjectNode requests = Json.mapper().createObjectNode();
        requests.putObject(KEY).put("method", "elicitation/create").set("params", params);
        return new Outcome.InputRequired(
                json -> members(json, Json.mapper().writeValueAsBytes(requests), approval));
    }

    private static void members(JsonBuffer json, byte[] requests, String approval) {
        json.raw("\"inputRequests\":").raw(requests).raw(",\"" + STATE + "\":").string(approval);
    }

    /** The approval that a request is sent again with; empty where it is not. */
    public static Optional<String> approval(Request request) {
        JsonNode state = request.params().get(STATE);
        return state == null || state.isNull() ? Optional.empty() : Optional.of(state.asString(""));
    }

    /** What the user said to it. */
    public static Said said(Request request) {
        if (approval(request).isEmpty()) {
            return Said.NOTHING_ASKED;
        }
        JsonNode response = request.params().path("inputResponses").path(KEY);
        return switch (response.path("action").asString("")) {
            case "accept" -> {
                JsonNode confirm = response.path("content").path(CONFIRM);
                yield !confirm.isBoolean()
                        ? Said.NO_ANSWER
                        : confirm.booleanValue() ? Said.YES : Said.NO;
            }
            case "decline" -> Said.NO;
            default -> Said.NO_ANSWER;
        };
    }
}
