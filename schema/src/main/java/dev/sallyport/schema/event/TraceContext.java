package dev.sallyport.schema.event;

import org.jspecify.annotations.Nullable;

/** The W3C Trace Context that a call came with (https://www.w3.org/TR/trace-context/). */
public record TraceContext(String traceparent, @Nullable String tracestate) {
    private static final int TRACEPARENT_CHARS = 55;
    private static final int TRACESTATE_CHARS_MAX = 512;

    public TraceContext {
        if (!isTraceparent(traceparent)) {
            throw new IllegalArgumentException(
                    "traceparent must have the form 00-<32 hex>-<16 hex>-<2 hex>");
        }
        if (tracestate != null && !isTracestate(tracestate)) {
            throw new IllegalArgumentException(
                    "tracestate must be 1 to 512 printable ASCII characters");
        }
    }

    /**
     * The context of those headers, or null where there is none or it is malformed, as the
     * specification asks.
     */
    public static @Nullable TraceContext ofHeaders(
            @Nullable String traceparent, @Nullable String tracestate) {
        if (traceparent == null || !isTraceparent(traceparent)) {
            return null;
        }
        boolean stateFits = tracestate != null && isTracestate(tracestate);
        return new TraceContext(traceparent, stateFits ? tracestate : null);
    }

    /** {@code 00-<32 hex>-<16 hex>-<2 hex>}, in lower case. */
    private static boolean isTraceparent(String text) {
        if (text.length() != TRACEPARENT_CHARS || !text.startsWith("00-")) {
            return false;
        }
        for (int i = 3; i < TRACEPARENT_CHARS; i++) {
            char c = text.charAt(i);
            boolean hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
            boolean hyphen = i == 35 || i == 52;
            if (hyphen ? c != '-' : !hex) {
                return false;
            }
        }
        return true;
    }

    private static boolean isTracestate(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < ' ' || text.charAt(i) > '~') {
                return false;
            }
        }
        return !text.isEmpty() && text.length() <= TRACESTATE_CHARS_MAX;
    }
}
