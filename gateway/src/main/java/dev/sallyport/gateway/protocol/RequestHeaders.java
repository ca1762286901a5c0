package dev.sallyport.gateway.protocol;

import dev.sallyport.gateway.protocol.Messages.Incoming.Call;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The header fields that repeat a part of the body (MCP 2026-07-28, Streamable HTTP, request
 * metadata). Proxies route and limit by them, so a request whose headers tell another story than
 * its body is refused.
 */
final class RequestHeaders {

    static final String VERSION = "MCP-Protocol-Version";
    static final String METHOD = "Mcp-Method";
    static final String NAME = "Mcp-Name";

    private static final Map<String, String> NAMED_BY =
            Map.of("tools/call", "name", "prompts/get", "name", "resources/read", "uri");
    private static final String SENTINEL_START = "=?base64?";
    private static final String SENTINEL_END = "?=";

    private RequestHeaders() {}

    /** What is wrong with the headers of a stateless request, if anything. */
    static Optional<Refusal> mismatch(Headers headers, Call call) {
        String method = headers.get(METHOD);
        if (method == null) {
            return Optional.of(
                    fault(
                            "Header %s is missing; it must repeat the body's method"
                                    .formatted(METHOD)));
        }
        if (!method.equals(call.method())) {
            return Optional.of(fault("Header %s must be the body's method".formatted(METHOD)));
        }
        String member = NAMED_BY.get(call.method());
        if (member == null) {
            return Optional.empty();
        }
        String expected = Messages.text(call.params().get(member));
        if (expected == null) {
            return Optional.of(
                    Refusal.of(
                            ErrorCode.PARAMS_INVALID,
                            "Method %s needs params.%s, a string"
                                    .formatted(call.method(), member)));
        }
        String name = headers.get(NAME);
        if (name == null) {
            return Optional.of(
                    fault(
                            "Header %s is missing; it must repeat params.%s"
                                    .formatted(NAME, member)));
        }
        if (!expected.equals(decoded(name))) {
            return Optional.of(
                    fault("Header %s must be params.%s of the body".formatted(NAME, member)));
        }
        return Optional.empty();
    }

    /**
     * What a message of any revision says otherwise in its headers than in its body, if anything.
     * Older revisions do not ask for these fields, but a proxy that goes by them cannot know of
     * which revision a request is that comes with them.
     */
    static Optional<Refusal> contradiction(Headers headers, String method, ObjectNode params) {
        String told = headers.get(METHOD);
        if (told != null && !told.equals(method)) {
            return Optional.of(fault("Header %s must be the body's method".formatted(METHOD)));
        }
        String member = NAMED_BY.get(method);
        String name = headers.get(NAME);
        return member == null
                        || name == null
                        || Objects.equals(Messages.text(params.get(member)), decoded(name))
                ? Optional.empty()
                : Optional.of(
                        fault("Header %s must be params.%s of the body".formatted(NAME, member)));
    }

    private static Refusal fault(String message) {
        return Refusal.of(ErrorCode.HEADER_MISMATCH, "Header mismatch: " + message);
    }

    /**
     * Values that are not plain ASCII travel as {@code =?base64?...?=}; null when such a value
     * cannot be decoded.
     */
    private static @Nullable String decoded(String value) {
        if (!value.startsWith(SENTINEL_START) || !value.endsWith(SENTINEL_END)) {
            return value;
        }
        if (value.length() < SENTINEL_START.length() + SENTINEL_END.length()) {
            return null;
        }
        try {
            byte[] utf8 =
                    Base64.getDecoder()
                            .decode(
                                    value.substring(
                                            SENTINEL_START.length(),
                                            value.length() - SENTINEL_END.length()));
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
        } catch (IllegalArgumentException | CharacterCodingException e) {
            return null;
        }
    }
}
