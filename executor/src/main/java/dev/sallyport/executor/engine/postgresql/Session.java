package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.engine.Caller;
import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.executor.engine.Ending;
import dev.sallyport.executor.engine.Stopwatch;
import dev.sallyport.executor.engine.postgresql.Seal.Kind;
import dev.sallyport.executor.engine.postgresql.Transaction.Stage;
import dev.sallyport.schema.event.Attested;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one door to a tenant's database: {@link #as} runs one statement in one transaction under one
 * caller's sealed context, and nothing that it did to its connection is there for the next caller.
 * A read is one exchange with the server, a write is two, and one whose effect is compared is
 * three.
 */
final class Session {
    /** How long the proof of a context is good for. */
    private static final Duration PROOF_LASTS = Duration.ofSeconds(60);

    /** What an answer may take beyond the call's own time before the socket counts as dead. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** How long the ledger is waited for when a write's own connection failed. */
    private static final Duration LEDGER_WITHIN = Duration.ofSeconds(10);

    private static final int LEDGER_ASKED_MAX = 3;

    /** What the ledger has instead of a number of rows where a call is never to run. */
    private static final long CALLED_OFF = -1;

    /** What it has where the call's effect was not the approved one, so that it never runs. */
    private static final long EFFECT_CHANGED = -2;

    /** SQLSTATE of ours: the ledger says that the call's effect was not the approved one. */
    static final String EFFECT_CHANGED_STATE = "SP024";

    /** SQLSTATE of ours: the ledger says that the call is never to run. */
    static final String CALLED_OFF_STATE = "SP013";

    /** SQLSTATE of ours: the write was not confirmed in its time, and was rolled back. */
    static final String UNCONFIRMED = "SP023";

    private static final String NOT_PROVED = "SP002";
    private static final String UNSETTLED = "SP009";
    private static final String IN_LEDGER = "SP011";
    private static final String NO_CURSOR = "34000";
    private static final String UNLOCK = "select pg_catalog.pg_advisory_unlock_all()";
    private static final String ENTER = "select sallyport.enter()";

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);

    private final Backends backends;
    private final SealKeys keys;
    private final InstantSource clock;

    Session(Backends backends, SealKeys keys, InstantSource clock) {
        this.backends = backends;
        this.keys = keys;
        this.clock = clock;
    }

    /**
     * Runs the work as the caller. A write is entered in the ledger in the same transaction, and is
     * not run when the ledger has it already; its statement runs while it is confirmed, and nothing
     * of it is committed before.
     *
     * @param within how long all of it may take
     */
    <R> Transaction<R> as(
            Caller caller,
            Ending ending,
            Duration within,
            Cancellation cancellation,
            Stopwatch watch,
            Work<R> work) {
        long until = System.nanoTime() + within.toNanos();
        Turn<R> turn = new Turn<>(caller, ending, until, cancellation, watch, work);
        Transaction<R> first = turn.run();
        if (first instanceof Transaction.Failed<R>(var _, var cause)
                && NOT_PROVED.equals(cause.getSQLState())
                && turn.usedKey != null
                && keys.changedFrom(turn.usedKey)) {
            return turn.run(); // nothing ran, and the key was another one
        }
        return first;
    }

    /** One call on its way, on one connection. */
    private final class Turn<R> {
        private final Caller caller;
        private final Ending ending;
        private final long until;
        private final Cancellation cancellation;
        private final Stopwatch watch;
        private final Work<R> work;
        private List<Parameter> parameters;
        private @Nullable SealKey usedKey;

        Turn(
                Caller caller,
                Ending ending,
                long until,
                Cancellation cancellation,
                Stopwatch watch,
                Work<R> work) {
            this.caller = caller;
            this.ending = ending;
            this.until = until;
            this.cancellation = cancellation;
            this.watch = watch;
            this.work = work;
            this.parameters = work.parameters();
        }

        Transaction<R> run() {
            Backend backend;
            SealKey key;
            try {
                backend = backends.take(left());
            } catch (SQLException e) {
                watch.lap(Stopwatch.Part.CONNECTION);
                return new Transaction.Failed<>(Stage.CONNECT, e);
            }
            watch.lap(Stopwatch.Part.CONNECTION);
            Lease lease = new Lease(backend, cancellation);
            try {
                cancellation.check();
                backend.wire().setPatience(left().plus(PATIENCE));
                parameters = byPlace(backend);
                cancellation.check();
                key = keys.key();
                usedKey = key;
                return switch (ending) {
                    case Ending.RollBack _ -> read(lease, key);
                    case Ending.Commit(var confirmation) -> write(lease, key, confirmation);
                    case Ending.Rehearse _ -> rehearse(lease, key);
                    case Ending.CommitIf approved -> compare(lease, key, approved);
                };
            } catch (SQLException e) {
                lease.end(false);
                return new Transaction.Failed<>(Stage.ENTER, e);
            } catch (RuntimeException e) {
                lease.end(false);
                throw e;
            }
        }

        /** What a JSON array is depends on its place, so the database is asked for the types. */
        private List<Parameter> byPlace(Backend backend) throws SQLException {
            if (work.parameters().stream().allMatch(parameter -> parameter.list() == null)) {
                return work.parameters();
            }
            int[] oids = backend.wire().parameterTypes(work.sql(), work.parameters());
            if (oids.length != work.parameters().size()) {
                return work.parameters();
            }
            Work.Types types = backend.types(true);
            Set<Integer> unknown = new LinkedHashSet<>();
            for (int oid : oids) {
                if (types.known(oid) == null) {
                    unknown.add(oid);
                }
            }
            Map<Integer, ColumnType> told = unknown.isEmpty() ? Map.of() : types.ask(unknown);
            List<Parameter> placed = new ArrayList<>(oids.length);
            for (int i = 0; i < oids.length; i++) {
                ColumnType known = types.known(oids[i]);
                ColumnType type =
                        known == null ? told.getOrDefault(oids[i], ColumnType.UNKNOWN) : known;
                placed.add(work.parameters().get(i).as(type));
            }
            return placed;
        }

        private Duration left() {
            return Duration.ofNanos(Math.max(0, until - System.nanoTime()));
        }

        private Transaction<R> read(Lease lease, SealKey key) {
            Backend backend = lease.backend;
            Wire wire = backend.wire();
            String prefix = prefix(backend, key, caller, Kind.READ);
            boolean shared = backend.attested().tenant() == null;
            Backend.Texts tenant = new Backend.Texts();
            Wire.Reply reply;
            try {
                wire.add("begin read only");
                int before = 1 + limitTime(backend);
                add(backend, prefix, true);
                if (shared) {
                    wire.add(prefix, UNLOCK + ", sallyport.claim('tenant')", List.of(), 0, tenant);
                } else {
                    wire.add(UNLOCK);
                }
                reply = wire.add("deallocate all").add("rollback").exchange(true);
                watch.lap(Stopwatch.Part.EXECUTION);
                if (reply.error() != null) {
                    SQLException cause = explained(lease, reply.error());
                    lease.end(false);
                    return new Transaction.Failed<>(
                            reply.done() < before ? Stage.ENTER : Stage.STATEMENT, cause);
                }
                R made = work.taking().made(reply.affected());
                lease.end(reply.status() == 'I');
                watch.lap(Stopwatch.Part.FETCH);
                return new Transaction.Done<>(
                        made,
                        shared && tenant.values.size() == 2
                                ? tenant(backend.attested(), tenant.values.get(1))
                                : backend.attested());
            } catch (SQLException e) {
                watch.lap(Stopwatch.Part.EXECUTION);
                lease.end(false);
                return new Transaction.Failed<>(Stage.STATEMENT, e);
            }
        }

        /** Adds the statement's own timeout where it is shorter than the connection's. */
        private int limitTime(Backend backend) {
            Duration left = left();
            if (left.plusSeconds(1).compareTo(backend.statementTimeout()) >= 0) {
                return 0;
            }
            backend.wire().add("set local statement_timeout = " + Math.max(1, left.toMillis()));
            return 1;
        }

        /**
         * Adds the statement.
         *
         * @param ended whether its transaction is over when its rows are through
         */
        private void add(Backend backend, String prefix, boolean ended) {
            work.taking().begin(backend.types(ended));
            backend.wire()
                    .add(
                            prefix + work.comment(),
                            work.sql(),
                            parameters,
                            work.rowsMax(),
                            work.taking());
        }

        private Transaction<R> write(Lease lease, SealKey key, Ending.Confirmation confirmation) {
            Backend backend = lease.backend;
            Wire wire = backend.wire();
            R made;
            long affected;
            try {
                wire.add("begin");
                int before = 1 + limitTime(backend);
                wire.add(prefix(backend, key, caller, Kind.ENTER), ENTER, List.of(), 0, null);
                add(backend, prefix(backend, key, caller, Kind.WRITE), false);
                Wire.Reply reply = wire.exchange(false);
                watch.lap(Stopwatch.Part.EXECUTION);
                if (reply.error() != null) {
                    return enteredNot(lease, reply, before);
                }
                affected = reply.affected();
                // before the commit: nothing may fail after it
                made = work.taking().made(affected);
                confirm(confirmation);
            } catch (SQLException e) {
                return brokenOff(lease, e);
            }
            return commit(lease, key, made, affected);
        }

        /**
         * Waits until it may be committed.
         *
         * @throws SQLException if it may not
         */
        private void confirm(Ending.Confirmation confirmation) throws SQLException {
            boolean confirmed = confirmed(confirmation);
            cancellation.check();
            if (!confirmed) {
                throw new SQLException("the write is not confirmed", UNCONFIRMED);
            }
            if (left().isZero()) {
                throw new SQLException("the call's time is over", "57014");
            }
        }

        /** The write was not committed here; where the connection broke the ledger is asked. */
        private Transaction<R> brokenOff(Lease lease, SQLException cause) {
            boolean whole = !lease.backend.wire().isBroken();
            lease.end(false);
            return whole
                    ? new Transaction.Failed<>(Stage.STATEMENT, cause)
                    : askLedger(caller, LEDGER_WITHIN, cause);
        }

        /**
         * The statement runs as one that is committed, under a context of the same kind, and does
         * not learn that it is not.
         */
        private Transaction<R> rehearse(Lease lease, SealKey key) {
            Backend backend = lease.backend;
            Wire wire = backend.wire();
            EffectCursor cursor = cursor();
            try {
                wire.add("begin");
                int before = 1 + limitTime(backend) + EffectCursor.BEFORE;
                addWatched(backend, key, cursor);
                Wire.Reply reply = wire.exchange(false);
                watch.lap(Stopwatch.Part.EXECUTION);
                if (reply.error() != null) {
                    return rehearsedNot(lease, reply, before);
                }
                long affected = reply.affected();
                cancellation.check();
                addReading(backend, key, cursor);
                reply = wire.add("rollback").exchange(false);
                if (reply.error() != null) {
                    return rehearsedNot(lease, reply, 0);
                }
                R made = work.taking().made(affected);
                lease.end(false);
                watch.lap(Stopwatch.Part.FETCH);
                return new Transaction.Done<>(
                        made, tenant(backend.attested(), caller.tenant().value()));
            } catch (SQLException e) {
                lease.end(false);
                return new Transaction.Failed<>(Stage.STATEMENT, e);
            }
        }

        /**
         * As a write, whose effect is read as a rehearsal's before it is committed. What is
         * compared is what is committed: nothing of the statement's can run any more, and what it
         * changed is locked for others.
         */
        private Transaction<R> compare(Lease lease, SealKey key, Ending.CommitIf approved) {
            Backend backend = lease.backend;
            Wire wire = backend.wire();
            EffectCursor cursor = cursor();
            R made;
            long affected;
            try {
                wire.add("begin");
                int before = 1 + limitTime(backend) + EffectCursor.BEFORE;
                wire.add(prefix(backend, key, caller, Kind.ENTER), ENTER, List.of(), 0, null);
                addWatched(backend, key, cursor);
                Wire.Reply reply = wire.exchange(false);
                watch.lap(Stopwatch.Part.EXECUTION);
                if (reply.error() != null) {
                    return enteredNot(lease, reply, before);
                }
                affected = reply.affected();
                made = work.taking().made(affected);
                cancellation.check();
                addReading(backend, key, cursor);
                reply = wire.exchange(false);
                if (reply.error() != null) {
                    return readNot(lease, reply.error(), reply.status());
                }
                Effect effect = cursor.effect(affected);
                if (effect.hindrance() != null || effect.isContradictory()) {
                    lease.end(false);
                    return new Transaction.Changed<>(effect);
                }
                if (!EffectDigest.isOf(approved.effectDigest(), effect, key)) {
                    lease.end(false);
                    return noteChanged(effect);
                }
                confirm(approved.confirmation());
            } catch (SQLException e) {
                return brokenOff(lease, e);
            }
            return commit(lease, key, made, affected);
        }

        /** Where the cursor is gone the transaction may be another one, and the ledger is asked. */
        private Transaction<R> readNot(Lease lease, SQLException cause, char status) {
            lease.end(false);
            return status == 'E' && !NO_CURSOR.equals(cause.getSQLState())
                    ? new Transaction.Failed<>(Stage.STATEMENT, cause)
                    : askLedger(caller, LEDGER_WITHIN, cause);
        }

        private EffectCursor cursor() {
            return Objects.requireNonNull(work.effect(), "nobody takes the effect");
        }

        /** Adds the statement, between the cursor that will tell its effect and what it defers. */
        private void addWatched(Backend backend, SealKey key, EffectCursor cursor) {
            cursor.addBefore(backend.wire(), prefix(backend, key, caller, Kind.EFFECT));
            String theirs = prefix(backend, key, caller, Kind.WRITE);
            add(backend, theirs, false);
            EffectCursor.addDeferred(backend.wire(), theirs);
        }

        private void addReading(Backend backend, SealKey key, EffectCursor cursor) {
            backend.wire().add("set local statement_timeout = " + Math.max(1, left().toMillis()));
            cursor.addAfter(
                    backend.wire(),
                    prefix(backend, key, caller, Kind.EFFECT),
                    prefix(backend, key, caller, Kind.WRITE));
        }

        /** So that whoever is delivered the call once more tells the same, and does not run it. */
        private Transaction<R> noteChanged(Effect effect) {
            try {
                SQLException said = callOff(caller, LEDGER_WITHIN, EFFECT_CHANGED);
                if (said == null) {
                    return new Transaction.Changed<>(effect);
                }
                if (IN_LEDGER.equals(said.getSQLState())) {
                    return told(said);
                }
                throw said;
            } catch (SQLException e) {
                // it was rolled back all the same, as a write that failed
                LOG.atWarn()
                        .addKeyValue("callId", caller.call())
                        .addKeyValue("sqlState", e.getSQLState())
                        .log("the ledger could not be told that an effect had changed");
                return new Transaction.Changed<>(effect);
            }
        }

        /** Where the transaction is not the one that was begun, something was committed in it. */
        private Transaction<R> rehearsedNot(Lease lease, Wire.Reply reply, int before) {
            SQLException cause = Objects.requireNonNull(reply.error());
            boolean entering = reply.done() < before;
            SQLException explained = entering ? explained(lease, cause) : cause;
            lease.end(false);
            return reply.status() == 'E' && !NO_CURSOR.equals(cause.getSQLState())
                    ? new Transaction.Failed<>(entering ? Stage.ENTER : Stage.STATEMENT, explained)
                    : new Transaction.Unknown<>(
                            new SQLException("the transaction is another one", UNSETTLED, cause));
        }

        /** What is not confirmed in the call's time is rolled back. */
        private boolean confirmed(Ending.Confirmation confirmation) {
            try {
                return confirmation.within(left());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }

        /** The connection is whole, and what failed is rolled back if its block still stands. */
        private Transaction<R> enteredNot(Lease lease, Wire.Reply reply, int before) {
            SQLException cause = Objects.requireNonNull(reply.error());
            boolean entering = reply.done() <= before;
            SQLException explained = entering ? explained(lease, cause) : cause;
            lease.end(false);
            if (entering && IN_LEDGER.equals(cause.getSQLState())) {
                return told(cause);
            }
            return reply.status() == 'E'
                    ? new Transaction.Failed<>(entering ? Stage.ENTER : Stage.STATEMENT, explained)
                    : askLedger(caller, LEDGER_WITHIN, cause);
        }

        private Transaction<R> commit(Lease lease, SealKey key, R made, long affected) {
            Backend backend = lease.backend;
            Wire wire = backend.wire();
            try {
                wire.add("set local statement_timeout = " + Math.max(1, left().toMillis()))
                        .add("reset synchronous_commit")
                        .add(
                                prefix(backend, key, caller, Kind.WRITE),
                                "set constraints all immediate",
                                List.of(),
                                0,
                                null);
                addSettling(backend, key, caller, affected);
                wire.sync();
                backend.addForgetting();
                wire.send();
                Wire.Reply reply = wire.receive(false);
                reply.require();
                lease.endForgetting();
                watch.lap(Stopwatch.Part.FETCH);
                return new Transaction.Done<>(
                        made, tenant(backend.attested(), caller.tenant().value()));
            } catch (SQLException e) {
                lease.end(false, true);
                return askLedger(caller, LEDGER_WITHIN, e);
            } catch (RuntimeException e) {
                lease.end(false, true);
                return askLedger(caller, LEDGER_WITHIN, new SQLException("failed", "XX000", e));
            }
        }
    }

    private static Attested tenant(Attested attested, @Nullable String tenant) {
        return attested.tenant() != null
                ? attested
                : new Attested(attested.role(), attested.rowSecurity(), tenant);
    }

    private String prefix(Backend backend, SealKey key, Caller caller, Kind kind) {
        long expires = clock.instant().plus(PROOF_LASTS).getEpochSecond();
        return backend.seal().prefix(key, caller, kind, expires);
    }

    private void addSettling(Backend backend, SealKey key, Caller caller, long affected) {
        backend.wire()
                .add(
                        prefix(backend, key, caller, Kind.SETTLE),
                        "select sallyport.settle(" + affected + ")",
                        List.of(),
                        0,
                        null)
                .add(prefix(backend, key, caller, Kind.COMMIT), "commit", List.of(), 0, null);
    }

    /** A proof that is not taken may be one for another process: somebody stands in between. */
    private static SQLException explained(Lease lease, SQLException error) {
        try {
            if (NOT_PROVED.equals(error.getSQLState())
                    && lease.backend.cleaned()
                    && lease.backend.isAnother()) {
                return new SQLException("the connection is shared", Backend.POOLED, error);
            }
        } catch (SQLException e) {
            error.addSuppressed(e);
        }
        return error;
    }

    /** What the ledger says of a call that it has. */
    private static <R> Transaction<R> told(SQLException inLedger) {
        ServerErrorMessage message =
                inLedger instanceof PSQLException server ? server.getServerErrorMessage() : null;
        String rows = message == null ? null : message.getDetail();
        if (rows == null || !rows.matches("-?\\d{1,18}")) {
            return new Transaction.Unknown<>(
                    new SQLException("the ledger has the call without its effect", UNSETTLED));
        }
        long affected = Long.parseLong(rows);
        if (affected >= 0) {
            return new Transaction.DoneBefore<>(affected);
        }
        return new Transaction.Failed<>(
                Stage.ENTER,
                affected == EFFECT_CHANGED
                        ? new SQLException("its effect had changed", EFFECT_CHANGED_STATE)
                        : new SQLException("the call was called off", CALLED_OFF_STATE));
    }

    /** Whether the ledger was asked, and has the call without its effect. */
    static boolean isUnsettled(SQLException unknown) {
        return UNSETTLED.equals(unknown.getSQLState());
    }

    /**
     * Entering the same call again waits for a transaction of it that has not ended, and then
     * tells: it is in the ledger, or it is not. Where it is not it is called off there, so that it
     * never will be: the command may be delivered once more, or stand in another executor's lane.
     * No connection is held while this is called.
     */
    private <R> Transaction<R> askLedger(Caller caller, Duration within, SQLException cause) {
        for (int i = 0; i < LEDGER_ASKED_MAX; i++) {
            try {
                SQLException said = callOff(caller, within, CALLED_OFF);
                if (said == null) {
                    return new Transaction.Failed<>(Stage.COMMIT, cause);
                }
                if (IN_LEDGER.equals(said.getSQLState())) {
                    return told(said);
                }
                throw said;
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
     * Enters the call as one that is never to run, and gives what the database has against it.
     *
     * @param why one of the numbers below zero
     */
    private @Nullable SQLException callOff(Caller caller, Duration within, long why)
            throws SQLException {
        Backend backend = backends.take(within);
        Lease lease = new Lease(backend, new Cancellation());
        boolean clean = false;
        try {
            SealKey key = keys.key();
            backend.wire().setPatience(within.plus(PATIENCE));
            backend.wire()
                    .add("begin")
                    .add("set local lock_timeout = " + within.toMillis())
                    .add("set local statement_timeout = " + within.toMillis())
                    .add(prefix(backend, key, caller, Kind.ENTER), ENTER, List.of(), 0, null);
            addSettling(backend, key, caller, why);
            Wire.Reply reply = backend.wire().exchange(false);
            clean = reply.error() == null && reply.status() == 'I';
            if (reply.error() != null && NOT_PROVED.equals(reply.error().getSQLState())) {
                keys.changedFrom(key);
            }
            return reply.error();
        } finally {
            lease.end(clean);
        }
    }

    /**
     * What became of a write that may have run when it was delivered before; it is not run now. The
     * answer is {@code DoneBefore}, {@code Failed} where it did not run and never will, or {@code
     * Unknown}.
     *
     * @param within how long to wait for a transaction of the same call that has not ended
     */
    <R> Transaction<R> recall(Caller caller, Duration within) {
        return askLedger(
                caller, within, new SQLException("the ledger does not have the call", "SP012"));
    }

    /** A connection for the time of one call, which ends once. */
    private final class Lease {
        private final Backend backend;
        private final Cancellation cancellation;
        private boolean ended;

        Lease(Backend backend, Cancellation cancellation) {
            this.backend = backend;
            this.cancellation = cancellation;
            cancellation.attach(backend.wire());
        }

        void end(boolean clean) {
            end(clean, false);
        }

        /**
         * Gives the connection back, cleaned first if it is not clean.
         *
         * @param lost whether answers may be outstanding, so that it can only be closed
         */
        void end(boolean clean, boolean lost) {
            if (ended) {
                return;
            }
            ended = true;
            boolean stopped = cancellation.release();
            Wire wire = backend.wire();
            if (stopped || lost || wire.isBroken() || wire.isChanged()) {
                // a request to cancel may still be under way and would hit the next caller
                backends.discard(backend);
            } else if (clean) {
                backends.giveBack(backend);
            } else {
                Thread.ofVirtual().name("clean").start(() -> settle(backend.cleaned()));
            }
        }

        /** The call is done, and the connection is given back when it has forgotten it. */
        void endForgetting() {
            ended = true;
            if (cancellation.release() || backend.wire().isChanged()) {
                backends.discard(backend);
            } else {
                Thread.ofVirtual().name("forget").start(() -> settle(forgotten()));
            }
        }

        private boolean forgotten() {
            try {
                backend.wire().setPatience(PATIENCE);
                Wire.Reply reply = backend.wire().receive(false);
                return reply.error() == null
                        && reply.status() == 'I'
                        && !backend.wire().isChanged();
            } catch (SQLException e) {
                return false;
            }
        }

        private void settle(boolean clean) {
            if (clean) {
                backends.giveBack(backend);
            } else {
                LOG.atWarn()
                        .addKeyValue("connection", backend.wire())
                        .log("a connection could not be cleaned and is closed");
                backends.discard(backend);
            }
        }
    }

    /** Closes the connections, waiting so long for calls that use them. */
    void close(Duration within) {
        backends.close(within);
    }
}
