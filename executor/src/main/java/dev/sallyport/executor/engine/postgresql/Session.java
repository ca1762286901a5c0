package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.engine.Access;
import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.executor.engine.Stopwatch;
import dev.sallyport.executor.engine.postgresql.Transaction.Stage;
import dev.sallyport.schema.event.Attested;

import org.postgresql.core.BaseConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Supplier;

/**
 * The one door to a tenant's database: {@link #as} runs work in one transaction under one caller's
 * sealed context, and nothing that the work did to its connection is there for the next caller. A
 * read takes three exchanges with the server: enter, the statement, leave.
 */
public final class Session {
    /** How long the proof of a context is good for: the clocks may differ by this much. */
    private static final Duration PROOF_LASTS = Duration.ofSeconds(60);

    private static final Duration LOCK_TIMEOUT_MAX = Duration.ofSeconds(5);

    /** What an answer may take beyond the statement's own time before the socket counts as dead. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final int LEDGER_ASKED_MAX = 3;

    /** What the ledger has instead of a number of rows where a call is never to run. */
    private static final long CALLED_OFF = -1;

    /** SQLSTATE of ours: the ledger says that the call is never to run. */
    public static final String CALLED_OFF_STATE = "SP013";

    private static final String ENTER =
            "select * from sallyport.enter($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    private static final String SETTLE = "select sallyport.settle($1, $2, $3)";

    /** Undoes what survives a rollback; settings, LISTEN, cursors, temporary tables do not. */
    private static final String LEAVE_READ =
            "ROLLBACK; SELECT pg_catalog.pg_advisory_unlock_all(); DEALLOCATE ALL";

    private static final String ROLLBACK = "ROLLBACK";
    private static final String FORGET_ALL = "DISCARD ALL";
    private static final String MALFORMED_ANSWER = "XX000";
    private static final Logger LOG = LoggerFactory.getLogger(Session.class);

    private final ConnectionPool pool;
    private final Supplier<SealKey> key;
    private final InstantSource clock;

    /**
     * @param key asked for each transaction, so that a rotated key is used at once
     */
    Session(ConnectionPool pool, Supplier<SealKey> key, InstantSource clock) {
        this.pool = pool;
        this.key = key;
        this.clock = clock;
    }

    /**
     * Runs the work as the caller. A write is entered in the ledger in the same transaction, and is
     * not run when the ledger has it already.
     *
     * @param timeout how long a statement may run
     */
    public <R> Transaction<R> as(
            Entry caller,
            Duration timeout,
            Cancellation cancellation,
            Stopwatch watch,
            Work<R> work) {
        Lease lease;
        try {
            lease = lease(caller.access(), timeout, cancellation);
        } catch (SQLException e) {
            watch.lap(Stopwatch.Part.CONNECTION);
            return new Transaction.Failed<>(Stage.CONNECT, e);
        }
        watch.lap(Stopwatch.Part.CONNECTION);
        try {
            return within(lease, caller, timeout, cancellation, watch, work);
        } finally {
            // the caller need not wait for the last exchange: what it asked for is done
            Thread.ofVirtual().name("leave").start(lease::close);
        }
    }

    private <R> Transaction<R> within(
            Lease lease,
            Entry caller,
            Duration timeout,
            Cancellation cancellation,
            Stopwatch watch,
            Work<R> work) {
        Stage stage = Stage.ENTER;
        R value;
        Attested attested;
        try {
            cancellation.check();
            Wire.Reply entry = enter(lease.wire, caller, timeout);
            if ("t".equals(entry.text(0))) {
                return doneBefore(entry);
            }
            attested = attested(entry);
            stage = Stage.STATEMENT;
            SealedConnection connection = new SealedConnection(lease.wire, cancellation, attested);
            value = work.run(connection);
            if (caller.access() == Access.WRITE) {
                cancellation.check();
                stage = Stage.COMMIT;
                commit(lease.wire, caller, connection.rowsAffected());
                lease.committed();
            }
        } catch (SQLException e) {
            watch.lap(Stopwatch.Part.EXECUTION);
            if (stage == Stage.COMMIT && lease.wire.isBroken()) {
                return askLedger(caller, timeout, e);
            }
            return new Transaction.Failed<>(stage, e);
        }
        return new Transaction.Done<>(value, attested);
    }

    private Wire.Reply enter(Wire wire, Entry caller, Duration timeout) throws SQLException {
        long expires = clock.instant().plus(PROOF_LASTS).toEpochMilli();
        int timeoutMillis = Math.toIntExact(timeout.toMillis());
        Duration lockTimeout = timeout.compareTo(LOCK_TIMEOUT_MAX) < 0 ? timeout : LOCK_TIMEOUT_MAX;
        return wire.begin(
                caller.access(),
                ENTER,
                Parameter.bytes(key.get().proveEntry(caller, expires, wire.backendPid())),
                Parameter.text(caller.access().word()),
                Parameter.text(caller.tenant().value()),
                Parameter.text(caller.subject()),
                Parameter.uuid(caller.call()),
                Parameter.of(expires),
                Parameter.of(timeoutMillis),
                Parameter.of(Math.toIntExact(lockTimeout.toMillis())),
                Parameter.of(Math.toIntExact(timeout.plus(PATIENCE).toMillis())));
    }

    private static <R> Transaction<R> doneBefore(Wire.Reply entry) {
        String rows = entry.text(1);
        if (rows == null) {
            return new Transaction.Unknown<>(
                    new SQLException("the ledger has the call without its effect", "SP009"));
        }
        long affected = Long.parseLong(rows);
        return affected == CALLED_OFF
                ? new Transaction.Failed<>(
                        Stage.ENTER, new SQLException("the call was called off", CALLED_OFF_STATE))
                : new Transaction.DoneBefore<>(affected);
    }

    private static Attested attested(Wire.Reply entry) throws SQLException {
        String role = entry.text(2);
        String tenant = entry.text(4);
        if (role == null || tenant == null) {
            throw new SQLException("the database attested no context", MALFORMED_ANSWER);
        }
        return new Attested(role, "on".equals(entry.text(3)), tenant);
    }

    private void commit(Wire wire, Entry caller, long rowsAffected) throws SQLException {
        wire.runAndCommit(
                SETTLE,
                Parameter.bytes(
                        key.get()
                                .proveSettlement(
                                        caller.call().value(), rowsAffected, wire.backendPid())),
                Parameter.uuid(caller.call()),
                Parameter.of(rowsAffected));
    }

    /**
     * Entering the same call again waits for a transaction of it that has not ended, and then
     * tells: it is in the ledger, or it is not. Where it is not it is called off there, so that it
     * never will be: the command may be delivered once more, or stand in another executor's lane.
     */
    private <R> Transaction<R> askLedger(Entry caller, Duration timeout, SQLException cause) {
        for (int i = 0; i < LEDGER_ASKED_MAX; i++) {
            try (Lease lease = lease(Access.WRITE, timeout, new Cancellation())) {
                Wire.Reply entry = enter(lease.wire, caller, timeout);
                if ("t".equals(entry.text(0))) {
                    return doneBefore(entry);
                }
                commit(lease.wire, caller, CALLED_OFF);
                lease.committed();
                return new Transaction.Failed<>(Stage.COMMIT, cause);
            } catch (SQLException e) {
                LOG.atWarn()
                        .addKeyValue("callId", caller.call())
                        .addKeyValue("sqlState", e.getSQLState())
                        .log("the ledger cannot be asked what became of a write");
            }
        }
        return new Transaction.Unknown<>(cause);
    }

    /**
     * What became of a write that may have run when it was delivered before; it is not run now. The
     * answer is {@code DoneBefore}, {@code Failed} where it did not run and never will, or {@code
     * Unknown}.
     *
     * @param timeout how long to wait for a transaction of the same call that has not ended
     */
    public <R> Transaction<R> recall(Entry caller, Duration timeout) {
        return askLedger(
                caller, timeout, new SQLException("the ledger does not have the call", "SP012"));
    }

    private Lease lease(Access access, Duration timeout, Cancellation cancellation)
            throws SQLException {
        Connection pooled = pool.take();
        try {
            Wire wire = new Wire(pooled.unwrap(BaseConnection.class));
            if (wire.isSuperuser()) {
                throw new SQLException("a superuser stands above row-level security", "SP006");
            }
            wire.setPatience(timeout.plus(PATIENCE));
            Lease lease = new Lease(pooled, wire, access, cancellation);
            cancellation.attach(wire);
            return lease;
        } catch (SQLException | RuntimeException e) {
            pool.discard(pooled);
            throw e;
        }
    }

    /** A connection for the time of one transaction. Closing it undoes whatever was left. */
    private final class Lease implements AutoCloseable {
        private final Connection pooled;
        private final Wire wire;
        private final Access access;
        private final Cancellation cancellation;
        private boolean committed;

        Lease(Connection pooled, Wire wire, Access access, Cancellation cancellation) {
            this.pooled = pooled;
            this.wire = wire;
            this.access = access;
            this.cancellation = cancellation;
        }

        void committed() {
            committed = true;
        }

        @Override
        public void close() {
            boolean stopped = cancellation.release();
            if (stopped || wire.isBroken() || !cleaned()) {
                // a request to cancel may still be under way and would hit the next caller
                pool.discard(pooled);
            } else {
                pool.giveBack(pooled);
            }
        }

        private boolean cleaned() {
            try {
                switch (access) {
                    case READ -> wire.command(LEAVE_READ);
                    case WRITE -> {
                        if (!committed) {
                            wire.command(ROLLBACK);
                        }
                        wire.command(FORGET_ALL);
                    }
                }
                return true;
            } catch (SQLException e) {
                LOG.atWarn()
                        .addKeyValue("backendPid", wire.backendPid())
                        .addKeyValue("sqlState", e.getSQLState())
                        .log("a connection could not be cleaned and is closed");
                return false;
            }
        }
    }

    /** Closes the connections, waiting so long for calls that use them. */
    void close(Duration within) {
        pool.close(within);
    }
}
