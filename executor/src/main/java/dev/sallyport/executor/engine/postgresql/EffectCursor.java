package dev.sallyport.executor.engine.postgresql;

import java.sql.SQLException;
import java.util.List;
import java.util.UUID;

/**
 * The messages that ask a transaction what its statement changed: a cursor that is opened before
 * the statement and read after it. What tells the statement's code apart from ours are the proofs
 * in front of the messages, and the token that the cursor's rows carry.
 */
final class EffectCursor {
    /**
     * Its first row is fetched before the statement, so that the others tell what was then. The
     * token is made by the server and is in no text that the statement could read.
     */
    private static final String DECLARE =
            " no scroll cursor without hold for with base as materialized (select sallyport.start() as s,"
                    + " pg_catalog.gen_random_uuid() as token)"
                    + " select e.*, base.token from base, pg_catalog.generate_series(0, 1) as p,"
                    + " lateral sallyport.effect(p, base.s, ";

    private static final String COUNTS =
            "select c.relation, c.inserted, c.updated, c.deleted from sallyport.changes() c order by 1";

    private static final String ALL_IMMEDIATE = "set constraints all immediate";

    /** How many statements {@link #addBefore} adds. */
    static final int BEFORE = 2;

    private final int rowsShown;
    private final Pace pace;
    private final Backend.Texts was = new Backend.Texts();
    private final Backend.Texts is = new Backend.Texts();
    private String name = "";
    private EffectRows rows;

    /**
     * One that was not opened yet.
     *
     * @param rowsShown rows to keep at the most
     */
    EffectCursor(int rowsShown, Pace pace) {
        this.rowsShown = Math.min(rowsShown, Effect.ROWS_SHOWN_MAX);
        this.pace = pace;
        this.rows = new EffectRows(0, pace);
    }

    /**
     * Adds what opens it, in front of the statement.
     *
     * @param ours a proof for effects
     */
    void addBefore(Wire wire, String ours) {
        name = "sallyport_" + UUID.randomUUID().toString().replace("-", "");
        rows = new EffectRows(rowsShown, pace);
        wire.add(ours, "declare " + name + DECLARE + rowsShown + ") as e", List.of(), 0, null)
                .add(ours, "fetch 1 from " + name, List.of(), 0, rows);
    }

    /**
     * Adds what runs all that the statement deferred.
     *
     * @param theirs a proof as the statement's
     */
    static void addDeferred(Wire wire, String theirs) {
        wire.add(theirs, ALL_IMMEDIATE, List.of(), 0, null);
    }

    /**
     * Adds what reads the effect. The server's counts are taken before it and at the end, when
     * nothing is left that could run later: cursors that a commit would run to their end are
     * closed, and what was deferred once more has run. Nothing can be put off without changing a
     * row, which is counted; so where the counts agree, nothing was left.
     *
     * @param ours a proof for effects
     * @param theirs a proof as the statement's
     */
    void addAfter(Wire wire, String ours, String theirs) {
        wire.add(ours, COUNTS, List.of(), 0, was)
                .add(ours, "fetch all from " + name, List.of(), 0, rows)
                .add(theirs, "close all", List.of(), 0, null)
                .add(theirs, ALL_IMMEDIATE, List.of(), 0, null)
                .add(ours, COUNTS, List.of(), 0, is);
    }

    /**
     * The effect, when all is through.
     *
     * @param affected rows that the statement itself changed
     * @throws SQLException if it was not told to its end
     */
    Effect effect(long affected) throws SQLException {
        if (!was.values.equals(is.values)) {
            rows.hinder("late");
        }
        return rows.effect(affected);
    }
}
