package dev.sallyport.schema.registry;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.topic.KafkaSettings;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * Every entry of the registry as it stood at one moment, each with its version: what somebody looks
 * at before changing it.
 *
 * @param entries by key
 */
public record RegistrySnapshot(SortedMap<String, Stored> entries) {
    /** The version of what is not there. */
    public static final long ABSENT = -1;

    private static final Duration POLL = Duration.ofMillis(100);

    public RegistrySnapshot {
        entries = Collections.unmodifiableSortedMap(new TreeMap<>(entries));
    }

    /**
     * An entry as it is stored.
     *
     * @param version the offset of its record: another one whenever the entry was put again
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Stored(String key, long version, byte[] value) {
        /**
         * The entry.
         *
         * @throws SchemaException {@code registry_malformed} if this version cannot read all of it:
         *     it may say more than is known here
         */
        public RegistryEntry entry() {
            return RegistryCodec.decodeWhole(key, value);
        }
    }

    /**
     * Reads the registry as it is now. What was committed before this is called is in it.
     *
     * @throws SchemaException {@code registry_unavailable} if the broker did not give it in that
     *     time
     */
    public static RegistrySnapshot read(KafkaSettings kafka, String clientId, Duration within) {
        long deadline = System.nanoTime() + within.toNanos();
        SortedMap<String, Stored> entries = new TreeMap<>();
        try (Admin admin = Admin.create(kafka.client(clientId + "-end"));
                var consumer = new KafkaConsumer<String, byte[]>(kafka.consumer(clientId))) {
            long end = RegistryTopic.end(admin);
            consumer.assign(List.of(RegistryTopic.PARTITION));
            consumer.seekToBeginning(List.of(RegistryTopic.PARTITION));
            while (consumer.position(RegistryTopic.PARTITION) < end) {
                if (System.nanoTime() > deadline) {
                    throw unavailable(kafka, null);
                }
                for (var record : consumer.poll(POLL)) {
                    String key = record.key();
                    byte @Nullable [] value = record.value();
                    if (key == null) {
                        continue;
                    }
                    if (value == null) {
                        entries.remove(key);
                    } else {
                        entries.put(key, new Stored(key, record.offset(), value));
                    }
                }
            }
        } catch (KafkaException e) {
            throw unavailable(kafka, e);
        }
        return new RegistrySnapshot(entries);
    }

    private static SchemaException unavailable(KafkaSettings kafka, @Nullable Throwable cause) {
        return new SchemaException(
                "registry_unavailable",
                "the registry could not be read from " + kafka.bootstrapServers(),
                cause);
    }

    /** The entry of that key; null where there is none. */
    public @Nullable Stored get(String key) {
        return entries.get(key);
    }

    /** Its version, or {@link #ABSENT}. */
    public long versionOf(String key) {
        Stored stored = entries.get(key);
        return stored == null ? ABSENT : stored.version();
    }

    /** The entries of that tenant, by key; the platform's are gateways' keys. */
    public List<Stored> of(TenantId tenant) {
        return entries.values().stream()
                .filter(stored -> RegistryKey.tenantOf(stored.key()).equals(tenant))
                .toList();
    }

    /** The tenant that an entry with this key is for; the platform where it is for none. */
    public static TenantId tenantOf(String key) {
        return RegistryKey.tenantOf(key);
    }

    /** The first of these keys of which the version is not the one given. */
    @Nullable String changedSince(Map<String, Long> versions) {
        return versions.entrySet().stream()
                .filter(seen -> !Objects.equals(versionOf(seen.getKey()), seen.getValue()))
                .map(Map.Entry::getKey)
                .sorted()
                .findFirst()
                .orElse(null);
    }
}
