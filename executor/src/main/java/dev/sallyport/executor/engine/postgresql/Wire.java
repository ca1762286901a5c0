package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.engine.Access;
import dev.sallyport.executor.engine.Cancellation;

import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.Field;
import org.postgresql.core.NativeQuery;
import org.postgresql.core.ParameterList;
import org.postgresql.core.Query;
import org.postgresql.core.QueryExecutor;
import org.postgresql.core.ResultCursor;
import org.postgresql.core.ResultHandlerBase;
import org.postgresql.core.SqlCommand;
import org.postgresql.core.Tuple;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The driver below JDBC: one message exchange a call, values in text form. Statements are parsed by
 * the server alone and never get a name there, so that no PREPARE or DEALLOCATE of a caller's can
 * put another statement in place of ours; a statement goes as one Parse message, so that the server
 * refuses a second one in its text.
 */
final class Wire implements Cancellation.Target {
    private static final int READ_ONLY_TRANSACTION = QueryExecutor.QUERY_READ_ONLY_HINT;
    private static final int ALWAYS =
            QueryExecutor.QUERY_ONESHOT
                    | QueryExecutor.QUERY_NO_BINARY_TRANSFER
                    | QueryExecutor.QUERY_BOTH_ROWS_AND_STATUS;

    private final BaseConnection connection;
    private final QueryExecutor executor;

    Wire(BaseConnection connection) {
        this.connection = connection;
        this.executor = connection.getQueryExecutor();
    }

    /** What the server answered to one message exchange. */
    static final class Reply extends ResultHandlerBase {
        private Field[] fields = new Field[0];
        private List<Tuple> rows = new ArrayList<>();
        private @Nullable ResultCursor cursor;
        private String status = "";
        private long changed;

        @Override
        public void handleResultRows(
                Query query, Field[] columns, List<Tuple> tuples, @Nullable ResultCursor more) {
            fields = columns;
            rows = tuples;
            cursor = more;
        }

        @Override
        public void handleCommandStatus(String command, long updateCount, long insertOid) {
            int space = command.indexOf(' ');
            status = space < 0 ? command : command.substring(0, space);
            changed = updateCount;
        }

        @Override
        public void handleWarning(SQLWarning warning) {
            // notices are for whoever sits at a terminal; they may hold values
        }

        Field[] fields() {
            return fields;
        }

        List<Tuple> rows() {
            return rows;
        }

        @Nullable ResultCursor cursor() {
            return cursor;
        }

        /** The command tag's word, such as INSERT; empty while rows are left to fetch. */
        String status() {
            return status;
        }

        long changed() {
            return changed;
        }

        @Nullable String text(int column) {
            byte[] value = rows.getFirst().get(column);
            return value == null ? null : new String(value, StandardCharsets.UTF_8);
        }
    }

    int backendPid() {
        return executor.getBackendPID();
    }

    /** Begins a transaction with the statement, in one exchange. */
    Reply begin(Access access, String sql, Parameter... parameters) throws SQLException {
        int flags =
                switch (access) {
                    case READ -> READ_ONLY_TRANSACTION;
                    case WRITE -> 0;
                };
        return exchange(query(sql, parameters.length), List.of(parameters), 0, flags);
    }

    /**
     * Runs one statement within the transaction.
     *
     * @param rowsAtOnce how many rows to take before the rest is left to {@link #fetch}; 0 for all
     */
    Reply run(String sql, List<Parameter> parameters, int rowsAtOnce) throws SQLException {
        int flags = QueryExecutor.QUERY_SUPPRESS_BEGIN;
        if (rowsAtOnce > 0) {
            flags |= QueryExecutor.QUERY_FORWARD_CURSOR;
        }
        return exchange(query(sql, parameters.size()), parameters, rowsAtOnce, flags);
    }

    /** Runs the statement and commits, in one exchange; nothing is committed if it fails. */
    void runAndCommit(String sql, Parameter... parameters) throws SQLException {
        Query both =
                executor.wrap(List.of(natively(sql, parameters.length), natively("COMMIT", 0)));
        exchange(both, List.of(parameters), 0, QueryExecutor.QUERY_SUPPRESS_BEGIN);
    }

    /** Runs fixed commands of ours as one simple query. */
    void command(String sql) throws SQLException {
        Reply reply = new Reply();
        executor.execute(
                query(sql, 0),
                null,
                reply,
                0,
                0,
                QueryExecutor.QUERY_SUPPRESS_BEGIN
                        | QueryExecutor.QUERY_EXECUTE_AS_SIMPLE
                        | QueryExecutor.QUERY_NO_METADATA
                        | QueryExecutor.QUERY_ONESHOT);
    }

    Reply fetch(ResultCursor cursor, int rowsAtOnce) throws SQLException {
        Reply reply = new Reply();
        executor.fetch(cursor, reply, rowsAtOnce, false);
        return reply;
    }

    private Reply exchange(Query query, List<Parameter> parameters, int rowsAtOnce, int flags)
            throws SQLException {
        ParameterList list = query.createParameterList();
        for (int i = 0; i < parameters.size(); i++) {
            Parameter parameter = parameters.get(i);
            if (parameter.text() == null) {
                list.setNull(i + 1, parameter.type());
            } else {
                list.setStringParameter(i + 1, parameter.text(), parameter.type());
            }
        }
        Reply reply = new Reply();
        executor.execute(query, list, reply, 0, rowsAtOnce, ALWAYS | flags);
        return reply;
    }

    private Query query(String sql, int parameters) {
        return executor.wrap(List.of(natively(sql, parameters)));
    }

    /**
     * The text goes to the server as it is; the driver only needs to know how many values follow.
     */
    private static NativeQuery natively(String sql, int parameters) {
        return new NativeQuery(sql, new int[parameters], false, SqlCommand.BLANK);
    }

    String typeName(int oid) throws SQLException {
        String name = connection.getTypeInfo().getPGType(oid);
        return name == null ? "unknown" : name;
    }

    /** Reads of the socket fail after this; 0 is never. */
    void setPatience(Duration patience) throws SQLException {
        try {
            executor.setNetworkTimeout(Math.toIntExact(patience.toMillis()));
        } catch (IOException e) {
            throw new SQLException("the connection is gone", "08006", e);
        }
    }

    @Override
    public void cancel() throws SQLException {
        connection.cancelQuery();
    }

    @Override
    public void abort() {
        executor.abort();
    }

    @Override
    public String toString() {
        return "backend " + backendPid();
    }

    boolean isBroken() {
        return executor.isClosed();
    }

    boolean isSuperuser() {
        return "on".equals(executor.getParameterStatus("is_superuser"));
    }
}
