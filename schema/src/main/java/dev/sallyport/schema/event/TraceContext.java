package dev.sallyport.schema.event;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The W3C Trace Context that a call came with (https://www.w3.org/TR/trace-context/). */
public record TraceContext(String traceparent, @Nullable String tracestate) {
    private static final Pattern TRACEPARENT =
            Pattern.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");
    private static final Pattern TRACESTATE = Pattern.compile("[\\x20-\\x7e]{1,512}");

    public TraceContext {
        if (!TRACEPARENT.matcher(traceparent).matches()) {
            throw new IllegalArgumentException(
                    "traceparent must have the form 00-<32 hex>-<16 hex>-<2 hex>");
        }
        if (tracestate != null && !TRACESTATE.matcher(tracestate).matches()) {
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
        if (traceparent == null || !TRACEPARENT.matcher(traceparent).matches()) {
            return null;
        }
        boolean stateFits = tracestate != null && TRACESTATE.matcher(tracestate).matches();
        return new TraceContext(traceparent, stateFits ? tracestate : null);
    }
}
