package dev.sallyport.executor.engine.postgresql;

import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One statement of a caller's and what is made of its rows.
 *
 * @param comment in front of the statement's text
 * @param rowsMax how many rows to ask for; 0 for all
 * @param effect takes what the statement changes; null where nobody asks for it
 */
record Work<R>(
        String comment,
        String sql,
        List<Parameter> parameters,
        int rowsMax,
        Taking<R> taking,
        @Nullable EffectCursor effect) {
    /** One whose effect nobody asks for. */
    Work(String comment, String sql, List<Parameter> parameters, int rowsMax, Taking<R> taking) {
        this(comment, sql, parameters, rowsMax, taking, null);
    }

    /** Takes the rows, and makes something of them when all are through. */
    interface Taking<R> extends Rows {
        /**
         * The statement is about to be sent.
         *
         * @param types of the connection that it is sent over
         */
        default void begin(Types types) {}

        /**
         * What became of the rows.
         *
         * @param affected rows that the statement added, changed or removed
         */
        R made(long affected) throws SQLException;
    }

    /** Tells types by their OIDs. */
    interface Types {
        /** The type, or null where the database has to be asked. */
        @Nullable ColumnType known(int oid);

        /** Asks the database, when all rows are through. */
        Map<Integer, ColumnType> ask(Collection<Integer> oids) throws SQLException;
    }
}
