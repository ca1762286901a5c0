package dev.sallyport.audit.ingest;

import java.util.Optional;
import java.util.UUID;

/**
 * What the database says of a partition.
 *
 * @param last the newest stretch that this service wrote
 * @param forged the newest of the rows beyond it that this service did not write
 */
record Consumed(Optional<LastStretch> last, Optional<Forged> forged) {
    /** Nothing was read yet. */
    static final Consumed NOTHING = new Consumed(Optional.empty(), Optional.empty());

    /**
     * Where the newest stretch ends.
     *
     * @param topicId empty in a row that was written before stretches named it
     */
    record LastStretch(Optional<UUID> topicId, int generation, long next) {}

    /**
     * A row that somebody else wrote, or that was sealed with another key.
     *
     * @param generation that the row names
     * @param from the first record that it names
     * @param next the first record after it
     */
    record Forged(int generation, long from, long next) {}
}
