package dev.sallyport.monitor.stream;

import dev.sallyport.monitor.stream.Notice.Whose;
import dev.sallyport.schema.event.AlertRaised;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Payload;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.PrincipalSuspended;
import dev.sallyport.schema.event.Severity;
import dev.sallyport.schema.event.TraceContext;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.registry.RegistryCodec;
import dev.sallyport.schema.registry.Suspension;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns findings into alerts, one for each detector and principal within the cooldown, and alerts
 * into suspensions where the policy says so. All of it leaves in the transaction of the event that
 * led to it.
 */
final class Response {
    static final String TO_SIGNALS = "signals";
    static final String TO_REGISTRY = "registry";

    /** Who the events of this service come from. */
    static final String SOURCE = "/monitor";

    private static final Logger LOG = LoggerFactory.getLogger(Response.class);

    private final ResponsePolicy policy;
    private final InstantSource clock;
    private final StreamTally tally;
    private final ProcessorContext<String, byte[]> context;

    Response(
            ResponsePolicy policy,
            InstantSource clock,
            StreamTally tally,
            ProcessorContext<String, byte[]> context) {
        this.policy = policy;
        this.clock = clock;
        this.tally = tally;
        this.context = context;
    }

    /**
     * Acts on what was found.
     *
     * @param timestamp of the record that led to it
     * @return how the principal stands after that
     */
    Standing respond(Standing before, Found found, long timestamp) {
        long at = found.at().toEpochMilli();
        if (before.alerted(found.detector(), at, policy.cooldown().toMillis())) {
            tally.countSuppressed();
            return before;
        }
        AlertRaised alert = alert(found);
        signal(timestamp, found.whose(), found.trace(), alert);
        tally.countAlert();
        LOG.atWarn()
                .addKeyValue("alert", alert.alert())
                .addKeyValue("tenant", found.whose().tenant())
                .addKeyValue("subject", found.whose().subject())
                .addKeyValue("detector", found.detector())
                .addKeyValue("reason", alert.reason())
                .log("alert raised");
        Standing after = before.withAlert(found.detector(), at);
        if (policy.suspendOn().contains(found.detector()) && !before.suspended()) {
            suspend(timestamp, found.whose(), found.trace(), alert.reason(), alert.alert());
            after = after.withSuspension();
        }
        // not to wait for the commit interval: a gateway sees it only once it is committed
        context.commit();
        return after;
    }

    /** Tells that the registry lost a suspension; what follows waits until the alert is read. */
    void alertLost(Whose whose, long missingSinceMillis, long nowMillis) {
        AlertRaised alert =
                new AlertRaised(
                        EventId.next().toString(),
                        LostSuspensions.DETECTOR,
                        Severity.HIGH,
                        new Principal(whose.subject(), SOURCE, null, null),
                        "the registry lost the suspension of "
                                + whose.subject()
                                + ", which no human had lifted",
                        List.of(),
                        0,
                        1,
                        Instant.ofEpochMilli(missingSinceMillis),
                        Instant.ofEpochMilli(nowMillis));
        signal(nowMillis, whose, null, alert);
        tally.countAlert();
        LOG.atWarn()
                .addKeyValue("alert", alert.alert())
                .addKeyValue("tenant", whose.tenant())
                .addKeyValue("subject", whose.subject())
                .log("the registry lost a suspension");
        context.commit();
    }

    /** Suspends again who is suspended still. */
    void suspendAgain(Whose whose, String alert, long timestamp) {
        suspend(
                timestamp,
                whose,
                null,
                "suspended before; the registry had lost it, and no human had lifted it",
                alert);
        context.commit();
    }

    private void suspend(
            long timestamp,
            Whose whose,
            @Nullable TraceContext trace,
            String reason,
            String alert) {
        Suspension suspension =
                new Suspension(whose.tenant(), whose.subject(), reason, alert, clock.instant());
        context.forward(
                new Record<>(suspension.key(), RegistryCodec.encode(suspension), timestamp),
                TO_REGISTRY);
        signal(
                timestamp,
                whose,
                trace,
                new PrincipalSuspended(whose.subject(), reason, alert, SOURCE));
        tally.countSuspension();
        LOG.atWarn()
                .addKeyValue("alert", alert)
                .addKeyValue("tenant", whose.tenant())
                .addKeyValue("subject", whose.subject())
                .log("principal suspended");
    }

    private void signal(
            long timestamp, Whose whose, @Nullable TraceContext trace, Payload payload) {
        Event<?> event =
                Event.of(EventId.next(), SOURCE, clock.instant(), whose.tenant(), trace, payload);
        context.forward(
                new Record<>(whose.tenant().value(), EventCodec.encode(event), timestamp),
                TO_SIGNALS);
    }

    private static AlertRaised alert(Found found) {
        return new AlertRaised(
                EventId.next().toString(),
                found.detector(),
                found.severity(),
                found.principal(),
                found.finding().reason(),
                found.finding().evidence(),
                found.finding().observed(),
                found.finding().expected(),
                found.finding().from(),
                found.finding().to());
    }
}
