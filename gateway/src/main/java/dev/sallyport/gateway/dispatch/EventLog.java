package dev.sallyport.gateway.dispatch;

import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.signal.SignalLog;
import dev.sallyport.schema.topic.KafkaSettings;
import java.time.Duration;
import java.time.InstantSource;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;

/**
 * The gateway's one producer: idempotent, acknowledged by all in-sync replicas, never waiting for
 * company.
 */
public final class EventLog implements AutoCloseable {
    private final KafkaProducer<String, byte[]> producer;
    private final GatewayId gateway;
    private final SignalLog signals;

    private EventLog(KafkaProducer<String, byte[]> producer, GatewayId gateway, SignalLog signals) {
        this.producer = producer;
        this.gateway = gateway;
        this.signals = signals;
    }

    /**
     * Opens the log.
     *
     * @param publishWithin after which an event that was not acknowledged counts as not logged
     */
    public static EventLog open(
            KafkaSettings kafka, GatewayId gateway, InstantSource clock, Duration publishWithin) {
        var producer =
                new KafkaProducer<String, byte[]>(kafka.producer(gateway + "-log", publishWithin));
        var signals = new SignalLog(producer, "/gateway/" + gateway, clock, publishWithin);
        return new EventLog(producer, gateway, signals);
    }

    public GatewayId gateway() {
        return gateway;
    }

    /** Where it is told what the gateway did by itself. */
    public SignalLog signals() {
        return signals;
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
        signals.close();
    }
}
