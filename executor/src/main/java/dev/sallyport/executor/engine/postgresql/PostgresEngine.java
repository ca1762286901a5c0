package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.engine.Answer;
import dev.sallyport.executor.engine.Call;
import dev.sallyport.executor.engine.Caller;
import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.executor.engine.Ending;
import dev.sallyport.executor.engine.Engine;
import dev.sallyport.executor.engine.Finding;
import dev.sallyport.executor.engine.Stopwatch;
import dev.sallyport.executor.failure.ExecutorException;
import dev.sallyport.executor.result.Result;
import dev.sallyport.executor.result.ResultWriter;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.Attested;
import dev.sallyport.schema.event.Instruction;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Masking;
import dev.sallyport.schema.secret.Secrets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/** A tenant's PostgreSQL database. */
public final class PostgresEngine implements Engine {
    private static final Answer OLDER =
            Rehearsal.cannot(
                    "the database's enrolment is older than rehearsals, and can be repeated at any"
                            + " time");

    private final Database database;
    private final SealKeys keys;
    private final Session session;
    private final InstantSource clock;

    private PostgresEngine(Database database, SealKeys keys, Session session, InstantSource clock) {
        this.database = database;
        this.keys = keys;
        this.session = session;
        this.clock = clock;
    }

    /**
     * The engine of the database; it connects when a call comes.
     *
     * @param plainAllowed whether connections to other machines may be unencrypted
     * @throws ExecutorException {@code database_url_refused}
     */
    public static PostgresEngine open(
            Database database, Secrets secrets, InstantSource clock, boolean plainAllowed) {
        String url = DatabaseUrl.checked(database.jdbcUrl(), plainAllowed);
        Duration statementTimeout = Duration.ofMillis(database.limits().timeoutMillis());
        Masking masking = database.masking();
        String masks = masking == null ? null : Masks.asked(masking);
        Backends backends =
                new Backends(
                        database.tenant() + "." + database.name(),
                        database.connectionsMax(),
                        Backends.IDLE_MAX,
                        within ->
                                Backend.open(
                                        url,
                                        database.user(),
                                        secrets.resolve(database.password()).value(),
                                        masks,
                                        statementTimeout,
                                        within,
                                        clock));
        SealKeys keys = new SealKeys(() -> SealKey.of(secrets.resolve(database.sealKey()).value()));
        return new PostgresEngine(database, keys, new Session(backends, keys, clock), clock);
    }

    Session session() {
        return session;
    }

    /** What is sent to the database for a call. */
    private record Statement(StatementText text, List<Parameter> parameters, boolean mustFind) {
        /** One of ours. */
        static Statement of(String sql, @Nullable String parameter, boolean mustFind) {
            return new Statement(
                    new StatementText(sql, IntUnaryOperator.identity()),
                    List.of(Parameter.untyped(parameter)),
                    mustFind);
        }
    }

    @Override
    public Answer run(Call call, Ending ending, Cancellation cancellation, Stopwatch watch) {
        Statement statement;
        try {
            statement = statement(call, ending.access());
        } catch (ExecutorException e) {
            return Answer.failed(e.code(), String.valueOf(e.getMessage()));
        }
        Duration within = within(call);
        if (within.isZero()) {
            return Problems.stopped(Cancellation.Reason.DEADLINE);
        }
        Pace pace = new Pace(cancellation, System.nanoTime() + within.toNanos());
        if (ending instanceof Ending.Rehearse) {
            return rehearse(call, statement, within, pace, cancellation, watch);
        }
        boolean write = !(ending instanceof Ending.RollBack);
        JsonRows rows = new JsonRows(call.limits(), write, pace, database.rules().cardNumbers());
        Transaction<Result> transaction =
                session.as(
                        call.caller(),
                        ending,
                        within,
                        cancellation,
                        watch,
                        new Work<>(
                                call.comment(),
                                statement.text().sql(),
                                statement.parameters(),
                                write ? 0 : rowsAsked(call.limits()),
                                rows,
                                ending instanceof Ending.CommitIf
                                        ? new EffectCursor(0, pace)
                                        : null));
        return switch (transaction) {
            case Transaction.Done<Result> _ when statement.mustFind() && rows.rows() == 0 ->
                    noTable();
            case Transaction.Done<Result>(var result, var attested) ->
                    succeeded(result, false, attested);
            case Transaction.DoneBefore<Result>(var rowsAffected) ->
                    succeeded(ResultWriter.effect(rowsAffected), true, null);
            case Transaction.Changed<Result>(var now)
                    when ending instanceof Ending.CommitIf(var approved, var _) ->
                    Rehearsal.changed(now, approved, keys.key());
            case Transaction.Changed<Result> _ ->
                    throw new IllegalStateException("no effect was approved");
            case Transaction.Failed<Result>(var stage, var cause)
                    when ending instanceof Ending.CommitIf && isOlder(stage, cause) ->
                    OLDER;
            case Transaction.Failed<Result>(var stage, var cause) ->
                    Problems.of(stage, cause, cancellation.requested(), statement.text().written());
            case Transaction.Unknown<Result>(var cause) when Session.isUnsettled(cause) ->
                    Answer.unsettled();
            case Transaction.Unknown<Result>(var cause) -> Problems.unknown(cause);
        };
    }

    private Answer rehearse(
            Call call,
            Statement statement,
            Duration within,
            Pace pace,
            Cancellation cancellation,
            Stopwatch watch) {
        EffectCursor cursor = new EffectCursor(call.limits().rowsMax(), pace);
        Transaction<Effect> transaction =
                session.as(
                        call.caller(),
                        new Ending.Rehearse(),
                        within,
                        cancellation,
                        watch,
                        new Work<>(
                                call.comment(),
                                statement.text().sql(),
                                statement.parameters(),
                                0,
                                new Rehearsed(cursor, pace),
                                cursor));
        return switch (transaction) {
            case Transaction.Done<Effect>(var effect, var attested) ->
                    Rehearsal.answer(
                            effect,
                            keys.key(),
                            call.limits(),
                            database.rules().cardNumbers(),
                            attested);
            case Transaction.Failed<Effect>(var stage, var cause) when isOlder(stage, cause) ->
                    OLDER;
            case Transaction.Failed<Effect>(var stage, var cause) ->
                    Problems.of(stage, cause, cancellation.requested(), statement.text().written());
            case Transaction.Unknown<Effect> _ -> Answer.unsettled();
            case Transaction.DoneBefore<Effect> _, Transaction.Changed<Effect> _ ->
                    throw new IllegalStateException("a rehearsal is in no ledger, nor compared");
        };
    }

    /** Rows of RETURNING are of no interest to a rehearsal. */
    private record Rehearsed(EffectCursor cursor, Pace pace) implements Work.Taking<Effect> {
        @Override
        public void columns(String[] names, int[] types) {}

        @Override
        public boolean wants(int bytes) throws SQLException {
            pace.on(bytes);
            return false;
        }

        @Override
        public void row(byte[] bytes, int columns) {}

        @Override
        public Effect made(long affected) throws SQLException {
            return cursor.effect(affected);
        }
    }

    private static boolean isOlder(Transaction.Stage stage, SQLException cause) {
        return stage == Transaction.Stage.ENTER && "42883".equals(cause.getSQLState());
    }

    private static Answer noTable() {
        return Problems.of(
                Transaction.Stage.STATEMENT,
                new SQLException("there is no such table, or it may not be seen", "42P01"),
                null,
                IntUnaryOperator.identity());
    }

    /** One more than the limit, so that it is known whether there are more. */
    private static int rowsAsked(Limits limits) {
        return limits.rowsMax() == Integer.MAX_VALUE ? 0 : limits.rowsMax() + 1;
    }

    @Override
    public Optional<Answer> recall(Caller caller, Duration within) {
        Transaction<Result> transaction = session.recall(caller, within);
        return switch (transaction) {
            case Transaction.DoneBefore<Result>(var rowsAffected) ->
                    Optional.of(succeeded(ResultWriter.effect(rowsAffected), true, null));
            case Transaction.Failed<Result>(var _, var cause)
                    when Session.EFFECT_CHANGED_STATE.equals(cause.getSQLState()) ->
                    Optional.of(Answer.effectChanged());
            case Transaction.Failed<Result> _ -> Optional.empty();
            case Transaction.Unknown<Result>(var cause) ->
                    Optional.of(Session.isUnsettled(cause) ? Answer.unsettled() : Answer.untold());
            case Transaction.Done<Result> _, Transaction.Changed<Result> _ ->
                    throw new IllegalStateException("the ledger is asked, nothing is done");
        };
    }

    @Override
    public void enroll(Connection administrator) {
        Enrolment.enrol(administrator, database.user(), database.tenant(), keys.key());
    }

    @Override
    public List<Finding> doctor(Connection administrator) {
        return Enrolment.doctor(administrator, database.user());
    }

    @Override
    public void close(Duration callsEndWithin) {
        session.close(callsEndWithin);
    }

    private static Answer succeeded(Result result, boolean repeated, @Nullable Attested attested) {
        return new Answer.Succeeded(
                result.json(),
                result.rows(),
                result.rowsAffected(),
                result.truncated(),
                result.cardNumbersCut(),
                repeated,
                attested);
    }

    private static Statement statement(Call call, Access access) {
        return switch (call.instruction()) {
            case Instruction.Statement(var sql, var params) -> {
                List<Parameter> parameters = Parameter.all(params);
                StatementText text = StatementText.of(sql, parameters.size(), access);
                yield new Statement(text, parameters, false);
            }
            case Instruction.ShowTables(var schema) ->
                    Statement.of(Catalog.SHOW_TABLES, schema, false);
            case Instruction.DescribeTable(var table) ->
                    Statement.of(Catalog.DESCRIBE_TABLE, table, true);
        };
    }

    /** All of the call, connecting and writing its rows included, may take so long. */
    private Duration within(Call call) {
        Duration left = Duration.between(clock.instant(), call.deadline());
        Duration limit = Duration.ofMillis(call.limits().timeoutMillis());
        Duration timeout = left.compareTo(limit) < 0 ? left : limit;
        return timeout.toMillis() < 1 ? Duration.ZERO : timeout;
    }
}
