package dev.sallyport.gateway.edge;

import io.javalin.http.Context;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What pages of allowed origins may send and read (Fetch standard, CORS protocol). Credentials of
 * the browser itself, such as cookies, are never asked for: a page shows its token in a header.
 */
final class Cors {
    private static final String METHODS = "POST, GET, OPTIONS";
    private static final String READABLE =
            "WWW-Authenticate, X-Request-Id, Retry-After, Mcp-Session-Id,"
                    + " X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset";
    private static final String SECONDS_KEPT = "600";

    /** What is allowed beside the fixed fields stands in the answer, whose header is bounded. */
    private static final int PARAMETERS_MAX = 16;

    private static final int PARAMETER_CHARS_MAX = 100;
    private static final String MCP = "mcp-";
    private static final Set<String> FIELDS =
            Set.of(
                    "accept",
                    "authorization",
                    "baggage",
                    "content-type",
                    "last-event-id",
                    "traceparent",
                    "tracestate",
                    "x-read-only",
                    "x-structured-content");
    private static final String ALWAYS_ALLOWED =
            Stream.concat(
                            FIELDS.stream(),
                            Stream.of("protocol-version", "method", "name", "session-id")
                                    .map(name -> MCP + name))
                    .sorted()
                    .collect(Collectors.joining(", "));

    private Cors() {}

    /** Lets the page read the answer. */
    static void readable(Context context, String origin) {
        context.header("Access-Control-Allow-Origin", origin)
                .header("Vary", "Origin")
                .header("Access-Control-Expose-Headers", READABLE);
    }

    /** Answers whether the page may send what it asks to send. */
    static void preflight(Context context, String requestedFields) {
        String more =
                Stream.of(requestedFields.toLowerCase(Locale.ROOT).split(",", -1))
                        .map(String::strip)
                        .filter(Cors::isParameter)
                        .limit(PARAMETERS_MAX)
                        .map(name -> ", " + name)
                        .collect(Collectors.joining());
        context.header("Access-Control-Allow-Methods", METHODS)
                .header("Access-Control-Allow-Headers", ALWAYS_ALLOWED + more)
                .header("Access-Control-Max-Age", SECONDS_KEPT)
                .status(204);
    }

    /** The protocol lets tools name fields of their own, as {@code Mcp-Param-*}. */
    private static boolean isParameter(String name) {
        return name.startsWith("mcp-param-")
                && name.length() <= PARAMETER_CHARS_MAX
                && name.chars()
                        .allMatch(c ->
                                c == '-' || c == '_' || (c < 128 && Character.isLetterOrDigit(c)));
    }
}
