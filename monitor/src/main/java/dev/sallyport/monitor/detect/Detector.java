package dev.sallyport.monitor.detect;

import dev.sallyport.schema.event.Severity;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Optional;

/**
 * One way of looking at a principal: a fold over what was observed of it, in the order of arrival.
 * A detector is a value and keeps nothing itself; who runs it keeps one state a tenant and
 * principal. The same observations from the same state always give the same findings, so recorded
 * events can be run again.
 *
 * @param <S> the state: an immutable value with {@code equals}, bounded in size
 */
public sealed interface Detector<S>
        permits VolumeDetector, SlowVolumeDetector, RefusalBurstDetector {
    /**
     * In lower snake case. It names the detector in alerts, configuration and the state's store.
     */
    String name();

    /** How soon a human should look at what it finds. */
    Severity severity();

    /** The state of a principal that was never seen. */
    S fresh();

    /**
     * The state after the observation, and what there is to say. Whether it was said before is not
     * the detector's concern.
     */
    Step<S> step(String subject, S before, Observation observed);

    /** Whether too little is known of the principal to say what is usual for it. */
    default boolean isNewcomer(S state) {
        return false;
    }

    /** Writes the state, to be read again by this version or a later one. */
    void write(S state, DataOutput out) throws IOException;

    /**
     * The state that was written.
     *
     * @throws IOException if there is not enough of it
     * @throws IllegalArgumentException if it holds what cannot be
     */
    S read(DataInput in) throws IOException;

    /** What one observation led to. */
    record Step<S>(S after, Optional<Finding> finding) {
        static <S> Step<S> quiet(S after) {
            return new Step<>(after, Optional.empty());
        }
    }
}
