package dev.sallyport.monitor.stream;

import dev.sallyport.monitor.detect.Observation;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.TraceContext;
import dev.sallyport.schema.id.TenantId;
import org.jspecify.annotations.Nullable;

/** What an event means to what is kept of a principal. */
sealed interface Notice {
    Whose whose();

    /** The tenant and principal that a notice is about. */
    record Whose(TenantId tenant, String subject) {
        /** The key of their state. A tenant's id holds no bar. */
        String key() {
            return tenant + "|" + subject;
        }

        static Whose ofKey(String key) {
            int bar = key.indexOf('|');
            return new Whose(new TenantId(key.substring(0, bar)), key.substring(bar + 1));
        }
    }

    /**
     * For the detectors. The principal is as the event named it; absent where the event named a
     * subject only.
     */
    record Observed(
            Whose whose,
            @Nullable Principal principal,
            @Nullable TraceContext trace,
            Observation observation)
            implements Notice {}

    /** The principal is suspended, by whomever. */
    record Suspended(Whose whose) implements Notice {}

    /**
     * Our own alert that the registry lost the suspension has come back: whatever a human told
     * before it is known by now.
     */
    record SuspensionLost(Whose whose, String alert) implements Notice {}

    /** A human ended the suspension. */
    record Reinstated(Whose whose) implements Notice {}
}
