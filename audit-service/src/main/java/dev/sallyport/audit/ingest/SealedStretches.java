package dev.sallyport.audit.ingest;

import dev.sallyport.audit.store.RowSeal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.result.ResultIterator;
import org.jspecify.annotations.Nullable;

/**
 * Reads the table {@code consumed}, and tells what the service wrote there from what others did.
 */
public final class SealedStretches {
    /** How many rows are looked at after the first, where that one was written by others. */
    private static final int ROWS_A_LOOK = 1_000;

    private static final int FETCH = 1_000;

    private static final String COLUMNS =
            "topic, partition, topic_id, generation, from_record, next_record, fence, seal";

    private SealedStretches() {}

    /**
     * A row, whoever wrote it.
     *
     * @param ours whether this service did
     */
    public record Read(
            TopicPartition partition,
            Optional<UUID> topicId,
            int generation,
            long from,
            long next,
            boolean ours) {
        /** Whether the other row should go on where this one ends. */
        public boolean isBefore(Read other) {
            return partition.equals(other.partition) && generation == other.generation;
        }

        private Consumed.LastStretch end() {
            return new Consumed.LastStretch(topicId, generation, next);
        }

        private Consumed.Forged forged() {
            return new Consumed.Forged(generation, from, next);
        }
    }

    /** All rows, each partition's in the order in which they follow each other. */
    public static ResultIterator<Read> all(Handle handle, RowSeal seal) {
        return handle.createQuery(
                        "SELECT "
                                + COLUMNS
                                + " FROM audit.consumed ORDER BY topic, partition, generation, from_record, fence")
                .setFetchSize(FETCH)
                .map((row, _) -> read(row, seal))
                .iterator();
    }

    /** Reads the newest rows until one is found that this service wrote: usually the first. */
    static Consumed newest(Handle handle, RowSeal seal, TopicPartition partition) {
        Optional<Consumed.Forged> forged = Optional.empty();
        int passed = 0;
        int rows = 1;
        while (true) {
            List<Read> newest =
                    handle.createQuery(
                                    "SELECT "
                                            + COLUMNS
                                            + """
                                             FROM audit.consumed WHERE topic = :topic AND partition = :partition
                                            ORDER BY generation DESC, from_record DESC, fence DESC OFFSET :passed LIMIT :rows
                                            """)
                            .bind("topic", partition.topic())
                            .bind("partition", partition.partition())
                            .bind("passed", passed)
                            .bind("rows", rows)
                            .map((row, _) -> read(row, seal))
                            .list();
            for (Read row : newest) {
                if (row.ours()) {
                    return new Consumed(Optional.of(row.end()), forged);
                }
                // the newest stays the same when a start finds fewer of them: it is told once
                forged = forged.or(() -> Optional.of(row.forged()));
            }
            if (newest.size() < rows) {
                return new Consumed(Optional.empty(), forged);
            }
            passed += newest.size();
            rows = ROWS_A_LOOK;
        }
    }

    private static Read read(ResultSet row, RowSeal seal) throws SQLException {
        var partition = new TopicPartition(row.getString("topic"), row.getInt("partition"));
        @Nullable UUID topicId = row.getObject("topic_id", UUID.class);
        int generation = row.getInt("generation");
        long from = row.getLong("from_record");
        long next = row.getLong("next_record");
        byte @Nullable [] sealed = row.getBytes("seal");
        // a row without a seal is older than seals: the table takes no further ones
        boolean ours = sealed == null;
        if (sealed != null && topicId != null) {
            var stretch = new Stretch(partition, topicId, generation, from, next);
            ours =
                    RowSeal.same(stretch.fence(seal), row.getBytes("fence"))
                            && RowSeal.same(stretch.seal(seal), sealed);
        }
        return new Read(partition, Optional.ofNullable(topicId), generation, from, next, ours);
    }
}
