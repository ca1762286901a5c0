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
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
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

    /** Entries of one transaction: it ends long before the broker gives it up. */
    private static final int TRANSACTION_ENTRIES_MAX = 2_000;

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
        change(List.of(Change.put(tenant, entry)));
    }

    /**
     * Puts many entries. Each {@value #TRANSACTION_ENTRIES_MAX} of them are one transaction, in
     * their order; where one fails, those before it stand.
     */
    public void putAll(Collection<? extends RegistryEntry> entries) {
        List<Change> changes = new ArrayList<>(TRANSACTION_ENTRIES_MAX);
        for (RegistryEntry entry : entries) {
            changes.add(Change.put(RegistryKey.tenantOf(entry.key()), entry));
            if (changes.size() == TRANSACTION_ENTRIES_MAX) {
                change(changes);
                changes.clear();
            }
        }
        if (!changes.isEmpty()) {
            change(changes);
        }
    }

    /** Removes the entry of that key, if there is one. */
    public void remove(TenantId tenant, String key) {
        change(List.of(new Change(tenant, key, null)));
    }

    /**
     * @param value null where the key is removed
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Change(TenantId tenant, String key, byte @Nullable [] value) {
        static Change put(TenantId tenant, RegistryEntry entry) {
            return new Change(tenant, entry.key(), RegistryCodec.encode(entry));
        }
    }

    private void change(List<Change> changes) {
        try {
            producer.beginTransaction();
            // committing waits for all of them and throws what became of them
            for (Change change : changes) {
                var _ =
                        producer.send(
                                new ProducerRecord<>(
                                        Topics.REGISTRY, 0, change.key(), change.value()));
                var _ =
                        producer.send(
                                new ProducerRecord<>(
                                        Topics.SIGNALS, change.tenant().value(), event(change)));
            }
            producer.commitTransaction();
        } catch (KafkaException e) {
            producer.close(Duration.ZERO);
            throw new SchemaException(
                    "registry_unavailable", "the registry could not be changed", e);
        }
    }

    private byte[] event(Change change) {
        byte[] value = change.value();
        return EventCodec.encode(
                Event.of(
                        EventId.next(),
                        "/registry",
                        clock.instant(),
                        change.tenant(),
                        null,
                        new RegistryChanged(
                                change.key(), by, value == null ? null : sha256(value))));
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
