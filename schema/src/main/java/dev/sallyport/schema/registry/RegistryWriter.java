package dev.sallyport.schema.registry;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.RegistryChanged;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * Changes the registry. Every change and the {@link RegistryChanged} event that tells of it are one
 * Kafka transaction: neither is there without the other.
 */
public final class RegistryWriter implements AutoCloseable {
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);
    private final KafkaProducer<String, byte[]> producer;
    private final InstantSource clock;
    private final String by;

    /**
     * @param by who makes the changes: a subject, or the name of a tool
     * @throws SchemaException {@code registry_unavailable}
     */
    public RegistryWriter(KafkaSettings kafka, InstantSource clock, String by) {
        this.producer =
                new KafkaProducer<>(
                        kafka.transactional(
                                "registry-writer",
                                "sallyport-registry-writer-" + UUID.randomUUID()));
        this.clock = clock;
        this.by = by;
        try {
            producer.initTransactions();
        } catch (KafkaException e) {
            producer.close(CLOSE_WITHIN);
            throw new SchemaException(
                    "registry_unavailable", "the broker gives no transaction for the registry", e);
        }
    }

    /** Puts the entry, in place of one with the same key. */
    public void put(TenantId tenant, RegistryEntry entry) {
        change(tenant, entry.key(), RegistryCodec.encode(entry));
    }

    /** Removes the entry of that key, if there is one. */
    public void remove(TenantId tenant, String key) {
        change(tenant, key, null);
    }

    private void change(TenantId tenant, String key, byte @Nullable [] value) {
        RegistryChanged change = new RegistryChanged(key, by, value == null ? null : sha256(value));
        byte[] event =
                EventCodec.encode(
                        Event.of(
                                EventId.next(),
                                "/registry",
                                clock.instant(),
                                tenant,
                                null,
                                change));
        try {
            producer.beginTransaction();
            // committing waits for both and throws what became of them
            var _ = producer.send(new ProducerRecord<>(Topics.REGISTRY, 0, key, value));
            var _ = producer.send(new ProducerRecord<>(Topics.SIGNALS, tenant.value(), event));
            producer.commitTransaction();
        } catch (KafkaException e) {
            producer.close(Duration.ZERO);
            throw new SchemaException(
                    "registry_unavailable", "the registry could not be changed", e);
        }
    }

    private static String sha256(byte[] value) {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(value));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    @Override
    public void close() {
        producer.close(CLOSE_WITHIN);
    }
}
