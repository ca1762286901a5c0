package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.engine.Cancellation;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.PGStream;
import org.postgresql.core.QueryExecutor;
import org.postgresql.core.QueryExecutorBase;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * The protocol's messages (PostgreSQL documentation, "Frontend/Backend Protocol", version 3.0) over
 * a connection that the driver opened: the driver connects, authenticates, encrypts and cancels;
 * from then on only this class speaks. Statements are collected and sent in one go with one Sync,
 * so that a failure skips all that follow it. No statement gets a name on the server, where a
 * caller's PREPARE or DEALLOCATE could put another in its place, and each goes as one Parse
 * message, so that the server refuses a second one in its text. Values are in text form. Used by
 * one thread at a time, except to cancel.
 */
final class Wire implements Cancellation.Target {
    /** The field of the driver that has the stream; a test holds it to the driver's version. */
    private static final VarHandle STREAM = stream();

    /**
     * A change of one of these, which a caller made, changes what is read or who the session is.
     */
    private static final Set<String> WATCHED =
            Set.of(
                    "client_encoding",
                    "standard_conforming_strings",
                    "DateStyle",
                    "IntervalStyle",
                    "session_authorization",
                    "is_superuser");

    /** Rows that are not wanted are read and dropped up to so many bytes. */
    private static final int SKIPPED_BYTES_MAX = 4 << 20;

    /** A message other than a row has at most so many bytes. */
    private static final int MESSAGE_BYTES_MAX = 1 << 20;

    private static final int KEPT_BYTES_MAX = 1 << 16;
    private static final String BROKEN = "08006";
    private static final String VIOLATION = "08P01";

    private final BaseConnection connection;
    private final QueryExecutor executor;
    private final PGStream stream;
    private final List<Sent> sent = new ArrayList<>();
    private byte[] out = new byte[2_048];
    private int length;
    private byte[] in = new byte[8_192];
    private int[] parameterTypes = new int[0];
    private boolean changed;
    private volatile boolean broken;

    /** A statement that was sent and who takes its rows. */
    private record Sent(int ownCharacters, @Nullable Rows rows) {}

    /**
     * What the server answered up to one ReadyForQuery.
     *
     * @param done how many of the statements ran to their end
     * @param error of the one after them; null if all ran
     * @param affected rows that the statements added, changed or removed
     * @param status I outside a transaction, T within one, E within one that failed; 0 where the
     *     rest of the answer was not waited for
     */
    record Reply(int done, @Nullable SQLException error, long affected, char status) {
        void require() throws SQLException {
            if (error != null) {
                throw error;
            }
        }
    }

    Wire(BaseConnection connection) {
        this.connection = connection;
        this.executor = connection.getQueryExecutor();
        this.stream = (PGStream) STREAM.get(executor);
    }

    private static VarHandle stream() {
        try {
            return MethodHandles.privateLookupIn(QueryExecutorBase.class, MethodHandles.lookup())
                    .findVarHandle(QueryExecutorBase.class, "pgStream", PGStream.class);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(
                    "this version of the PostgreSQL driver keeps its stream elsewhere: use the one"
                            + " that the executor was built with",
                    e);
        }
    }

    /** Adds a fixed statement of ours whose rows nobody wants. */
    Wire add(String sql) {
        return add("", sql, List.of(), 0, null);
    }

    /**
     * Adds a statement.
     *
     * @param own what is ours in front of it; positions in errors count from behind it
     * @param rowsMax how many rows to send at the most; 0 for all
     * @param rows null where nobody wants any
     */
    Wire add(String own, String sql, List<Parameter> parameters, int rowsMax, @Nullable Rows rows) {
        parse(own, sql, parameters);
        bind(parameters);
        if (rows != null) {
            int at = start('D');
            put('P');
            put(0);
            end(at);
        }
        int at = start('E');
        put(0);
        putInt(rowsMax);
        end(at);
        sent.add(new Sent(own.length(), rows));
        return this;
    }

    private void parse(String own, String sql, List<Parameter> parameters) {
        int at = start('P');
        put(0);
        putText(own);
        putText(sql);
        put(0);
        putShort(parameters.size());
        for (Parameter parameter : parameters) {
            putInt(parameter.type());
        }
        end(at);
    }

    private void bind(List<Parameter> parameters) {
        int at = start('B');
        put(0);
        put(0);
        putShort(0);
        putShort(parameters.size());
        for (Parameter parameter : parameters) {
            String text = parameter.text();
            if (text == null) {
                putInt(-1);
            } else {
                int lengthAt = length;
                putInt(0);
                putText(text);
                setInt(lengthAt, length - lengthAt - 4);
            }
        }
        putShort(0);
        end(at);
    }

    /**
     * The OIDs of the types that a statement's parameters have by their places. The statement is
     * analysed in an exchange of its own, and not run.
     *
     * @return empty where it cannot be analysed; running it tells why
     * @throws SQLException if the connection broke
     */
    int[] parameterTypes(String sql, List<Parameter> parameters) throws SQLException {
        parse("", sql, parameters);
        int at = start('D');
        put('S');
        put(0);
        end(at);
        parameterTypes = new int[0];
        return exchange(false).error() == null ? parameterTypes : new int[0];
    }

    /** Ends an exchange: what was added since the last Sync stands or falls together. */
    Wire sync() {
        end(start('S'));
        return this;
    }

    /** Adds fixed commands of ours as one simple query, which is an exchange of its own. */
    Wire addSimple(String sql) {
        int at = start('Q');
        putText(sql);
        put(0);
        end(at);
        return this;
    }

    /** Sends what was collected; each exchange in it is answered by one {@link #receive}. */
    void send() throws SQLException {
        try {
            stream.send(out, 0, length);
            stream.flush();
        } catch (IOException e) {
            throw broken(e);
        } finally {
            length = 0;
            if (out.length > KEPT_BYTES_MAX) {
                out = new byte[2_048];
            }
        }
    }

    /** Runs fixed commands of ours as one simple query. */
    void command(String sql) throws SQLException {
        sent.clear();
        length = 0; // what a failure may have left unsent
        addSimple(sql).send();
        receive(false).require();
    }

    /**
     * Sends the statements with a Sync and takes the answer.
     *
     * @param mayStop whether the connection may be given up when more rows come than are wanted
     * @throws SQLException if the connection broke; an error of a statement is in the reply
     */
    Reply exchange(boolean mayStop) throws SQLException {
        sync().send();
        return receive(mayStop);
    }

    /** Takes the answer up to the next ReadyForQuery. */
    Reply receive(boolean mayStop) throws SQLException {
        int done = 0;
        long affected = 0;
        long skipped = 0;
        SQLException error = null;
        try {
            while (true) {
                int type = stream.receiveChar();
                int bytes = stream.receiveInteger4() - 4;
                if (type != 'D' && (bytes < 0 || bytes > MESSAGE_BYTES_MAX)) {
                    throw violation("a message of " + bytes + " bytes");
                }
                switch (type) {
                    case 'D' -> {
                        skipped += row(done, bytes);
                        if (mayStop && skipped > SKIPPED_BYTES_MAX) {
                            abort();
                            return new Reply(done, null, affected, (char) 0);
                        }
                    }
                    case 'T' -> columns(done, bytes);
                    case 'C' -> {
                        affected += affected(text(bytes));
                        done++;
                    }
                    case 's', 'I' -> {
                        stream.skip(bytes);
                        done++;
                    }
                    case 'E' -> {
                        SQLException first = error(done, text(bytes));
                        error = error == null ? first : error;
                    }
                    case 'S' -> parameter(text(bytes));
                    case 'Z' -> {
                        char status = (char) stream.receiveChar();
                        sent.clear();
                        return new Reply(done, error, affected, status);
                    }
                    case 't' -> parameterTypes = oids(bytes);
                    // bound, parsed, closed, no rows; notices and notifications are for whoever
                    // sits at a terminal, and may hold values
                    case '1', '2', '3', 'n', 'N', 'A' -> stream.skip(bytes);
                    case 'G', 'H', 'W' -> {
                        abort();
                        throw new SQLException("COPY is not run for a call", "0A000");
                    }
                    default -> throw violation("a message of type " + type);
                }
            }
        } catch (IOException e) {
            SQLException gone = broken(e);
            if (error != null) {
                error.addSuppressed(gone);
                throw error;
            }
            throw gone;
        } catch (SQLException | RuntimeException | Error e) {
            abort(); // the rest of the answer is outstanding, and would be the next one's
            throw e;
        }
    }

    private @Nullable Rows rows(int statement) {
        return statement < sent.size() ? sent.get(statement).rows() : null;
    }

    /** Takes a row in, or skips it and gives how many bytes it had. */
    private int row(int statement, int bytes) throws IOException, SQLException {
        if (bytes < 2) {
            throw violation("a row of " + bytes + " bytes");
        }
        int columns = stream.receiveInteger2();
        int values = bytes - 2;
        Rows rows = rows(statement);
        if (rows == null) {
            stream.skip(values);
            return bytes;
        }
        if (!rows.wants(values - 4 * columns)) {
            skip(rows, columns, values);
            return bytes;
        }
        byte[] row = buffer(values);
        stream.receive(row, 0, values);
        rows.row(row, columns);
        return 0;
    }

    /** Reads past a row, of which only the largest value's place and length are told. */
    private void skip(Rows rows, int columns, int bytes) throws IOException, SQLException {
        int left = bytes;
        int largest = 0;
        int size = 0;
        for (int i = 0; i < columns; i++) {
            int length = left < 4 ? -1 : Math.max(0, stream.receiveInteger4());
            left -= 4 + length;
            if (length < 0 || left < 0) {
                throw violation("a row whose values are longer than itself");
            }
            stream.skip(length);
            if (length > size) {
                largest = i;
                size = length;
            }
        }
        stream.skip(left);
        rows.skipped(largest, size);
    }

    private byte[] buffer(int bytes) {
        if (bytes <= in.length) {
            return in;
        }
        byte[] larger = new byte[Math.max(bytes, 2 * in.length)];
        if (larger.length <= KEPT_BYTES_MAX) {
            in = larger;
        }
        return larger;
    }

    private void columns(int statement, int bytes) throws IOException, SQLException {
        byte[] description = buffer(bytes);
        stream.receive(description, 0, bytes);
        Rows rows = rows(statement);
        if (rows == null) {
            return;
        }
        int columns = ((description[0] & 0xff) << 8) | (description[1] & 0xff);
        String[] names = new String[columns];
        int[] types = new int[columns];
        int at = 2;
        for (int i = 0; i < columns; i++) {
            int from = at;
            while (description[at] != 0) {
                at++;
            }
            names[i] = new String(description, from, at - from, StandardCharsets.UTF_8);
            types[i] = intAt(description, at + 7); // after the table's OID and the column's number
            at += 19;
        }
        rows.columns(names, types);
    }

    private int[] oids(int bytes) throws IOException {
        byte[] description = buffer(bytes);
        stream.receive(description, 0, bytes);
        int[] oids = new int[((description[0] & 0xff) << 8) | (description[1] & 0xff)];
        for (int i = 0; i < oids.length; i++) {
            oids[i] = intAt(description, 2 + 4 * i);
        }
        return oids;
    }

    static int intAt(byte[] bytes, int at) {
        return ((bytes[at] & 0xff) << 24)
                | ((bytes[at + 1] & 0xff) << 16)
                | ((bytes[at + 2] & 0xff) << 8)
                | (bytes[at + 3] & 0xff);
    }

    private String text(int bytes) throws IOException {
        byte[] text = buffer(bytes);
        stream.receive(text, 0, bytes);
        return new String(text, 0, bytes, StandardCharsets.UTF_8);
    }

    /** Of a command's tag, such as {@code INSERT 0 3}. */
    private static long affected(String tag) {
        String trimmed = tag.substring(0, tag.length() - 1);
        return trimmed.startsWith("INSERT ")
                        || trimmed.startsWith("UPDATE ")
                        || trimmed.startsWith("DELETE ")
                        || trimmed.startsWith("MERGE ")
                ? Long.parseLong(trimmed, trimmed.lastIndexOf(' ') + 1, trimmed.length(), 10)
                : 0;
    }

    private SQLException error(int statement, String fields) {
        int own = statement < sent.size() ? sent.get(statement).ownCharacters() : 0;
        StringBuilder moved = new StringBuilder(fields.length());
        for (String field : fields.split("\0", -1)) {
            if (own > 0 && field.startsWith("P")) {
                int position = Integer.parseInt(field.substring(1)) - own;
                if (position > 0) {
                    moved.append('P').append(position).append('\0');
                }
            } else if (!field.isEmpty()) {
                moved.append(field).append('\0');
            }
        }
        return new PSQLException(new ServerErrorMessage(moved.toString()), false);
    }

    private void parameter(String nameAndValue) {
        changed |= WATCHED.contains(nameAndValue.substring(0, nameAndValue.indexOf('\0')));
    }

    /** Whether the session is no longer what it was when it was opened. */
    boolean isChanged() {
        return changed;
    }

    private SQLException violation(String what) {
        abort();
        return new SQLException("the server sent " + what, VIOLATION);
    }

    private SQLException broken(IOException cause) {
        abort();
        return new SQLException("the connection broke", BROKEN, cause);
    }

    private int start(char type) {
        put(type);
        int at = length;
        putInt(0);
        return at;
    }

    private void end(int at) {
        setInt(at, length - at);
    }

    private void put(int value) {
        room(1);
        out[length++] = (byte) value;
    }

    private void putShort(int value) {
        put(value >> 8);
        put(value);
    }

    private void putInt(int value) {
        room(4);
        length += 4;
        setInt(length - 4, value);
    }

    private void setInt(int at, int value) {
        out[at] = (byte) (value >> 24);
        out[at + 1] = (byte) (value >> 16);
        out[at + 2] = (byte) (value >> 8);
        out[at + 3] = (byte) value;
    }

    private void putText(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        room(bytes.length);
        System.arraycopy(bytes, 0, out, length, bytes.length);
        length += bytes.length;
    }

    private void room(int bytes) {
        if (length + bytes > out.length) {
            out = Arrays.copyOf(out, Math.max(length + bytes, 2 * out.length));
        }
    }

    int backendPid() {
        return executor.getBackendPID();
    }

    /** Reads of the socket fail after this. */
    void setPatience(Duration patience) throws SQLException {
        try {
            stream.setNetworkTimeout(Math.toIntExact(Math.max(1, patience.toMillis())));
        } catch (IOException e) {
            throw broken(e);
        }
    }

    @Override
    public void cancel() throws SQLException {
        connection.cancelQuery();
    }

    @Override
    public void abort() {
        broken = true;
        executor.abort();
    }

    /** Says good-bye to the server where it still listens. */
    void close() {
        broken = true;
        executor.close();
    }

    boolean isBroken() {
        return broken || stream.isClosed();
    }

    @Override
    public String toString() {
        return "backend " + backendPid();
    }
}
