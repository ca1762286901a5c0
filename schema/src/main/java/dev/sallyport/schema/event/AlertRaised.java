package dev.sallyport.schema.event;

import dev.sallyport.schema.id.CallId;
import java.time.Instant;
import java.util.List;

/**
 * A detector saw something that a human should know of.
 *
 * @param alert the alert's own id
 * @param detector the detector's name, such as {@code volume}
 * @param reason in plain words, with the figures
 * @param evidence calls to look at, newest last
 * @param observed what was measured, in the detector's unit
 * @param expected what the principal's own past made likely, in the same unit
 */
public record AlertRaised(
        String alert,
        String detector,
        Severity severity,
        Principal principal,
        String reason,
        List<CallId> evidence,
        double observed,
        double expected,
        Instant windowStart,
        Instant windowEnd)
        implements Payload {
    /** How many calls an alert names at the most. */
    public static final int EVIDENCE_MAX = 20;

    public AlertRaised {
        evidence = List.copyOf(evidence);
        if (evidence.size() > EVIDENCE_MAX) {
            throw new IllegalArgumentException(
                    "evidence must name at most " + EVIDENCE_MAX + " calls: " + evidence.size());
        }
    }
}
