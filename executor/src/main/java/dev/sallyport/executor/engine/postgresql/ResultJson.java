package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.json.Json;

import org.jspecify.annotations.Nullable;

import tools.jackson.core.JsonGenerator;

import java.sql.SQLException;

/**
 * Turns rows into the result's JSON, once and row by row: {@code
 * {"columns":[{"name","type"}],"rows":[[...]],"rowCount":n,"truncated":b}}, with {@code
 * "rowsAffected":n} after it for a write. Reading stops at one row more than the limit, so that
 * {@code truncated} is exact; a result never has more bytes than its limit.
 */
final class ResultJson {
    /** How many rows are taken from the database at once. */
    private static final int BATCH_ROWS = 1_000;

    /** What follows the rows fits in so many bytes. */
    private static final int TAIL_BYTES = 64;

    private final SealedConnection connection;
    private final Limits limits;
    private final JsonBuffer buffer = new JsonBuffer();
    private final JsonGenerator json = Json.mapper().createGenerator(buffer);
    private final ValueWriter values = new ValueWriter(json);
    private int rows;
    private boolean truncated;

    /** A result while it is made; the work of one statement. */
    ResultJson(SealedConnection connection, Limits limits) {
        this.connection = connection;
        this.limits = limits;
    }

    @SuppressWarnings("ArrayRecordComponent") // the bytes are handed on and never compared
    record Result(byte[] json, int rows, long rowsAffected, boolean truncated) {}

    /** How many rows to ask for at first. */
    static int firstRows(Limits limits) {
        return limits.rowsMax() < BATCH_ROWS ? limits.rowsMax() + 1 : BATCH_ROWS;
    }

    /** The result of a read, of which the database still holds what is not in the first batch. */
    Result read(Batch first) throws SQLException {
        json.writeStartObject();
        var _ = table(first);
        json.writeEndObject();
        return finished(0);
    }

    /**
     * The result of a write, with the rows that it returned, if it returns any. Those above the
     * limits are fetched all the same, and dropped: some statements work while they are fetched.
     */
    Result written(Batch first) throws SQLException {
        json.writeStartObject();
        Batch last = first;
        if (first.columns() > 0) {
            last = table(first);
        }
        while (last.more()) {
            last = connection.next(last, BATCH_ROWS);
        }
        long rowsAffected = connection.rowsAffected();
        json.writeNumberProperty("rowsAffected", rowsAffected);
        json.writeEndObject();
        return finished(rowsAffected);
    }

    /** The result of a write whose effect only the ledger knows. */
    static Result remembered(long rowsAffected) {
        JsonBuffer buffer = new JsonBuffer();
        try (JsonGenerator json = Json.mapper().createGenerator(buffer)) {
            json.writeStartObject();
            json.writeNumberProperty("rowsAffected", rowsAffected);
            json.writeEndObject();
        }
        return new Result(buffer.toByteArray(), 0, rowsAffected, false);
    }

    private Result finished(long rowsAffected) {
        json.close();
        return new Result(buffer.toByteArray(), rows, rowsAffected, truncated);
    }

    /** Gives the last batch that was fetched. */
    private Batch table(Batch first) throws SQLException {
        @Nullable ColumnType[] types = columns(first);
        json.writeArrayPropertyStart("rows");
        Batch batch = first;
        while (takeIn(batch, types) && batch.more()) {
            int wanted = limits.rowsMax() - rows + 1;
            batch = connection.next(batch, Math.min(wanted, BATCH_ROWS));
        }
        json.writeEndArray();
        json.writeNumberProperty("rowCount", rows);
        json.writeBooleanProperty("truncated", truncated);
        return batch;
    }

    private @Nullable ColumnType[] columns(Batch batch) throws SQLException {
        @Nullable ColumnType[] types = new @Nullable ColumnType[batch.columns()];
        json.writeArrayPropertyStart("columns");
        for (int column = 0; column < types.length; column++) {
            int oid = batch.type(column);
            ColumnType type = ColumnType.of(oid);
            types[column] = type;
            json.writeStartObject();
            json.writeStringProperty("name", batch.label(column));
            json.writeStringProperty("type", type == null ? connection.typeName(oid) : type.name());
            json.writeEndObject();
        }
        json.writeEndArray();
        return types;
    }

    /** Takes in rows of the batch; false when the limit is reached. */
    private boolean takeIn(Batch batch, @Nullable ColumnType[] types) throws SQLException {
        for (int row = 0; row < batch.rows(); row++) {
            if (rows == limits.rowsMax()) {
                truncated = true;
                return false;
            }
            int before = size();
            int left = limits.bytesMax() - TAIL_BYTES - before;
            boolean fits = leastBytes(batch, row, types) <= left;
            if (fits) {
                row(batch, row, types);
                fits = size() - before <= left;
                if (!fits) {
                    json.flush();
                    buffer.cut(before);
                }
            }
            if (!fits) {
                truncated = true;
                return false;
            }
            rows++;
        }
        return true;
    }

    /** The row has no fewer bytes; without writing it, since it may have very many. */
    private static long leastBytes(Batch batch, int row, @Nullable ColumnType[] types) {
        long bytes = 2;
        for (int column = 0; column < types.length; column++) {
            byte[] value = batch.value(row, column);
            if (value != null) {
                bytes += ValueWriter.leastBytes(value, types[column]);
            }
        }
        return bytes;
    }

    private void row(Batch batch, int row, @Nullable ColumnType[] types) throws SQLException {
        json.writeStartArray();
        for (int column = 0; column < types.length; column++) {
            values.write(batch.value(row, column), types[column]);
        }
        json.writeEndArray();
    }

    private int size() {
        return buffer.size() + json.streamWriteOutputBuffered();
    }
}
