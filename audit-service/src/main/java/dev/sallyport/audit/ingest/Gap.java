package dev.sallyport.audit.ingest;

import dev.sallyport.audit.search.Facts;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.GapCause;
import dev.sallyport.schema.event.GapFound;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Records that may be in no log.
 *
 * @param partition the partition that they stood in, or would have
 * @param generation of the partition, when the gap was found
 * @param from the first of them
 * @param next the first record after them that was read; null where nobody can know
 * @param reason in plain words
 */
record Gap(
        TopicPartition partition,
        int generation,
        long from,
        @Nullable Long next,
        GapCause cause,
        String reason) {
    private static final String SOURCE = "/audit-service";

    /**
     * The gap as an entry of the tenant's log. The same gap that is found again, as after a start,
     * has the same id and becomes no second entry.
     */
    Received.Accepted entry(TenantId tenant, Instant now) {
        var id = id(tenant);
        var data =
                new GapFound(partition.topic(), partition.partition(), from, next, cause, reason);
        var event = Event.of(id, SOURCE, now, tenant, null, data);
        return new Received.Accepted(
                new Received.Origin(
                        partition.topic(), partition.partition(), generation, Math.max(0, from)),
                tenant,
                id.value(),
                new Received.Leaf(EventCodec.encode(event)),
                Facts.of(event));
    }

    private EventId id(TenantId tenant) {
        String gap =
                String.join(
                        "/",
                        tenant.value(),
                        partition.toString(),
                        Integer.toString(generation),
                        Long.toString(from),
                        String.valueOf(next),
                        cause.wire(),
                        reason);
        var hash = ByteBuffer.wrap(sha256(gap));
        // a UUIDv7 (RFC 9562) of the time 0: the gap's own time is when it was first found
        return new EventId(
                new UUID(
                        0x7000L | (hash.getLong() & 0x0FFFL),
                        0x8000_0000_0000_0000L | (hash.getLong() & 0x3FFF_FFFF_FFFF_FFFFL)));
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every Java platform has SHA-256", missing);
        }
    }
}
