package dev.sallyport.gateway.edge;

import dev.sallyport.gateway.protocol.Headers;
import dev.sallyport.schema.http.SingleFields;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.Enumeration;
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
    private static final SingleFields SINGLE =
            new SingleFields(
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
                            "x-read-only",
                            "x-structured-content"));

    @Override
    public @Nullable String get(String name) {
        Enumeration<String> values = request.getHeaders(name);
        if (!values.hasMoreElements()) {
            return null;
        }
        String first = values.nextElement();
        if (!values.hasMoreElements()) {
            return first;
        }
        return SINGLE.has(name)
                ? first
                : first + ", " + String.join(", ", Collections.list(values));
    }

    /** A field that has to be single and has several values. */
    Optional<String> contradictory() {
        return SINGLE.contradictory(request);
    }
}
