package dev.sallyport.audit.ingest;

import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
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
    /** How many rows are read at once after the first, where that one was written by others. */
    private static final int ROWS_A_LOOK = 1_000;

    /**
     * The most rows of others that are passed of a partition, at some 5 us each. Whoever can write
     * that many could fill the disk as well: then somebody has to look.
     */
    private static final int FORGED_MAX = 1_000_000;

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

    /**
     * Reads the newest rows until one is found that this service wrote: usually the first.
     *
     * @throws AuditException {@code database_unsafe} where others wrote more than a bounded number
     *     of newer ones: to read on from anywhere else would be a guess
     */
    static Consumed newest(Handle handle, RowSeal seal, TopicPartition partition) {
        return newest(handle, seal, partition, FORGED_MAX);
    }

    static Consumed newest(Handle handle, RowSeal seal, TopicPartition partition, int forgedMax) {
        Optional<Consumed.Forged> forged = Optional.empty();
        Optional<Place> before = Optional.empty();
        int passed = 0;
        int rows = 1;
        while (passed < forgedMax) {
            List<Placed> newest = before(handle, seal, partition, before, rows);
            for (Placed placed : newest) {
                var row = placed.read();
                if (row.ours()) {
                    return new Consumed(Optional.of(row.end()), forged);
                }
                // the newest stays the same when a start finds fewer of them: it is told once
                forged = forged.or(() -> Optional.of(row.forged()));
            }
            if (newest.size() < rows) {
                return new Consumed(Optional.empty(), forged);
            }
            before = Optional.of(newest.getLast().place());
            passed += newest.size();
            rows = ROWS_A_LOOK;
        }
        throw new AuditException(
                AuditProblem.DATABASE_UNSAFE,
                "the newest "
                        + passed
                        + " rows of "
                        + partition
                        + " in the table consumed were not written by this service: delete them, as the owner of the tables");
    }

    /** Where a row stands in the order of its partition. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Place(int generation, long from, byte[] fence) {}

    private record Placed(Read read, Place place) {}

    /** The newest rows that stand before the place: by the primary key, however many there are. */
    private static List<Placed> before(
            Handle handle,
            RowSeal seal,
            TopicPartition partition,
            Optional<Place> place,
            int rows) {
        var query =
                handle.createQuery(
                                "SELECT "
                                        + COLUMNS
                                        + " FROM audit.consumed WHERE topic = :topic AND partition = :partition"
                                        + (place.isPresent()
                                                ? " AND (generation, from_record, fence) < (:generation, :from, :fence)"
                                                : "")
                                        + " ORDER BY generation DESC, from_record DESC, fence DESC LIMIT :rows")
                        .bind("topic", partition.topic())
                        .bind("partition", partition.partition())
                        .bind("rows", rows);
        place.ifPresent(at ->
                query.bind("generation", at.generation())
                        .bind("from", at.from())
                        .bind("fence", at.fence()));
        return query.map(
                        (row, _) -> {
                            var read = read(row, seal);
                            return new Placed(
                                    read,
                                    new Place(
                                            read.generation(), read.from(), row.getBytes("fence")));
                        })
                .list();
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
