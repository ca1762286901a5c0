package dev.sallyport.gateway.protocol;

import dev.sallyport.schema.registry.Scope;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A 'no' on its way to the caller, from the station that said it to the edge.
 *
 * @param code stable, in lower snake case
 * @param message says what would be right; it never repeats SQL text, arguments or tokens
 * @param form how it reaches the caller
 * @param scopes those that a token would need, where that was the reason
 * @param data further members of {@code error.data}, beside the code
 * @param headers response headers that belong to it, such as a challenge
 */
public record Refusal(
        String code,
        String message,
        Form form,
        List<String> scopes,
        Map<String, Object> data,
        Map<String, String> headers) {

    /** How a refusal reaches the caller. */
    public sealed interface Form {
        /** As an error of JSON-RPC with an HTTP status: a client reads it. */
        record RpcError(int httpStatus, int rpcCode) implements Form {}

        /**
         * As the result of a tool that failed: a model reads it. With another status than 200, what
         * stands between the client and the model is told the same in its own words.
         */
        record Result(int httpStatus) implements Form {}
    }

    public Refusal {
        if (message.isBlank()) {
            throw new IllegalArgumentException("a refusal needs a message: " + code);
        }
        scopes = List.copyOf(scopes);
        data = Map.copyOf(data);
        headers = Map.copyOf(headers);
    }

    /** One that a client reads. */
    public static Refusal of(ErrorCode code, String message) {
        return new Refusal(code.code(), message, code.form(), List.of(), Map.of(), Map.of());
    }

    /** One that a model reads. */
    public static Refusal toModel(String code, String message) {
        return new Refusal(code, message, new Form.Result(200), List.of(), Map.of(), Map.of());
    }

    /**
     * One that a model reads, and clients and proxies too by its HTTP status.
     *
     * @param code whose status it is
     */
    public static Refusal toModelAndClient(ErrorCode code, String message) {
        return new Refusal(
                code.code(),
                message,
                new Form.Result(code.form().httpStatus()),
                List.of(),
                Map.of(),
                Map.of());
    }

    /** The token lacks scopes that its bearer could get: one with all of these would do. */
    public static Refusal scopesMissing(Set<Scope> needed) {
        List<String> scopes = needed.stream().map(Scope::wire).sorted().toList();
        return new Refusal(
                ErrorCode.INSUFFICIENT_SCOPE.code(),
                "This call needs a token with the scopes " + String.join(" ", scopes),
                ErrorCode.INSUFFICIENT_SCOPE.form(),
                scopes,
                Map.of(),
                Map.of());
    }

    public boolean is(ErrorCode known) {
        return code.equals(known.code());
    }

    public Refusal with(String key, Object value) {
        var more = new HashMap<>(data);
        more.put(key, value);
        return new Refusal(code, message, form, scopes, more, headers);
    }

    public Refusal withHeader(String name, String value) {
        var more = new HashMap<>(headers);
        more.put(name, value);
        return new Refusal(code, message, form, scopes, data, more);
    }
}
