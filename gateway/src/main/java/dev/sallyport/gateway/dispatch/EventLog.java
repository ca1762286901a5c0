package dev.sallyport.gateway.dispatch;

import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.signal.SignalLog;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gateway's one producer: idempotent, acknowledged by all in-sync replicas. Commands that come
 * while a request is under way go together in the next one.
 */
public final class EventLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);

    private final KafkaProducer<String, byte[]> producer;
    private final GatewayId gateway;
    private final SignalLog signals;
    private final Logged logged;

    private EventLog(
            KafkaProducer<String, byte[]> producer,
            GatewayId gateway,
            SignalLog signals,
            Logged logged) {
        this.logged = logged;
        this.producer = producer;
        this.gateway = gateway;
        this.signals = signals;
    }

    /**
     * Opens the log, and asks the broker for the topics that will be written.
     *
     * @param cells whose commands will be written; a cell whose topic is missing is logged, and
     *     only its calls fail
     * @param publishWithin after which an event that was not acknowledged counts as not logged
     */
    public static EventLog open(
            KafkaSettings kafka,
            GatewayId gateway,
            Collection<CellId> cells,
            InstantSource clock,
            Duration publishWithin) {
        var logged = new Logged();
        var producer =
                new KafkaProducer<String, byte[]>(
                        kafka.callProducer(gateway + "-log", publishWithin)) {
                    @Override
                    public Future<RecordMetadata> send(
                            ProducerRecord<String, byte[]> record, @Nullable Callback told) {
                        return super.send(
                                record,
                                (metadata, failure) -> {
                                    if (failure == null) {
                                        logged.acknowledged(record.key(), metadata);
                                    }
                                    if (told != null) {
                                        told.onCompletion(metadata, failure);
                                    }
                                });
                    }
                };
        find(producer, Topics.SIGNALS);
        cells.forEach(cell -> find(producer, Topics.commands(cell)));
        var signals = new SignalLog(producer, "/gateway/" + gateway, clock, publishWithin);
        return new EventLog(producer, gateway, signals, logged);
    }

    private static void find(KafkaProducer<String, byte[]> producer, String topic) {
        try {
            var _ = producer.partitionsFor(topic);
        } catch (KafkaException e) {
            LOG.atWarn().addKeyValue("topic", topic).setCause(e).log("topic not found");
        }
    }

    /** How far the log has acknowledged what this gateway wrote. */
    Logged logged() {
        return logged;
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
