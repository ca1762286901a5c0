package dev.sallyport.audit.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * Rows on their way into a table by COPY in PostgreSQL's binary format
 * (https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-FILE-FORMATS), within the transaction
 * of the connection. One statement takes any number of rows, and neither side parses a value.
 *
 * <p>Each row is begun by {@link #row} and given one value for each column, in their order and of
 * their type. Nothing is in the table before {@link #finish}; closed without it, the statement and
 * with it the transaction fail.
 */
public final class CopyRows implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final byte[] SIGNATURE =
            "PGCOPY\n\u00ff\r\n\0".getBytes(StandardCharsets.ISO_8859_1);
    private static final int NULL = -1;
    private static final short END = -1;
    private static final int UUID_BYTES = 2 * Long.BYTES;

    /** PostgreSQL counts time from here. */
    private static final Instant EPOCH = Instant.parse("2000-01-01T00:00:00Z");

    private final CopyIn copy;
    private final int columns;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    private int missing;

    private CopyRows(CopyIn copy, int columns) {
        this.copy = copy;
        this.columns = columns;
        buffer.put(SIGNATURE).putInt(0).putInt(0);
    }

    /** Begins to copy into these columns of the table; the names are not quoted. */
    public static CopyRows into(Connection connection, String table, String... columns)
            throws SQLException {
        String sql =
                "COPY %s (%s) FROM STDIN (FORMAT binary)"
                        .formatted(table, String.join(", ", columns));
        return new CopyRows(
                connection.unwrap(PGConnection.class).getCopyAPI().copyIn(sql), columns.length);
    }

    /** Begins a row. */
    public CopyRows row() throws SQLException {
        requireWholeRows();
        missing = columns;
        room(Short.BYTES).putShort((short) columns);
        return this;
    }

    /** A {@code text}; it must not contain the character NUL. */
    public CopyRows text(String value) throws SQLException {
        return bytes(value.getBytes(StandardCharsets.UTF_8));
    }

    /** A {@code bytea}. */
    public CopyRows bytes(byte[] value) throws SQLException {
        begin(value.length);
        if (value.length > BUFFER_BYTES) {
            flush();
            copy.writeToCopy(value, 0, value.length);
        } else {
            room(value.length).put(value);
        }
        return this;
    }

    /** A {@code uuid}. */
    public CopyRows uuid(UUID value) throws SQLException {
        begin(UUID_BYTES);
        room(UUID_BYTES)
                .putLong(value.getMostSignificantBits())
                .putLong(value.getLeastSignificantBits());
        return this;
    }

    /** A {@code uuid}, or null. */
    public CopyRows uuid(Optional<UUID> value) throws SQLException {
        return value.isPresent() ? uuid(value.get()) : none();
    }

    /** A {@code smallint}. */
    public CopyRows int2(int value) throws SQLException {
        begin(Short.BYTES);
        room(Short.BYTES).putShort((short) value);
        return this;
    }

    /** An {@code integer}. */
    public CopyRows int4(int value) throws SQLException {
        begin(Integer.BYTES);
        room(Integer.BYTES).putInt(value);
        return this;
    }

    /** A {@code bigint}. */
    public CopyRows int8(long value) throws SQLException {
        begin(Long.BYTES);
        room(Long.BYTES).putLong(value);
        return this;
    }

    /** A {@code bigint}, or null. */
    public CopyRows int8(Optional<Long> value) throws SQLException {
        return value.isPresent() ? int8(value.get()) : none();
    }

    /** A {@code timestamptz}; what is finer than a microsecond is cut off. */
    public CopyRows time(Instant value) throws SQLException {
        return int8(ChronoUnit.MICROS.between(EPOCH, value));
    }

    /** Ends the statement: the rows are in the table, as far as the transaction goes. */
    public void finish() throws SQLException {
        requireWholeRows();
        room(Short.BYTES).putShort(END);
        flush();
        var _ = copy.endCopy();
    }

    @Override
    public void close() throws SQLException {
        if (copy.isActive()) {
            copy.cancelCopy();
        }
    }

    private CopyRows none() throws SQLException {
        begin(NULL);
        return this;
    }

    private void begin(int length) throws SQLException {
        if (missing == 0) {
            throw new IllegalStateException("a row has " + columns + " values and no more");
        }
        missing--;
        room(Integer.BYTES).putInt(length);
    }

    private void requireWholeRows() {
        if (missing != 0) {
            throw new IllegalStateException(
                    "a row has " + columns + " values, and " + missing + " are missing");
        }
    }

    private ByteBuffer room(int bytes) throws SQLException {
        if (buffer.remaining() < bytes) {
            flush();
        }
        return buffer;
    }

    private void flush() throws SQLException {
        copy.writeToCopy(buffer.array(), 0, buffer.position());
        buffer.clear();
    }
}
