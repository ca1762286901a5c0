package dev.sallyport.executor.result;

import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.json.JsonBuffer;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/**
 * Writes rows as a result's JSON, once and as they come: {@code
 * {"columns":[{"name","type"}],"rows":[[...]],"rowCount":n,"truncated":b}}, with {@code
 * "rowsAffected":n} after it for a write. It never holds more than the limits allow: a row too many
 * or too large is not in it, nor is any after it, and {@code truncated} tells. The columns are
 * given at the end, since the names of some types are asked for when the rows are through.
 */
public final class ResultWriter {
    /** What a column's name and type take beside their own characters. */
    private static final int COLUMN_BYTES = 24;

    /** What follows the rows fits in so many bytes. */
    private static final int TAIL_BYTES = 96;

    private static final int USUAL_BYTES = 1_024;

    private final Limits limits;
    private final JsonBuffer buffer = new JsonBuffer(USUAL_BYTES);
    private final JsonGenerator json = Json.mapper().createGenerator(buffer);
    private int bytesLeft;
    private int rows;
    private int rowStart;
    private boolean truncated;

    public ResultWriter(Limits limits) {
        this.limits = limits;
        bytesLeft = limits.bytesMax() - TAIL_BYTES;
        json.writeStartArray();
    }

    /**
     * Leaves room for a column.
     *
     * @param typeBytesMax bytes of its type's name at the most
     */
    public void reserve(String name, int typeBytesMax) {
        bytesLeft -= COLUMN_BYTES + 6 * name.length() + typeBytesMax;
    }

    /** Whether a row has a place that takes no fewer bytes; if not, the result is truncated. */
    public boolean wants(long leastBytes) {
        if (truncated || rows == limits.rowsMax() || leastBytes > bytesLeft - size()) {
            truncated = true;
        }
        return !truncated;
    }

    /** Begins a row that {@link #wants} took; its values are written to what this gives. */
    public JsonGenerator startRow() {
        rowStart = size();
        json.writeStartArray();
        return json;
    }

    /** Ends the row, which is taken back if it turned out too large. */
    public void endRow() {
        json.writeEndArray();
        if (size() <= bytesLeft) {
            rows++;
            return;
        }
        truncated = true;
        json.flush();
        buffer.cut(rowStart);
    }

    private int size() {
        return buffer.length() + json.streamWriteOutputBuffered();
    }

    public int rows() {
        return rows;
    }

    /** The result of a read. */
    public Result read(List<Column> columns) {
        return finished(columns, 0, false);
    }

    /** The result of a write; without columns where it returned no rows. */
    public Result written(List<Column> columns, long rowsAffected) {
        return columns.isEmpty() ? effect(rowsAffected) : finished(columns, rowsAffected, true);
    }

    /** The result of a write of which only the effect is known. */
    public static Result effect(long rowsAffected) {
        JsonBuffer buffer = new JsonBuffer(TAIL_BYTES);
        try (JsonGenerator json = Json.mapper().createGenerator(buffer)) {
            json.writeStartObject();
            json.writeNumberProperty("rowsAffected", rowsAffected);
            json.writeEndObject();
        }
        return new Result(buffer.toByteArray(), 0, rowsAffected, false);
    }

    private Result finished(List<Column> columns, long rowsAffected, boolean write) {
        json.writeEndArray();
        json.close();
        JsonBuffer head = new JsonBuffer(USUAL_BYTES);
        try (JsonGenerator start = Json.mapper().createGenerator(head)) {
            start.writeStartArray();
            for (Column column : columns) {
                start.writeStartObject();
                start.writeStringProperty("name", column.name());
                start.writeStringProperty("type", column.type());
                start.writeEndObject();
            }
            start.writeEndArray();
        }
        String tail =
                ",\"rowCount\":"
                        + rows
                        + ",\"truncated\":"
                        + truncated
                        + (write ? ",\"rowsAffected\":" + rowsAffected : "")
                        + "}";
        byte[] columnsName = ascii("{\"columns\":");
        byte[] rowsName = ascii(",\"rows\":");
        byte[] end = ascii(tail);
        byte[] all =
                new byte
                        [columnsName.length
                                + head.length()
                                + rowsName.length
                                + buffer.length()
                                + end.length];
        int at = put(columnsName, all, 0);
        at = head.copyTo(all, at);
        at = put(rowsName, all, at);
        at = buffer.copyTo(all, at);
        put(end, all, at);
        return new Result(all, rows, rowsAffected, truncated);
    }

    private static int put(byte[] bytes, byte[] target, int at) {
        System.arraycopy(bytes, 0, target, at, bytes.length);
        return at + bytes.length;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }
}
