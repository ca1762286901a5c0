package dev.sallyport.audit.ingest;

import dev.sallyport.audit.store.RowSeal;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;

/**
 * A stretch of a partition that is in the logs, as far as it can be.
 *
 * @param partition the partition
 * @param topicId the topic's own id: one that was deleted and made anew has another
 * @param generation counts how often the partition was cut back or made anew
 * @param from the first record, or where reading began; -1 where a generation begins
 * @param next the first record after it
 */
record Stretch(TopicPartition partition, UUID topicId, int generation, long from, long next) {
    static final int BEGINNING = -1;

    Stretch {
        if (next <= from) {
            throw new IllegalArgumentException(
                    "a stretch goes forward, not from " + from + " to " + next);
        }
    }

    /**
     * What fences a second writer: the same for each stretch that begins here, and known to nobody
     * who lacks the key.
     */
    byte[] fence(RowSeal seal) {
        return seal.of("consumed from", partition.topic(), partition.partition(), generation, from);
    }

    byte[] seal(RowSeal seal) {
        return seal.of(
                "consumed",
                partition.topic(),
                partition.partition(),
                topicId.getMostSignificantBits(),
                topicId.getLeastSignificantBits(),
                generation,
                from,
                next);
    }
}
