package dev.sallyport.gateway.protocol;

import java.util.HashMap;
import java.util.Map;

/**
 * An error on its way to the caller.
 *
 * @param message says what would be right; it never repeats SQL text, arguments or tokens
 * @param data further members of {@code error.data}, beside the stable code
 * @param headers response headers that belong to the error, such as a challenge
 */
public record Fault(
        ErrorCode code, String message, Map<String, Object> data, Map<String, String> headers) {

    public Fault {
        if (message.isBlank()) {
            throw new IllegalArgumentException("a fault needs a message: " + code);
        }
        data = Map.copyOf(data);
        headers = Map.copyOf(headers);
    }

    public static Fault of(ErrorCode code, String message) {
        return new Fault(code, message, Map.of(), Map.of());
    }

    public Fault with(String key, Object value) {
        var more = new HashMap<>(data);
        more.put(key, value);
        return new Fault(code, message, more, headers);
    }
}
