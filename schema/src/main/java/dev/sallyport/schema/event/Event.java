package dev.sallyport.schema.event;

import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One event with its envelope; {@link EventCodec} gives it its CloudEvents 1.0 form.
 *
 * @param source who tells it, as a URI reference, such as {@code /gateway/g1}
 * @param signedBy whose key signs the event's bytes, as its entry {@code key/<id>} in the registry
 *     names it; only commands are signed, what withdraws them, requests for approval and decisions
 */
public record Event<P extends Payload>(
        EventId id,
        String source,
        Instant time,
        TenantId tenant,
        @Nullable TraceContext trace,
        @Nullable GatewayId signedBy,
        P data) {
    public Event {
        if (source.isEmpty()) {
            throw new IllegalArgumentException("source must not be empty");
        }
    }

    /** An event that carries no signature. */
    public static <P extends Payload> Event<P> of(
            EventId id,
            String source,
            Instant time,
            TenantId tenant,
            @Nullable TraceContext trace,
            P data) {
        return new Event<>(id, source, time, tenant, trace, null, data);
    }

    public EventType type() {
        return EventType.of(data);
    }

    /**
     * Whether it says nothing that the other one did not: it was published again, such as by an
     * executor that was delivered a call once more. Who told it, when, and how long the call took
     * may differ. Of two events with one id the one that comes first in its partition counts,
     * whether the later one repeats it or not.
     */
    public boolean repeats(Event<?> first) {
        return id.equals(first.id)
                && tenant.equals(first.tenant)
                && ((data instanceof CallSettled settled
                                && first.data instanceof CallSettled before)
                        ? settled.repeats(before)
                        : data.equals(first.data));
    }
}
