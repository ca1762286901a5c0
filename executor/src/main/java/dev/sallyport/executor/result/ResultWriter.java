package dev.sallyport.executor.result;

import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.json.JsonBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * Writes rows as a result's JSON, once and as they come: {@code
 * {"columns":[{"name","type"}],"rows":[[...]],"rowCount":n,"truncated":b}}, with {@code
 * "rowsAffected":n} after it for a write. It never holds more than the limits allow: a row too many
 * or too large is not in it, nor is any after it. Then {@code truncated} is true, and {@code
 * truncation} says what was cut and how to get the rest, which the limits do not count. Where card
 * numbers were cut, {@code "cardNumbersCut":n} says how many. The columns are given at the end,
 * since the names of some types are asked for when the rows are through.
 */
public final class ResultWriter {
    /** What a column's name and type take beside their own characters. */
    private static final int COLUMN_BYTES = 24;

    /** What follows the rows fits in so many bytes. */
    private static final int TAIL_BYTES = 128;

    private static final int USUAL_BYTES = 1_024;

    private final Limits limits;
    private final CardNumbers cards;
    private final JsonBuffer buffer = new JsonBuffer(USUAL_BYTES);
    private final JsonGenerator json = Json.mapper().createGenerator(buffer);
    private int bytesLeft;
    private int rows;
    private int rowStart;
    private int cardsBefore;
    private @Nullable Cut cut;
    private long rowBytes;
    private @Nullable String largestColumn;
    private long largestBytes;

    /** Why rows are missing. */
    private enum Cut {
        ROW_LIMIT,
        BYTE_LIMIT,
        ROW_TOO_LARGE;

        String code() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A result without rows.
     *
     * @param cards cuts the card numbers of the values, before they are written here
     */
    public ResultWriter(Limits limits, CardNumbers cards) {
        this.limits = limits;
        this.cards = cards;
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
        if (cut == null && rows == limits.rowsMax()) {
            cut = Cut.ROW_LIMIT;
        } else if (cut == null && !hasRoomFor(leastBytes)) {
            tooLarge(leastBytes);
        }
        return cut == null;
    }

    /** Whether so many bytes could follow what is here. */
    public boolean hasRoomFor(long bytes) {
        return bytes <= bytesLeft - size();
    }

    /** There is a row more, which takes no fewer bytes and has no place here. */
    public void more(long leastBytes) {
        if (wants(leastBytes)) {
            tooLarge(leastBytes);
        }
    }

    private void tooLarge(long bytes) {
        cut = rows == 0 ? Cut.ROW_TOO_LARGE : Cut.BYTE_LIMIT;
        rowBytes = bytes;
    }

    /** Names the largest value of the row that was too large; of later rows it means nothing. */
    public void largest(String column, long bytes) {
        if (largestColumn == null) {
            largestColumn = column;
            largestBytes = bytes;
        }
    }

    /** Begins a row that {@link #wants} took; its values are written to what this gives. */
    public JsonGenerator startRow() {
        rowStart = size();
        cardsBefore = cards.found();
        json.writeStartArray();
        return json;
    }

    /** Ends the row, which is taken back if it turned out too large; false then. */
    public boolean endRow() {
        json.writeEndArray();
        if (size() <= bytesLeft) {
            rows++;
            return true;
        }
        tooLarge((long) size() - rowStart);
        json.flush();
        buffer.cut(rowStart);
        cards.keep(cardsBefore);
        return false;
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
        return new Result(buffer.toByteArray(), 0, rowsAffected, false, 0);
    }

    private Result finished(List<Column> columns, long rowsAffected, boolean write) {
        json.writeEndArray();
        json.close();
        JsonBuffer head = new JsonBuffer(USUAL_BYTES);
        try (JsonGenerator start = Json.mapper().createGenerator(head)) {
            start.writeStartArray();
            for (Column column : columns) {
                start.writeStartObject();
                start.writeStringProperty("name", cards.in(column.name()));
                start.writeStringProperty("type", column.type());
                start.writeEndObject();
            }
            start.writeEndArray();
        }
        JsonBuffer tail = new JsonBuffer(USUAL_BYTES);
        tail.raw(",\"rowCount\":" + rows + ",\"truncated\":" + (cut != null));
        if (cut != null) {
            tail.raw(",\"truncation\":{\"code\":")
                    .string(cut.code())
                    .raw(",\"message\":")
                    .string(told(cut))
                    .raw("}");
        }
        if (cards.found() > 0) {
            tail.raw(",\"cardNumbersCut\":" + cards.found());
        }
        tail.raw((write ? ",\"rowsAffected\":" + rowsAffected : "") + "}");
        byte[] columnsName = ascii("{\"columns\":");
        byte[] rowsName = ascii(",\"rows\":");
        byte[] all =
                new byte
                        [columnsName.length
                                + head.length()
                                + rowsName.length
                                + buffer.length()
                                + tail.length()];
        int at = put(columnsName, all, 0);
        at = head.copyTo(all, at);
        at = put(rowsName, all, at);
        at = buffer.copyTo(all, at);
        tail.copyTo(all, at);
        return new Result(all, rows, rowsAffected, cut != null, cards.found());
    }

    /** In words for a model, which can act on them. */
    private String told(Cut why) {
        return switch (why) {
            case ROW_LIMIT ->
                    "only the first %,d rows are here, the most that this call may return; for the rest, order by a key and ask for what comes after the last one"
                            .formatted(rows);
            case BYTE_LIMIT ->
                    "only the first %,d rows are here, since the result may have %,d bytes; ask for fewer columns, or order by a key and ask for what comes after the last one"
                            .formatted(rows, limits.bytesMax());
            case ROW_TOO_LARGE ->
                    "the first row alone has some %,d bytes%s, and the result may have %,d; ask for fewer columns, or for a part of the value, such as left(value, 1000)"
                            .formatted(
                                    Math.max(rowBytes, largestBytes),
                                    largestColumn == null
                                            ? ""
                                            : ", %,d of them in column %s"
                                                    .formatted(largestBytes, largestColumn),
                                    limits.bytesMax());
        };
    }

    private static int put(byte[] bytes, byte[] target, int at) {
        System.arraycopy(bytes, 0, target, at, bytes.length);
        return at + bytes.length;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
