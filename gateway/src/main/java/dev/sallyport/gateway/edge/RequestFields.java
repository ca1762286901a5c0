package dev.sallyport.gateway.edge;

import dev.sallyport.gateway.protocol.Headers;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The header fields of one request. What decides has one value: a field that stands there several
 * times with several values is refused, since a proxy and this server might each go by another one
 * (RFC 9110 section 5.3). All other fields are read as one list, so that a value that was appended
 * is never lost behind the first.
 */
record RequestFields(HttpServletRequest request) implements Headers {

    /** Fields that decide who calls, what is called, or what it may do. */
    private static final List<String> SINGLE =
            List.of(
                    "Authorization",
                    "Content-Type",
                    "Content-Length",
                    "Host",
                    "Mcp-Method",
                    "Mcp-Name",
                    "MCP-Protocol-Version",
                    "Mcp-Session-Id",
                    "Origin",
                    "traceparent",
                    "x-read-only");

    @Override
    public @Nullable String get(String name) {
        List<String> values = values(name);
        return switch (values.size()) {
            case 0 -> null;
            case 1 -> values.getFirst();
            default -> isSingle(name) ? same(values) : String.join(", ", values);
        };
    }

    /** A field that has to be single and has several values. */
    Optional<String> contradictory() {
        return SINGLE.stream()
                .filter(name -> values(name).stream().distinct().count() > 1)
                .findFirst();
    }

    private List<String> values(String name) {
        return Collections.list(request.getHeaders(name));
    }

    private static boolean isSingle(String name) {
        return SINGLE.stream().anyMatch(name::equalsIgnoreCase);
    }

    private static String same(List<String> values) {
        if (values.stream().distinct().count() > 1) {
            throw new IllegalStateException("a request with contradictory fields is refused first");
        }
        return values.getFirst();
    }
}
