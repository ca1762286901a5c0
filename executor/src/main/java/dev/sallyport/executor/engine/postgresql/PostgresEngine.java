package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.engine.Access;
import dev.sallyport.executor.engine.Answer;
import dev.sallyport.executor.engine.Call;
import dev.sallyport.executor.engine.Caller;
import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.executor.engine.Ending;
import dev.sallyport.executor.engine.Engine;
import dev.sallyport.executor.engine.Finding;
import dev.sallyport.executor.engine.Stopwatch;
import dev.sallyport.executor.failure.ExecutorException;
import dev.sallyport.schema.event.Attested;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.secret.Secrets;

import org.jspecify.annotations.Nullable;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** A tenant's PostgreSQL database. */
public final class PostgresEngine implements Engine {
    private final Database database;
    private final Supplier<SealKey> key;
    private final Session session;
    private final InstantSource clock;

    private PostgresEngine(
            Database database, Supplier<SealKey> key, Session session, InstantSource clock) {
        this.database = database;
        this.key = key;
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
        Supplier<SealKey> key = () -> SealKey.of(secrets.resolve(database.sealKey()).value());
        ConnectionPool pool =
                ConnectionPool.of(
                        database.tenant() + "." + database.name(),
                        DatabaseUrl.checked(database.jdbcUrl(), plainAllowed),
                        database.user(),
                        () -> secrets.resolve(database.password()),
                        database.connectionsMax());
        return new PostgresEngine(database, key, new Session(pool, key, clock), clock);
    }

    Session session() {
        return session;
    }

    /** What is sent to the database for a call. */
    private record Statement(String sql, List<Parameter> parameters) {}

    @Override
    public Answer run(Call call, Ending ending, Cancellation cancellation, Stopwatch watch) {
        Statement statement;
        try {
            statement = statement(call, ending.access());
        } catch (ExecutorException e) {
            return Answer.failed(e.code(), String.valueOf(e.getMessage()));
        }
        Duration timeout = timeout(call);
        if (timeout.isZero()) {
            return Problems.stopped(Cancellation.Reason.DEADLINE);
        }
        Transaction<ResultJson.Result> transaction =
                session.as(
                        new Entry(call.caller(), ending.access()),
                        timeout,
                        cancellation,
                        watch,
                        connection -> work(call, ending.access(), statement, connection, watch));
        return switch (transaction) {
            case Transaction.Done<ResultJson.Result>(var result, var attested) ->
                    succeeded(result, false, attested);
            case Transaction.DoneBefore<ResultJson.Result>(var rowsAffected) ->
                    succeeded(ResultJson.remembered(rowsAffected), true, null);
            case Transaction.Failed<ResultJson.Result>(var stage, var cause) ->
                    Problems.of(stage, cause, cancellation.requested());
            case Transaction.Unknown<ResultJson.Result>(var cause) -> Problems.unknown(cause);
        };
    }

    @Override
    public Optional<Answer> recall(Caller caller, Duration within) {
        Transaction<ResultJson.Result> transaction =
                session.recall(new Entry(caller, Access.WRITE), within);
        return switch (transaction) {
            case Transaction.DoneBefore<ResultJson.Result>(var rowsAffected) ->
                    Optional.of(succeeded(ResultJson.remembered(rowsAffected), true, null));
            case Transaction.Failed<ResultJson.Result> _ -> Optional.empty();
            case Transaction.Unknown<ResultJson.Result> _ -> Optional.of(Answer.untold());
            case Transaction.Done<ResultJson.Result> _ ->
                    throw new IllegalStateException("the ledger is asked, nothing is done");
        };
    }

    @Override
    public void enroll(Connection administrator) {
        Enrolment.enrol(administrator, database.user(), database.tenant(), key.get());
    }

    @Override
    public List<Finding> doctor(Connection administrator) {
        return Enrolment.doctor(administrator, database.user());
    }

    @Override
    public void close(Duration callsEndWithin) {
        session.close(callsEndWithin);
    }

    private static Answer succeeded(
            ResultJson.Result result, boolean repeated, @Nullable Attested attested) {
        return new Answer.Succeeded(
                result.json(),
                result.rows(),
                result.rowsAffected(),
                result.truncated(),
                repeated,
                attested);
    }

    private static Statement statement(Call call, Access access) {
        CallArguments arguments = CallArguments.of(call.arguments());
        return switch (call.tool()) {
            case "db_query", "db_execute" -> {
                List<Parameter> parameters = arguments.parameters();
                StatementText text =
                        StatementText.of(arguments.required("sql"), parameters.size(), access);
                yield new Statement(call.comment() + text.sql(), parameters);
            }
            case "show_tables" ->
                    new Statement(
                            call.comment() + Catalog.SHOW_TABLES,
                            List.of(Parameter.untyped(arguments.optional("schema"))));
            case "describe_table" ->
                    new Statement(
                            call.comment() + Catalog.DESCRIBE_TABLE,
                            List.of(Parameter.untyped(arguments.required("table"))));
            default ->
                    throw new ExecutorException(
                            "tool_unknown", "this executor has no tool " + call.tool());
        };
    }

    private Duration timeout(Call call) {
        Duration left = Duration.between(clock.instant(), call.deadline());
        Duration limit = Duration.ofMillis(call.limits().timeoutMillis());
        Duration timeout = left.compareTo(limit) < 0 ? left : limit;
        return timeout.toMillis() < 1 ? Duration.ZERO : timeout;
    }

    private static ResultJson.Result work(
            Call call,
            Access access,
            Statement statement,
            SealedConnection connection,
            Stopwatch watch)
            throws SQLException {
        boolean reads = access == Access.READ;
        Batch first =
                connection.run(
                        statement.sql(),
                        statement.parameters(),
                        ResultJson.firstRows(call.limits()));
        watch.lap(Stopwatch.Part.EXECUTION);
        ResultJson json = new ResultJson(connection, call.limits());
        ResultJson.Result result = reads ? json.read(first) : json.written(first);
        if (reads && call.tool().equals("describe_table") && result.rows() == 0) {
            throw new SQLException("there is no such table, or it may not be seen", "42P01");
        }
        watch.lap(Stopwatch.Part.FETCH);
        return result;
    }
}
