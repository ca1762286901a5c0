package dev.sallyport.audit.problem;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Optional;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;

/**
 * Tells from a failure whether the database or the broker was away: that is one line in the log,
 * since there is nothing to find in the code.
 */
public final class Absence {
    private Absence() {}

    /** What was away, as far as the failure tells: an SQLSTATE or an error of the broker. */
    public static Optional<String> of(Throwable failed) {
        for (@Nullable Throwable cause = failed; cause != null; cause = cause.getCause()) {
            if (cause instanceof RetriableException) {
                return Optional.of(cause.getClass().getSimpleName());
            }
            if (cause instanceof SQLException error && isAway(error)) {
                return Optional.of("SQLSTATE " + error.getSQLState());
            }
        }
        return Optional.empty();
    }

    /** The connection broke, was ended by an administrator, or could not be made. */
    private static boolean isAway(SQLException error) {
        String state = String.valueOf(error.getSQLState());
        return error instanceof SQLTransientConnectionException
                || state.startsWith("08")
                || state.startsWith("57P");
    }
}
