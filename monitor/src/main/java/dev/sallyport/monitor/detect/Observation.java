package dev.sallyport.monitor.detect;

import dev.sallyport.schema.id.CallId;
import java.time.Instant;

/**
 * What a detector is shown of one event of one principal. Times are event times: when it happened,
 * not when it was read.
 */
public sealed interface Observation {
    Instant at();

    /** A call gave rows to the principal. */
    record Returned(Instant at, CallId call, Volume volume) implements Observation {}

    /**
     * Calls were refused, by a gateway or by the database itself; {@code count} of them, folded
     * into one event.
     */
    record Refused(Instant at, CallId call, String code, long count) implements Observation {
        public Refused {
            if (count < 1) {
                throw new IllegalArgumentException("a refusal counts at least once: " + count);
            }
        }
    }

    /**
     * A human ended the principal's suspension: what led to it is dealt with and shall not lead to
     * the next one.
     */
    record Reinstated(Instant at) implements Observation {}
}
