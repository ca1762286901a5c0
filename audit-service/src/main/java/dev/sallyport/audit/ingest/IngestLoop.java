package dev.sallyport.audit.ingest;

import dev.sallyport.audit.log.CheckpointPublisher;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns ingestion and publication over and over on a thread of its own. Whatever goes wrong, it
 * starts over from the database.
 */
public final class IngestLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(IngestLoop.class);

    /** How long a turn waits for records, and so how late a checkpoint can be at the most. */
    private static final Duration POLL = Duration.ofMillis(100);

    /** How long it is waited after a failure; also what lets another writer go ahead. */
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(500);

    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);

    private final Ingest ingest;
    private final CheckpointPublisher publisher;
    private final InstantSource clock;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private volatile Instant lastTurn;

    private IngestLoop(Ingest ingest, CheckpointPublisher publisher, InstantSource clock) {
        this.ingest = ingest;
        this.publisher = publisher;
        this.clock = clock;
        this.lastTurn = clock.instant();
        this.thread = Thread.ofPlatform().name("audit-ingest").unstarted(this::run);
    }

    /** Starts to turn; closing the loop closes the ingestion. */
    public static IngestLoop start(
            Ingest ingest, CheckpointPublisher publisher, InstantSource clock) {
        var loop = new IngestLoop(ingest, publisher, clock);
        loop.thread.start();
        return loop;
    }

    /** How long ago a turn last succeeded. */
    public Duration sinceLastTurn() {
        return Duration.between(lastTurn, clock.instant());
    }

    private void run() {
        try (ingest) {
            boolean fresh = true;
            while (closing.getCount() > 0) {
                fresh = turn(fresh);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Gives whether the next turn has to look for logs that are behind, as the first one and every
     * one after a failure.
     */
    private boolean turn(boolean fresh) throws InterruptedException {
        try {
            if (fresh) {
                publisher.grownBefore();
            }
            int _ = ingest.turn(POLL);
            int _ = publisher.turn();
            lastTurn = clock.instant();
            return false;
        } catch (WakeupException woken) {
            LOG.atDebug().log("ingestion woken to close");
            return fresh;
        } catch (RuntimeException failed) {
            // a broker or database that is away, another writer that was faster, a log that was
            // altered: all are met alike
            LOG.atWarn()
                    .setCause(failed)
                    .log("turn failed; ingestion reads on from what is stored");
            ingest.startOver();
            boolean _ = closing.await(PAUSE_AFTER_FAILURE.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        }
    }

    @Override
    public void close() {
        closing.countDown();
        ingest.wakeup();
        try {
            thread.join(CLOSE_WITHIN.toMillis());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
