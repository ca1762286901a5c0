package dev.sallyport.monitor.stream;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What the topology did since it started; read by the health endpoint. An attempt that was rolled
 * back is counted too.
 */
public final class StreamTally {
    private final AtomicLong events = new AtomicLong();
    private final AtomicLong duplicates = new AtomicLong();
    private final AtomicLong undecodable = new AtomicLong();
    private final AtomicLong misplaced = new AtomicLong();
    private final AtomicLong detectorFailures = new AtomicLong();
    private final AtomicLong alerts = new AtomicLong();
    private final AtomicLong suppressed = new AtomicLong();
    private final AtomicLong suspensions = new AtomicLong();
    private final AtomicLong threadFailures = new AtomicLong();

    public long events() {
        return events.get();
    }

    /** Events that came again under the same id. */
    public long duplicates() {
        return duplicates.get();
    }

    /** Records that are no event, or one that cannot be true; passed over with a log entry each. */
    public long undecodable() {
        return undecodable.get();
    }

    /** Events in a topic where they do not belong, passed over with a log entry each. */
    public long misplaced() {
        return misplaced.get();
    }

    /** Observations that a detector could not digest, passed over with a log entry each. */
    public long detectorFailures() {
        return detectorFailures.get();
    }

    public long alerts() {
        return alerts.get();
    }

    /** Findings that an open alert already tells. */
    public long suppressed() {
        return suppressed.get();
    }

    public long suspensions() {
        return suspensions.get();
    }

    /** Stream threads that died and were replaced. */
    public long threadFailures() {
        return threadFailures.get();
    }

    void countEvent() {
        events.incrementAndGet();
    }

    void countDuplicate() {
        duplicates.incrementAndGet();
    }

    void countUndecodable() {
        undecodable.incrementAndGet();
    }

    void countMisplaced() {
        misplaced.incrementAndGet();
    }

    void countDetectorFailure() {
        detectorFailures.incrementAndGet();
    }

    void countAlert() {
        alerts.incrementAndGet();
    }

    void countSuppressed() {
        suppressed.incrementAndGet();
    }

    void countSuspension() {
        suspensions.incrementAndGet();
    }

    void countThreadFailure() {
        threadFailures.incrementAndGet();
    }
}
