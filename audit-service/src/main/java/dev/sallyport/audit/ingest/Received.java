package dev.sallyport.audit.ingest;

import dev.sallyport.audit.search.Facts;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.schema.id.TenantId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What a Kafka record turned out to be. */
sealed interface Received {
    /** Where the record came from. */
    Origin origin();

    /**
     * A record's place in Kafka.
     *
     * @param topic the topic
     * @param partition the partition
     * @param generation of the partition: one that was cut back or made anew counts records again
     * @param record the offset
     */
    record Origin(String topic, int partition, int generation, long record) {
        static Origin of(ConsumerRecord<?, ?> record, int generation) {
            return new Origin(record.topic(), record.partition(), generation, record.offset());
        }

        /** An id for what has none of its own: the same record always gets the same. */
        UUID id() {
            String place = topic + "/" + partition + "/" + record;
            return UUID.nameUUIDFromBytes(
                    (generation == 0 ? place : place + "/" + generation)
                            .getBytes(StandardCharsets.UTF_8));
        }
    }

    /** A record that becomes an entry of the tenant's log. */
    record Accepted(Origin origin, TenantId tenant, UUID eventId, Leaf leaf, Facts facts)
            implements Received {}

    /**
     * A record that is no event of the tenant that it names. Where its bytes fit into an entry,
     * they become one of the platform's own log, so that nobody can hide anything by making it
     * unreadable.
     */
    record Rejected(Origin origin, Instant time, String code, String reason, Optional<Leaf> leaf)
            implements Received {
        Optional<Accepted> entry() {
            return leaf.map(bytes ->
                    new Accepted(
                            origin,
                            TenantId.PLATFORM,
                            origin.id(),
                            bytes,
                            Facts.ofUnreadable(time, code, origin.topic())));
        }
    }

    /** The bytes of an entry with their leaf hash. */
    final class Leaf {
        private final byte[] bytes;
        private final Hash hash;

        Leaf(byte[] bytes) {
            this.bytes = bytes;
            this.hash = Hash.ofLeaf(bytes);
        }

        byte[] bytes() {
            return bytes;
        }

        Hash hash() {
            return hash;
        }
    }
}
