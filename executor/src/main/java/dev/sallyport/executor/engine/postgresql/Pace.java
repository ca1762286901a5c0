package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.engine.Cancellation;
import java.sql.SQLException;

/**
 * Holds a call to its time while its rows are read and written, when the database is done and its
 * own timeout stops nothing any more. Looks at the clock once in so many bytes.
 */
final class Pace {
    private static final int BYTES = 1 << 16;

    private final Cancellation cancellation;
    private final long untilNanos;
    private int left = BYTES;

    /**
     * @param untilNanos when the call's time is over, of {@link System#nanoTime}
     */
    Pace(Cancellation cancellation, long untilNanos) {
        this.cancellation = cancellation;
        this.untilNanos = untilNanos;
    }

    /**
     * So many bytes more are worked on.
     *
     * @throws SQLException with SQLSTATE 57014 if the call is to stop, or its time is over
     */
    void on(int bytes) throws SQLException {
        left -= bytes;
        if (left < 0) {
            left = BYTES;
            cancellation.check();
            if (System.nanoTime() - untilNanos >= 0) {
                throw new SQLException("the call's time is over", "57014");
            }
        }
    }
}
