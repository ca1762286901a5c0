package dev.sallyport.cli.stack;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A service in a process of its own that is started again when it ends by itself. Between two
 * starts lies a pause that doubles up to a limit, and is short again once the service has run for
 * some time.
 */
final class Supervised implements RunningService {
    private static final Logger LOG = LoggerFactory.getLogger(Supervised.class);
    private static final Duration PAUSE_MIN = Duration.ofMillis(500);
    private static final Duration PAUSE_MAX = Duration.ofSeconds(30);

    /** Who ran so long was well. */
    private static final Duration WELL_AFTER = Duration.ofMinutes(1);

    private final String name;
    private final Duration stoppedWithin;
    private final Starting starting;
    private final Thread watcher;

    /** Guarded by this. */
    private Process process;

    /** Guarded by this: nothing is started any more. */
    private boolean ended;

    /** Starts a process and returns once it is ready. */
    interface Starting {
        /**
         * The process, ready.
         *
         * @throws StackException {@code service_not_ready}, with the process ended again
         */
        Process start();
    }

    private Supervised(String name, Duration stoppedWithin, Starting starting) {
        this.name = name;
        this.stoppedWithin = stoppedWithin;
        this.starting = starting;
        this.process = starting.start();
        this.watcher = Thread.ofPlatform().daemon().name(name + "-watch").unstarted(this::watch);
    }

    /**
     * Starts the service; its first start is not tried again.
     *
     * @param name of the service, for the log
     * @param stoppedWithin how long a stop may take before the process is killed
     */
    static Supervised start(String name, Duration stoppedWithin, Starting starting) {
        Supervised supervised = new Supervised(name, stoppedWithin, starting);
        supervised.watcher.start();
        return supervised;
    }

    /** The pause before the next start, after one that lasted so long. */
    static Duration pauseAfter(Duration before, Duration ran) {
        if (ran.compareTo(WELL_AFTER) >= 0 || before.isZero()) {
            return PAUSE_MIN;
        }
        Duration doubled = before.multipliedBy(2);
        return doubled.compareTo(PAUSE_MAX) > 0 ? PAUSE_MAX : doubled;
    }

    private void watch() {
        Duration pause = Duration.ZERO;
        long startedAt = System.nanoTime();
        try {
            Process current = current();
            while (current != null) {
                int code = current.waitFor();
                pause = pauseAfter(pause, Duration.ofNanos(System.nanoTime() - startedAt));
                if (!pausedFor(pause, code)) {
                    return;
                }
                startedAt = System.nanoTime();
                current = startAgain(current);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized @Nullable Process current() {
        return ended ? null : process;
    }

    /** Waits, and says whether the service shall be started after that. */
    private synchronized boolean pausedFor(Duration pause, int code) throws InterruptedException {
        if (!ended) {
            LOG.atWarn()
                    .addKeyValue("service", name)
                    .addKeyValue("exit", code)
                    .addKeyValue("pauseMillis", pause.toMillis())
                    .log("a service ended by itself and is started again");
        }
        long until = System.nanoTime() + pause.toNanos();
        for (long left = pause.toNanos(); !ended && left > 0; left = until - System.nanoTime()) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return !ended;
    }

    /** The new process, or the old one that has ended where the new one did not get ready. */
    private @Nullable Process startAgain(Process before) {
        Process next;
        try {
            next = starting.start();
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue("service", name)
                    .setCause(e)
                    .log("a service could not be started again");
            return current() == null ? null : before;
        }
        synchronized (this) {
            if (!ended) {
                process = next;
                return next;
            }
        }
        next.destroy();
        return null;
    }

    private synchronized Process end() {
        ended = true;
        notifyAll();
        return process;
    }

    @Override
    public void kill() {
        end().destroyForcibly();
    }

    @Override
    public void close() {
        Process last = end();
        last.destroy();
        try {
            if (last.waitFor(stoppedWithin.toSeconds(), TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        last.destroyForcibly();
    }
}
