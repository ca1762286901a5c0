package dev.sallyport.monitor.detect;

import dev.sallyport.schema.id.CallId;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/**
 * What a detector has to say about a principal.
 *
 * @param reason one sentence for a security person, without any literal of a statement
 * @param from start of the time that it speaks of
 * @param to end of that time
 * @param observed how much was seen, in the detector's unit
 * @param expected how much was to be expected, in the same unit
 * @param evidence the calls that weigh most, at most {@value #EVIDENCE_MAX}, newest last
 */
public record Finding(
        String reason,
        Instant from,
        Instant to,
        long observed,
        long expected,
        List<CallId> evidence) {
    public static final int EVIDENCE_MAX = 10;

    public Finding {
        // the text of UUIDv7 sorts by time
        evidence = evidence.stream().sorted(Comparator.comparing(CallId::toString)).toList();
        if (evidence.isEmpty() || evidence.size() > EVIDENCE_MAX) {
            throw new IllegalArgumentException(
                    "a finding names 1 to " + EVIDENCE_MAX + " calls: " + evidence.size());
        }
    }
}
