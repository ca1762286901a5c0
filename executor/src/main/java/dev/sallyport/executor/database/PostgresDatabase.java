package dev.sallyport.executor.database;

import dev.sallyport.executor.failure.ExecutorException;
import dev.sallyport.executor.session.Access;
import dev.sallyport.executor.session.Batch;
import dev.sallyport.executor.session.Caller;
import dev.sallyport.executor.session.Cancellation;
import dev.sallyport.executor.session.Parameter;
import dev.sallyport.executor.session.SealedConnection;
import dev.sallyport.executor.session.Session;
import dev.sallyport.executor.session.Stopwatch;
import dev.sallyport.executor.session.Transaction;
import dev.sallyport.schema.event.Attested;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Runs calls in a tenant's PostgreSQL database. */
public final class PostgresDatabase {
    /** How long a transaction of the same call, which another executor began, is waited for. */
    private static final Duration RECALL_WITHIN = Duration.ofSeconds(10);

    private final Session session;
    private final InstantSource clock;

    public PostgresDatabase(Session session, InstantSource clock) {
        this.session = session;
        this.clock = clock;
    }

    /** What is sent to the database for a call. */
    private record Statement(String sql, List<Parameter> parameters) {}

    /** Runs the call and tells what became of it; every failure is an answer. */
    public Answer run(ToolCall call, Cancellation cancellation, Stopwatch watch) {
        Statement statement;
        try {
            statement = statement(call);
        } catch (ExecutorException e) {
            return Answer.failed(e.code(), String.valueOf(e.getMessage()));
        }
        Duration timeout = timeout(call);
        if (timeout.isZero()) {
            return Problems.stopped(Cancellation.Reason.DEADLINE);
        }
        Transaction<ResultJson.Result> transaction =
                session.as(
                        new Caller(call.tenant(), call.subject(), call.call(), call.access()),
                        timeout,
                        cancellation,
                        watch,
                        connection -> work(call, statement, connection, watch));
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

    /**
     * What became of a write that may have run when it was delivered before: its answer, or empty
     * where it did not run.
     */
    public Optional<Answer> recall(Caller caller) {
        Transaction<ResultJson.Result> transaction = session.recall(caller, RECALL_WITHIN);
        return switch (transaction) {
            case Transaction.DoneBefore<ResultJson.Result>(var rowsAffected) ->
                    Optional.of(succeeded(ResultJson.remembered(rowsAffected), true, null));
            case Transaction.Failed<ResultJson.Result> _ -> Optional.empty();
            case Transaction.Unknown<ResultJson.Result> _ -> Optional.of(Answer.untold());
            case Transaction.Done<ResultJson.Result> _ ->
                    throw new IllegalStateException("the ledger is asked, nothing is done");
        };
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

    private static Statement statement(ToolCall call) {
        CallArguments arguments = CallArguments.of(call.arguments());
        return switch (call.tool()) {
            case "db_query", "db_execute" -> {
                List<Parameter> parameters = arguments.parameters();
                StatementText text =
                        StatementText.of(
                                arguments.required("sql"), parameters.size(), call.access());
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

    private Duration timeout(ToolCall call) {
        Duration left = Duration.between(clock.instant(), call.deadline());
        Duration limit = Duration.ofMillis(call.limits().timeoutMillis());
        Duration timeout = left.compareTo(limit) < 0 ? left : limit;
        return timeout.toMillis() < 1 ? Duration.ZERO : timeout;
    }

    private static ResultJson.Result work(
            ToolCall call, Statement statement, SealedConnection connection, Stopwatch watch)
            throws SQLException {
        boolean reads = call.access() == Access.READ;
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
