package dev.sallyport.executor.engine.postgresql;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The connections to one database, at the most so many. A call waits for one as long as the call
 * may take; opening one has a limit of its own. The one used last is taken first, and one that
 * nobody used for a while is closed, down to none.
 */
final class Backends {
    /** A connection that nobody used for so long is closed. */
    static final Duration IDLE_MAX = Duration.ofMinutes(5);

    private static final Duration LIFE_MAX = Duration.ofMinutes(15);

    /** One that was not used for so long is asked whether its server still answers. */
    private static final Duration TRUSTED = Duration.ofSeconds(1);

    private static final int LOOKS_PER_IDLE_MAX = 10;

    private final String name;
    private final int max;
    private final Duration idleMax;
    private final Opening opening;
    private final Semaphore places;
    private final ConcurrentLinkedDeque<Backend> idle = new ConcurrentLinkedDeque<>();
    private final AtomicBoolean lookedAfter = new AtomicBoolean();
    private volatile boolean closed;

    /** Opens a connection. */
    interface Opening {
        Backend open(Duration within) throws SQLException;
    }

    Backends(String name, int max, Duration idleMax, Opening opening) {
        this.name = name;
        this.max = max;
        this.idleMax = idleMax;
        this.opening = opening;
        this.places = new Semaphore(max, true);
    }

    /**
     * A connection, which must be given back or discarded.
     *
     * @throws SQLException 53300 if there is none in time; else what opening one met with
     */
    Backend take(Duration within) throws SQLException {
        long until = System.nanoTime() + within.toNanos();
        try {
            if (!places.tryAcquire(within.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new SQLException("no connection is free", "53300");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted", "57014", e);
        }
        try {
            Backend known = usable();
            Duration left = Duration.ofNanos(until - System.nanoTime());
            return known == null ? opening.open(left) : known;
        } catch (SQLException | RuntimeException e) {
            places.release();
            throw e;
        }
    }

    private @Nullable Backend usable() {
        while (true) {
            Backend backend = idle.pollFirst();
            if (backend == null) {
                return null;
            }
            long now = System.nanoTime();
            boolean young = now - backend.openedNanos < LIFE_MAX.toNanos();
            if (young
                    && (now - backend.usedNanos < TRUSTED.toNanos() || backend.answers())
                    && !backend.wire().isBroken()) {
                return backend;
            }
            backend.wire().close();
        }
    }

    void giveBack(Backend backend) {
        backend.usedNanos = System.nanoTime();
        idle.addFirst(backend);
        places.release();
        if (closed) {
            closeIdle(Long.MIN_VALUE);
        } else if (lookedAfter.compareAndSet(false, true)) {
            Thread.ofVirtual().name("idle-" + name).start(this::lookAfter);
        }
    }

    void discard(Backend backend) {
        backend.wire().close();
        places.release();
    }

    /** Closes what nobody uses, until nothing is left to look after. */
    private void lookAfter() {
        try {
            do {
                do {
                    TimeUnit.NANOSECONDS.sleep(idleMax.toNanos() / LOOKS_PER_IDLE_MAX);
                    closeIdle(idleMax.toNanos());
                } while (!idle.isEmpty() && !closed);
                lookedAfter.set(false);
                // one that was given back before that was left to this thread
            } while (!idle.isEmpty() && !closed && lookedAfter.compareAndSet(false, true));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeIdle(long idleNanosMax) {
        long now = System.nanoTime();
        for (Backend backend : idle) {
            boolean old = now - backend.openedNanos > LIFE_MAX.toNanos();
            if ((old || now - backend.usedNanos > idleNanosMax) && idle.remove(backend)) {
                backend.wire().close();
            }
        }
    }

    /** Closes the connections, waiting so long for calls that use them. */
    void close(Duration within) {
        closed = true;
        try {
            if (places.tryAcquire(max, within.toNanos(), TimeUnit.NANOSECONDS)) {
                places.release(max);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        closeIdle(Long.MIN_VALUE);
    }
}
