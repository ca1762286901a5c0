package dev.sallyport.audit.turn;

import dev.sallyport.audit.problem.Absence;
import dev.sallyport.schema.SallyportException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns a job over and over on a thread of its own. Whatever goes wrong, the job starts over from
 * the database.
 */
public final class TurnLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TurnLoop.class);

    /** How long it is waited after a failure; also what lets another writer go ahead. */
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(500);

    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);

    private final Job job;
    private final InstantSource clock;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private volatile Instant lastTurn;
    private boolean away;
    private volatile @Nullable Failure failure;

    private TurnLoop(String name, Job job, InstantSource clock) {
        this.job = job;
        this.clock = clock;
        this.lastTurn = clock.instant();
        this.thread = Thread.ofPlatform().name(name).unstarted(this::run);
    }

    /** What is done over and over. All but {@link #wakeup} is called by the loop's thread alone. */
    public interface Job extends AutoCloseable {
        /** One turn; gives how much was done. */
        int turn();

        /** Forgets what a failed turn may have left in memory. */
        void startOver();

        /** How long it is waited between two turns; zero for turns that wait themselves. */
        Duration pause();

        /** Makes a turn that waits return early, be it with a {@link WakeupException}. */
        void wakeup();

        @Override
        void close();
    }

    /** Starts to turn; closing the loop closes the job. */
    public static TurnLoop start(String name, Job job, InstantSource clock) {
        var loop = new TurnLoop(name, job, clock);
        loop.thread.start();
        return loop;
    }

    /** How long ago a turn last succeeded. */
    public Duration sinceLastTurn() {
        return Duration.between(lastTurn, clock.instant());
    }

    /**
     * Why turns fail.
     *
     * @param code the failure's stable code, or its kind where it has none: never its message,
     *     which may hold anything
     * @param since when turns began to fail
     */
    public record Failure(String code, Instant since) {}

    /** Why the last turn failed; empty where it succeeded. */
    public Optional<Failure> failure() {
        return Optional.ofNullable(failure);
    }

    private void failed(RuntimeException thrown) {
        String code =
                thrown instanceof SallyportException ours
                        ? ours.code()
                        : thrown.getClass().getSimpleName();
        var before = failure;
        failure = new Failure(code, before == null ? clock.instant() : before.since());
    }

    private void run() {
        try (job) {
            Duration pause = Duration.ZERO;
            while (!closing.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
                pause = turn();
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** Gives how long it is waited until the next one. */
    private Duration turn() {
        try {
            int _ = job.turn();
            lastTurn = clock.instant();
            if (away) {
                away = false;
                LOG.atInfo().addKeyValue("thread", thread.getName()).log("turns succeed again");
            }
            failure = null;
            return job.pause();
        } catch (WakeupException woken) {
            LOG.atDebug().log("turn woken to close");
            return job.pause();
        } catch (RuntimeException failed) {
            failed(failed);
            // a broker or database that is away, another writer that was faster, a log that was
            // altered: all are met alike
            report(failed);
            job.startOver();
            return PAUSE_AFTER_FAILURE;
        }
    }

    /** Of a database or broker that is away one line, until it is back. */
    private void report(RuntimeException failed) {
        Optional<String> why = Absence.of(failed);
        if (why.isEmpty()) {
            LOG.atWarn()
                    .addKeyValue("thread", thread.getName())
                    .setCause(failed)
                    .log("turn failed; the next one goes on from what is stored");
        } else if (!away) {
            away = true;
            LOG.atWarn()
                    .addKeyValue("thread", thread.getName())
                    .addKeyValue("why", why.get())
                    .log("database or broker is away; turns are tried until it is back");
        }
    }

    @Override
    public void close() {
        closing.countDown();
        job.wakeup();
        try {
            thread.join(CLOSE_WITHIN.toMillis());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
