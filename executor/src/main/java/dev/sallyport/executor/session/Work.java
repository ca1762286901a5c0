package dev.sallyport.executor.session;

import java.sql.SQLException;

/** What is done within a caller's transaction. */
@FunctionalInterface
public interface Work<R> {
    R run(SealedConnection connection) throws SQLException;
}
