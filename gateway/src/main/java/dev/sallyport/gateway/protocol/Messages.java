package dev.sallyport.gateway.protocol;

import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.json.JsonBuffer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.node.ObjectNode;

/** JSON-RPC 2.0 messages: reading what a client sent, once, and writing what it gets. */
public final class Messages {

    private static final ObjectReader TREE =
            Json.mapper()
                    .readerFor(JsonNode.class)
                    .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private static final String NOTIFICATIONS = "notifications/";

    private Messages() {}

    /** One message from a client. */
    sealed interface Incoming {
        record Call(JsonNode id, String method, ObjectNode params) implements Incoming {}

        record Notification(String method, ObjectNode params) implements Incoming {}

        /** An answer to a request that this server never makes. */
        record Response() implements Incoming {}

        /** Not a message; the id is known when at least that could be read. */
        record Unreadable(@Nullable JsonNode id, Refusal refusal) implements Incoming {}
    }

    static Incoming read(byte[] body) {
        if (!isUtf8(body)) {
            return unreadable(
                    null,
                    ErrorCode.MALFORMED_JSON,
                    "The body is not UTF-8; send one JSON-RPC 2.0 object in UTF-8");
        }
        JsonNode root;
        try {
            root = TREE.readValue(body);
        } catch (NumberFormatException | ArithmeticException e) {
            return unreadable(
                    null,
                    ErrorCode.MALFORMED_JSON,
                    "The body has a number that is too large or too small to be read");
        } catch (JacksonException e) {
            var where = e.getLocation();
            return unreadable(
                    null,
                    ErrorCode.MALFORMED_JSON,
                    "The body is not well-formed JSON (line %d, column %d); send one JSON-RPC 2.0 object in UTF-8, without duplicate members, at most %d levels deep, with names of at most %d bytes"
                            .formatted(
                                    where == null ? 1 : where.getLineNr(),
                                    where == null ? 1 : where.getColumnNr(),
                                    Json.NESTING_MAX,
                                    Json.NAME_BYTES_MAX));
        }
        if (root == null || root.isMissingNode()) {
            return unreadable(
                    null,
                    ErrorCode.MALFORMED_JSON,
                    "The body is empty; send one JSON-RPC 2.0 object");
        }
        if (root.isArray()) {
            return unreadable(
                    null,
                    ErrorCode.INVALID_REQUEST,
                    "Batches are not part of MCP; send one JSON-RPC object in each POST");
        }
        if (mayHoldSurrogates(body) && holdsLoneSurrogate(root)) {
            return unreadable(
                    null,
                    ErrorCode.MALFORMED_JSON,
                    "The body escapes half of a surrogate pair, which is no character; escape both halves or send UTF-8");
        }
        if (!(root instanceof ObjectNode message)) {
            return unreadable(null, ErrorCode.INVALID_REQUEST, "A JSON-RPC message is an object");
        }
        return shape(message);
    }

    /**
     * Whether the bytes are UTF-8 (RFC 8259 section 8.1, RFC 3629). The parser would take UTF-16
     * and UTF-32 too, which it tells by their zero bytes, and overlong forms.
     */
    private static boolean isUtf8(byte[] body) {
        boolean ascii = true;
        for (byte one : body) {
            if (one == 0) {
                return false;
            }
            ascii &= one > 0;
        }
        if (ascii) {
            return true;
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    /**
     * JSON can spell code units that are no text and that no UTF-8 writer takes. They need an
     * escape, so most bodies are done with one look at their bytes.
     */
    private static boolean mayHoldSurrogates(byte[] body) {
        for (int i = 0; i + 3 < body.length; i++) {
            if (body[i] == '\\'
                    && body[i + 1] == 'u'
                    && (body[i + 2] == 'd' || body[i + 2] == 'D')
                    && Character.digit(body[i + 3], 16) >= 8) {
                return true;
            }
        }
        return false;
    }

    private static boolean holdsLoneSurrogate(JsonNode node) {
        if (node.isString()) {
            return isBroken(node.stringValue());
        }
        return node.propertyNames().stream().anyMatch(Messages::isBroken)
                || node.valueStream().anyMatch(Messages::holdsLoneSurrogate);
    }

    private static boolean isBroken(String text) {
        return text.codePoints()
                .anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }

    private static Incoming shape(ObjectNode message) {
        JsonNode id = message.get("id");
        boolean idFits = id != null && (id.isString() || id.isIntegralNumber());
        JsonNode knownId = idFits ? id : null;
        if (!"2.0".equals(text(message.get("jsonrpc")))) {
            return unreadable(
                    knownId,
                    ErrorCode.INVALID_REQUEST,
                    "Member jsonrpc must be the string \"2.0\"");
        }
        String method = text(message.get("method"));
        if (method == null) {
            if (!message.has("method") && (message.has("result") || message.has("error"))) {
                return new Incoming.Response();
            }
            return unreadable(
                    knownId,
                    ErrorCode.INVALID_REQUEST,
                    "Member method must be a string, such as \"tools/call\"");
        }
        if (message.hasNonNull("result") || message.hasNonNull("error")) {
            return unreadable(
                    knownId,
                    ErrorCode.INVALID_REQUEST,
                    "A message is a request, with method, or a response, with result or error");
        }
        JsonNode params = message.get("params");
        if (params != null && !params.isNull() && !params.isObject()) {
            return unreadable(
                    knownId, ErrorCode.INVALID_REQUEST, "Member params must be an object");
        }
        ObjectNode given =
                params instanceof ObjectNode object ? object : Json.mapper().createObjectNode();
        if (id == null) {
            // 202 would let the caller believe that something ran
            return method.startsWith(NOTIFICATIONS)
                    ? new Incoming.Notification(method, given)
                    : unreadable(
                            null,
                            ErrorCode.INVALID_REQUEST,
                            "A request needs member id, a string or an integer; only notifications/... go without");
        }
        if (knownId == null) {
            return unreadable(
                    null, ErrorCode.INVALID_REQUEST, "Member id must be a string or an integer");
        }
        return new Incoming.Call(knownId, method, given);
    }

    private static Incoming unreadable(@Nullable JsonNode id, ErrorCode code, String message) {
        return new Incoming.Unreadable(id, Refusal.of(code, message));
    }

    /** The text of a string node; null for anything else. */
    static @Nullable String text(@Nullable JsonNode node) {
        return node != null && node.isString() ? node.stringValue() : null;
    }

    /**
     * A whole error response. Where the id could not be read there is none in it, as MCP 2026-07-28
     * has it.
     */
    public static Answer.Reply error(@Nullable JsonNode id, Refusal refusal) {
        return error(id, refusal, asError(refusal).httpStatus());
    }

    private static Refusal.Form.RpcError asError(Refusal refusal) {
        if (refusal.form() instanceof Refusal.Form.RpcError error) {
            return error;
        }
        throw new IllegalStateException("a model reads it, as a result: " + refusal.code());
    }

    static Answer.Reply error(@Nullable JsonNode id, Refusal refusal, int httpStatus) {
        var json = new JsonBuffer();
        json.raw("{\"jsonrpc\":\"2.0\"");
        if (id != null) {
            json.raw(",\"id\":");
            id(json, id);
        }
        json.raw(",\"error\":{\"code\":" + asError(refusal).rpcCode() + ",\"message\":")
                .string(refusal.message())
                .raw(",\"data\":{\"code\":")
                .string(refusal.code());
        if (!refusal.scopes().isEmpty()) {
            json.raw(",\"scopes\":").raw(Json.mapper().writeValueAsBytes(refusal.scopes()));
        }
        for (Map.Entry<String, Object> entry : refusal.data().entrySet()) {
            json.raw(",")
                    .string(entry.getKey())
                    .raw(":")
                    .raw(Json.mapper().writeValueAsBytes(entry.getValue()));
        }
        json.raw("}}}");
        return new Answer.Reply(httpStatus, json.toByteArray(), refusal.headers());
    }

    static void id(JsonBuffer json, JsonNode id) {
        if (id.isString()) {
            json.string(id.stringValue());
        } else {
            json.raw(id.asString());
        }
    }

    static byte[] notification(String method, ObjectNode params) {
        return new JsonBuffer()
                .raw("{\"jsonrpc\":\"2.0\",\"method\":")
                .string(method)
                .raw(",\"params\":")
                .raw(Json.mapper().writeValueAsBytes(params))
                .raw("}")
                .toByteArray();
    }

    static byte[] bytes(JsonNode node) {
        return Json.mapper().writeValueAsBytes(node);
    }
}
