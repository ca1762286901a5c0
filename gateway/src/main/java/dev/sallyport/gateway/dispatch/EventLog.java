package dev.sallyport.gateway.dispatch;

import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Payload;
import dev.sallyport.schema.event.TraceContext;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gateway's one producer: idempotent, acknowledged by all in-sync replicas, never waiting for
 * company.
 */
public final class EventLog implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);

    private final KafkaProducer<String, byte[]> producer;
    private final GatewayId gateway;
    private final InstantSource clock;
    private final Duration publishWithin;

    private EventLog(
            KafkaProducer<String, byte[]> producer,
            GatewayId gateway,
            InstantSource clock,
            Duration publishWithin) {
        this.producer = producer;
        this.gateway = gateway;
        this.clock = clock;
        this.publishWithin = publishWithin;
    }

    /**
     * Opens the log.
     *
     * @param publishWithin after which an event that was not acknowledged counts as not logged
     */
    public static EventLog open(
            KafkaSettings kafka, GatewayId gateway, InstantSource clock, Duration publishWithin) {
        Map<String, Object> settings = kafka.producer(gateway + "-log");
        int millis = (int) publishWithin.toMillis();
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, (long) millis);
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, millis);
        // room for one more attempt within the delivery timeout
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.max(1, millis / 2));
        return new EventLog(new KafkaProducer<>(settings), gateway, clock, publishWithin);
    }

    /** The name of this gateway as the source of events. */
    public String source() {
        return "/gateway/" + gateway;
    }

    public GatewayId gateway() {
        return gateway;
    }

    /**
     * Publishes what happened here and waits until the log has acknowledged it; false where it did
     * not in time.
     */
    public boolean tell(EventId id, TenantId tenant, @Nullable TraceContext trace, Payload what) {
        byte[] event =
                EventCodec.encode(Event.of(id, source(), clock.instant(), tenant, trace, what));
        try {
            producer.send(new ProducerRecord<>(Topics.SIGNALS, tenant.value(), event))
                    .get(publishWithin.toMillis() * 2, TimeUnit.MILLISECONDS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            LOG.atWarn().addKeyValue("eventId", id).setCause(e).log("the log took no event");
            return false;
        }
    }

    /**
     * Publishes a signed command.
     *
     * @throws KafkaException if it cannot even be queued
     */
    void command(String topic, TenantId tenant, byte[] signed, Callback acknowledged) {
        var _ = producer.send(new ProducerRecord<>(topic, tenant.value(), signed), acknowledged);
    }

    @Override
    public void close() {
        producer.close(CLOSE_WITHIN);
    }
}
