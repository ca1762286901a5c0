package dev.sallyport.executor.engine.postgresql;

import java.sql.SQLException;

/** What is done within a caller's transaction. */
@FunctionalInterface
public interface Work<R> {
    R run(SealedConnection connection) throws SQLException;
}
