package dev.sallyport.monitor;

import dev.sallyport.monitor.fault.MonitorException;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.PrincipalReinstated;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Suspension;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.time.InstantSource;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;

/** How a human ends a suspension; nothing else does. */
public final class Suspensions {
    private static final Duration CLOSE = Duration.ofSeconds(2);

    private final KafkaSettings kafka;
    private final InstantSource clock;

    public Suspensions(KafkaSettings kafka, InstantSource clock) {
        this.kafka = kafka;
        this.clock = clock;
    }

    /**
     * Ends the suspension, if there is one: the registry entry goes and the event tells of it, both
     * or neither. The monitor forgets the alerts that led to it, so that the next one counts anew.
     *
     * @param reason why, in the words of whoever decides
     * @param by who decides
     * @throws MonitorException {@code broker_unavailable}: nothing was changed
     */
    public void reinstate(TenantId tenant, String subject, String reason, String by) {
        byte[] event =
                EventCodec.encode(
                        Event.of(
                                EventId.next(),
                                "/suspensions",
                                clock.instant(),
                                tenant,
                                null,
                                new PrincipalReinstated(subject, reason, by)));
        Producer<String, byte[]> producer =
                new KafkaProducer<>(
                        kafka.transactional(
                                "suspensions", "sallyport-suspensions-" + UUID.randomUUID()));
        try {
            producer.initTransactions();
            producer.beginTransaction();
            // committing waits for both and throws what became of them
            var _ =
                    producer.send(
                            new ProducerRecord<>(
                                    Topics.REGISTRY, Suspension.key(tenant, subject), null));
            var _ = producer.send(new ProducerRecord<>(Topics.SIGNALS, tenant.value(), event));
            producer.commitTransaction();
        } catch (KafkaException e) {
            throw new MonitorException(
                    "broker_unavailable", "the suspension could not be ended", e);
        } finally {
            producer.close(CLOSE);
        }
    }
}
