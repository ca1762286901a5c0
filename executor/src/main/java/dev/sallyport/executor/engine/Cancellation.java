package dev.sallyport.executor.engine;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to stop a call, from another thread, whatever it is doing. The first reason counts.
 * Stopping asks the server first, and closes the socket when the server does not listen.
 */
public final class Cancellation {
    /** What runs in a database, as far as stopping it goes. */
    public interface Target {
        /** Asks the server to stop what runs; returns when it was told. */
        void cancel() throws SQLException;

        /** Closes the connection, whatever runs. */
        void abort();
    }

    /** Why a call is stopped. */
    public enum Reason {
        DEADLINE,
        SUSPENSION,
        /** Nobody waits for the answer. */
        WITHDRAWAL
    }

    /** How often the server is asked before the socket is closed. */
    private static final int ASKED_MAX = 3;

    private static final Duration ASK_AGAIN_AFTER = Duration.ofMillis(500);
    private static final Logger LOG = LoggerFactory.getLogger(Cancellation.class);

    private @Nullable Reason reason;
    private @Nullable Target running;
    private CountDownLatch released = new CountDownLatch(0);

    /** Stops the call; returns at once. */
    public synchronized void request(Reason why) {
        if (reason != null) {
            return;
        }
        reason = why;
        stopRunning();
    }

    /** Why the call is to stop, or null while it is not. */
    public synchronized @Nullable Reason requested() {
        return reason;
    }

    /** The connection that the call uses from now on. */
    public synchronized void attach(Target target) {
        running = target;
        released = new CountDownLatch(1);
        stopRunning();
    }

    /** The call has stopped using its connection, which must not be used again if this is true. */
    public synchronized boolean release() {
        running = null;
        released.countDown();
        return reason != null;
    }

    /**
     * Refuses to go on with a call that is to stop.
     *
     * @throws SQLException with SQLSTATE 57014 if the call is to stop
     */
    public void check() throws SQLException {
        if (requested() != null) {
            throw new SQLException("the call was stopped", "57014");
        }
    }

    private void stopRunning() {
        Target target = running;
        if (reason != null && target != null) {
            CountDownLatch until = released;
            Thread.ofVirtual().name("cancel").start(() -> stop(target, until));
        }
    }

    private static void stop(Target target, CountDownLatch until) {
        try {
            for (int i = 0; i < ASKED_MAX; i++) {
                ask(target);
                if (until.await(ASK_AGAIN_AFTER.toMillis(), TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
            LOG.atWarn()
                    .addKeyValue("connection", target)
                    .log("the database does not stop a call, its connection is closed");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        target.abort();
    }

    private static void ask(Target target) {
        try {
            target.cancel();
        } catch (SQLException e) {
            LOG.atWarn()
                    .addKeyValue("connection", target)
                    .addKeyValue("sqlState", e.getSQLState())
                    .log("the database could not be asked to stop a call");
        }
    }
}
