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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.jspecify.annotations.Nullable;

/**
 * Changes the registry. Every change and the {@link RegistryChanged} event that tells of it are one
 * Kafka transaction: neither is there without the other.
 *
 * <p>All writers have the same transactional id, so that the broker lets one of them write at a
 * time: whoever begins makes an end of what another had begun. {@link #compareAndSet} begins, then
 * reads what there is, then writes; whatever another writer commits in between makes its own commit
 * impossible.
 */
public final class RegistryWriter implements AutoCloseable {
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);

    /** Entries of one transaction: it ends long before the broker gives it up. */
    private static final int TRANSACTION_ENTRIES_MAX = 2_000;

    private static final String TRANSACTIONAL_ID = "sallyport-registry-writer";
    private static final Duration READ_WITHIN = Duration.ofSeconds(15);

    /** How often a change begins again that another writer made an end of. */
    private static final int ATTEMPTS_MAX = 20;

    private final KafkaSettings kafka;
    private final InstantSource clock;
    private final String by;
    private KafkaProducer<String, byte[]> producer;

    /**
     * @param by who makes the changes: a subject, or the name of a tool
     * @throws SchemaException {@code registry_unavailable}
     */
    public RegistryWriter(KafkaSettings kafka, InstantSource clock, String by) {
        this.kafka = kafka;
        this.clock = clock;
        this.by = by;
        this.producer = begin(kafka);
    }

    /** From here on, what another writer has begun cannot be committed any more. */
    private static KafkaProducer<String, byte[]> begin(KafkaSettings kafka) {
        var producer =
                new KafkaProducer<String, byte[]>(
                        kafka.transactional("registry-writer", TRANSACTIONAL_ID));
        try {
            producer.initTransactions();
            return producer;
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
        change(List.of(new Change(tenant, key, null, null)));
    }

    /**
     * Makes all of these changes in one transaction, or none of them where one of the entries is
     * not any more as it was seen.
     *
     * @param changes at most {@value #TRANSACTION_ENTRIES_MAX}
     * @param reason why, for the log; absent where a program changes what is its own
     * @throws SchemaException {@code registry_changed} if an entry was changed since it was seen,
     *     or another writer began meanwhile, and nothing was written
     */
    public void compareAndSet(List<RegistryChange> changes, @Nullable String reason) {
        if (changes.size() > TRANSACTION_ENTRIES_MAX) {
            throw new SchemaException(
                    "registry_change_too_large",
                    "at most %d entries can be changed together: %d"
                            .formatted(TRANSACTION_ENTRIES_MAX, changes.size()));
        }
        producer.close(CLOSE_WITHIN);
        producer = begin(kafka);
        Map<String, Long> seen = new HashMap<>();
        changes.forEach(change -> seen.put(change.key(), change.seen()));
        String changed =
                RegistrySnapshot.read(kafka, "registry-writer-read", READ_WITHIN)
                        .changedSince(seen);
        if (changed != null) {
            throw new SchemaException(
                    "registry_changed",
                    changed + " was changed since it was read; nothing was written");
        }
        List<Change> made =
                changes.stream()
                        .map(change ->
                                new Change(
                                        RegistryKey.tenantOf(change.key()),
                                        change.key(),
                                        change.entry() == null
                                                ? null
                                                : RegistryCodec.encode(change.entry()),
                                        reason))
                        .toList();
        if (!committed(made)) {
            throw new SchemaException(
                    "registry_changed",
                    "somebody else changed the registry at the same moment; nothing was written");
        }
    }

    /**
     * @param value null where the key is removed
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Change(
            TenantId tenant, String key, byte @Nullable [] value, @Nullable String reason) {
        static Change put(TenantId tenant, RegistryEntry entry) {
            return new Change(tenant, entry.key(), RegistryCodec.encode(entry), null);
        }
    }

    /** Whatever stands there: begins again where another writer made an end of it. */
    private void change(List<Change> changes) {
        for (int attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
            if (committed(changes)) {
                return;
            }
            producer = begin(kafka);
        }
        throw new SchemaException(
                "registry_unavailable", "other writers do not let the registry be changed");
    }

    /** False where another writer began meanwhile: nothing of it is there. */
    private boolean committed(List<Change> changes) {
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
            return true;
        } catch (KafkaException e) {
            producer.close(Duration.ZERO);
            if (isFenced(e)) {
                return false;
            }
            throw new SchemaException(
                    "registry_unavailable", "the registry could not be changed", e);
        }
    }

    private static boolean isFenced(Throwable failure) {
        for (Throwable e = failure; e != null; e = e.getCause()) {
            if (e instanceof ProducerFencedException
                    || e instanceof InvalidProducerEpochException) {
                return true;
            }
        }
        return false;
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
                                change.key(),
                                by,
                                value == null ? null : sha256(value),
                                change.reason())));
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
