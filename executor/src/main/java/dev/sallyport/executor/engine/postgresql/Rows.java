package dev.sallyport.executor.engine.postgresql;

import java.sql.SQLException;

/** Who takes the rows of one statement, as they come from the server. */
interface Rows {
    /** The columns, before any row; what was taken before that is void. */
    void columns(String[] names, int[] types);

    /** Whether to take a row whose values have so many bytes; if not, it is skipped unread. */
    boolean wants(int bytes) throws SQLException;

    /** The largest value of a row that was skipped, from the first such row on. */
    default void skipped(int column, int bytes) {}

    /**
     * A row; the bytes are of use during the call only.
     *
     * @param bytes for each column a length of four bytes, -1 for null, and the value's text
     */
    void row(byte[] bytes, int columns) throws SQLException;
}
