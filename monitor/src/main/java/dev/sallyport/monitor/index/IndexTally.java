package dev.sallyport.monitor.index;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What the index did so far; read by the health endpoint while the indexer works. */
public final class IndexTally {
    private final AtomicLong created = new AtomicLong();
    private final AtomicLong alreadyThere = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong undecodable = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private final AtomicReference<@Nullable Instant> holdingSince = new AtomicReference<>();
    private final AtomicReference<Instant> lastTurn;
    private final AtomicLong lag = new AtomicLong();
    private final AtomicInteger partitions = new AtomicInteger();

    IndexTally(Instant started) {
        this.lastTurn = new AtomicReference<>(started);
    }

    /** Documents stored. */
    public long created() {
        return created.get();
    }

    /** Documents that an earlier delivery had stored. */
    public long alreadyThere() {
        return alreadyThere.get();
    }

    /**
     * Documents that their index will never take, with a log entry each; they stand in the index
     * {@code refused} instead.
     */
    public long refused() {
        return refused.get();
    }

    /** Records that are no event, or none of their topic, skipped with a log entry each. */
    public long undecodable() {
        return undecodable.get();
    }

    /** Since when OpenSearch has not taken documents that wait; null while it takes them. */
    public @Nullable Instant holdingSince() {
        return holdingSince.get();
    }

    /** When the indexer last finished a turn, or was started. */
    public Instant lastTurn() {
        return lastTurn.get();
    }

    /** Records that are there and not yet read, of the partitions that are assigned. */
    public long lag() {
        return lag.get();
    }

    /** How many partitions are assigned to this instance. */
    public int partitions() {
        return partitions.get();
    }

    /** How often the indexer failed and was started again. */
    public long failures() {
        return failures.get();
    }

    void countFailure() {
        failures.incrementAndGet();
    }

    void countCreated() {
        created.incrementAndGet();
    }

    void countAlreadyThere() {
        alreadyThere.incrementAndGet();
    }

    void countRefused() {
        refused.incrementAndGet();
    }

    void countUndecodable() {
        undecodable.incrementAndGet();
    }

    void holding(Instant now) {
        holdingSince.compareAndSet(null, now);
    }

    void following() {
        holdingSince.set(null);
    }

    void turned(Instant now, int assigned, long unread) {
        lastTurn.set(now);
        partitions.set(assigned);
        lag.set(unread);
    }
}
