package dev.sallyport.executor.engine.postgresql;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/**
 * One statement of a caller's and what is made of its rows.
 *
 * @param comment in front of the statement's text
 * @param rowsMax how many rows to ask for; 0 for all
 */
record Work<R>(
        String comment, String sql, List<Parameter> parameters, int rowsMax, Taking<R> taking) {
    /** Takes the rows, and makes something of them when all are through. */
    interface Taking<R> extends Rows {
        /**
         * What became of the rows.
         *
         * @param affected rows that the statement added, changed or removed
         * @param types names the types that only the database knows
         */
        R made(long affected, Types types) throws SQLException;
    }

    /** Names types. */
    interface Types {
        Map<Integer, String> names(List<Integer> types) throws SQLException;
    }
}
