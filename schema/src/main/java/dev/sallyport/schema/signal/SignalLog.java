package dev.sallyport.schema.signal;

import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Payload;
import dev.sallyport.schema.event.TraceContext;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.sign.EventSignature;
import dev.sallyport.schema.sign.SigningKey;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes what happened in a service to the topic of signals. */
public final class SignalLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SignalLog.class);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);

    private final Producer<String, byte[]> producer;
    private final String source;
    private final InstantSource clock;
    private final Duration within;

    /**
     * Writes with this producer.
     *
     * @param producer idempotent, acks=all, as {@link KafkaSettings#producer} has it; closed with
     *     this
     * @param source the service's name as the source of events, such as {@code /gateway/g1}
     * @param within after which an event that was not acknowledged counts as not logged
     */
    public SignalLog(
            Producer<String, byte[]> producer,
            String source,
            InstantSource clock,
            Duration within) {
        this.producer = producer;
        this.source = source;
        this.clock = clock;
        this.within = within;
    }

    /** Opens the log with a producer of its own. */
    public static SignalLog open(
            KafkaSettings kafka,
            String clientId,
            String source,
            InstantSource clock,
            Duration within) {
        return new SignalLog(
                new KafkaProducer<>(kafka.producer(clientId, within)), source, clock, within);
    }

    public String source() {
        return source;
    }

    /**
     * Publishes what happened here and waits until the log has acknowledged it; false where it did
     * not in time.
     */
    public boolean tell(EventId id, TenantId tenant, @Nullable TraceContext trace, Payload what) {
        return send(
                id,
                tenant,
                EventCodec.encode(Event.of(id, source, clock.instant(), tenant, trace, what)));
    }

    /**
     * The same with a signature over the event's bytes.
     *
     * @param signer the registry's entry {@code key/<signer>} has the public half of the key
     * @throws dev.sallyport.schema.SchemaException {@code event_too_large}
     */
    public boolean tellSigned(
            EventId id,
            TenantId tenant,
            @Nullable TraceContext trace,
            Payload what,
            GatewayId signer,
            SigningKey key) {
        var event = new Event<>(id, source, clock.instant(), tenant, trace, signer, what);
        return send(id, tenant, EventSignature.sign(EventCodec.encode(event), key));
    }

    private boolean send(EventId id, TenantId tenant, byte[] event) {
        try {
            producer.send(new ProducerRecord<>(Topics.SIGNALS, tenant.value(), event))
                    .get(within.toMillis() * 2, TimeUnit.MILLISECONDS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            LOG.atWarn().addKeyValue("eventId", id).setCause(e).log("the log took no event");
            return false;
        }
    }

    @Override
    public void close() {
        producer.close(CLOSE_WITHIN);
    }
}
