package dev.sallyport.executor.engine.postgresql;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a statement changed, as its own transaction sees it before it ends.
 *
 * @param hindrance why it cannot be told or not be taken back, as the enrolment names it; then the
 *     rest is empty
 * @param tables in the order of their names
 * @param rows the first rows that changed, in the order of tables and keys
 * @param rowsChanged all rows that changed and that the caller may see
 * @param content the SHA-256 of the tables' contents, which nobody is told without a key
 */
@SuppressWarnings("ArrayRecordComponent") // the bytes are keyed and never compared
record Effect(
        long rowsAffected,
        @Nullable String hindrance,
        List<Table> tables,
        List<Row> rows,
        long rowsChanged,
        byte[] content) {
    /** The code of a statement that cannot be rehearsed. */
    static final String CANNOT = "cannot_be_rehearsed";

    /** So many rows are shown before and after. */
    static final int ROWS_SHOWN_MAX = 20;

    Effect {
        tables = List.copyOf(tables);
        rows = List.copyOf(rows);
    }

    /**
     * What the server counted in a table, and what of it was seen.
     *
     * @param before rows that were there before, and were changed or removed
     * @param after rows that are there now, and were not so before
     * @param content the SHA-256 of name, counts and rows
     */
    record Table(
            String name,
            long inserted,
            long updated,
            long deleted,
            long before,
            long after,
            byte[] content) {
        /** Whether every counted change is a row that was seen. */
        boolean isComplete() {
            return before == updated + deleted && after == inserted + updated;
        }

        /** Whether more rows were seen than were counted, which is no effect of the statement's. */
        boolean isContradictory() {
            return before > updated + deleted || after > inserted + updated;
        }
    }

    /** A row as JSON; null where there is none, or it is too large to be shown. */
    record Row(String table, byte @Nullable [] before, byte @Nullable [] after) {}

    /** Whether more was seen than the statement can have done, so that it tells nothing. */
    boolean isContradictory() {
        return tables.stream().anyMatch(Table::isContradictory);
    }

    /** Whether the rows are all that was changed. */
    boolean isComplete() {
        return tables.stream().allMatch(Table::isComplete);
    }
}
