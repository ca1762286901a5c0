package dev.sallyport.monitor.stream;

import dev.sallyport.monitor.detect.Finding;
import dev.sallyport.monitor.detect.Observation;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.Severity;
import dev.sallyport.schema.event.TraceContext;
import dev.sallyport.schema.id.TenantId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What passes from one station of the topology to the next. */
sealed interface Notice {
    Whose whose();

    /** The tenant and principal that a notice is about. */
    record Whose(TenantId tenant, String subject) {
        /** The key of their state. A tenant's id holds no bar. */
        String key() {
            return tenant + "|" + subject;
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

    /** A detector has something to say. */
    record Found(
            Whose whose,
            Principal principal,
            @Nullable TraceContext trace,
            String detector,
            Severity severity,
            Instant at,
            Finding finding)
            implements Notice {}

    /** The principal is suspended, by whomever. */
    record Suspended(Whose whose) implements Notice {}

    /** A human ended the suspension. */
    record Reinstated(Whose whose) implements Notice {}
}
