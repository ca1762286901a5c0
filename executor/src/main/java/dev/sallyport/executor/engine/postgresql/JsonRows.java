package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.result.CardNumbers;
import dev.sallyport.executor.result.Column;
import dev.sallyport.executor.result.Result;
import dev.sallyport.executor.result.ResultWriter;
import dev.sallyport.schema.event.Limits;
import java.io.ByteArrayOutputStream;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * Writes a statement's rows as JSON as they come from the server. Where a column has a type that
 * the connection has not met, the rows are held until the database was asked, which it cannot be
 * while it sends them.
 */
final class JsonRows implements Work.Taking<Result> {
    /** A schema's and a type's name in quotes, every byte escaped, and brackets. */
    private static final int TYPE_NAME_BYTES_MAX = 2 * (63 + 2) + 3;

    /** Hexadecimal digits and escapes in arrays become fewer bytes, but never less than this. */
    private static final int BYTES_PER_JSON_BYTE = 2;

    private final Limits limits;
    private final boolean write;
    private final Pace pace;
    private final boolean cardNumbers;
    private Work.@Nullable Types known;
    private CardNumbers cards;
    private ResultWriter result;
    private String[] names = new String[0];
    private int[] oids = new int[0];
    private @Nullable ColumnType[] types = new @Nullable ColumnType[0];
    private @Nullable Held held;

    /**
     * Nothing yet.
     *
     * @param cardNumbers whether full card numbers stay as they are
     */
    JsonRows(Limits limits, boolean write, Pace pace, boolean cardNumbers) {
        this.limits = limits;
        this.write = write;
        this.pace = pace;
        this.cardNumbers = cardNumbers;
        this.cards = new CardNumbers(cardNumbers);
        this.result = new ResultWriter(limits, cards);
    }

    /** Rows as they came, one after the other, and the first that had no place. */
    private static final class Held {
        private final ByteArrayOutputStream rows = new ByteArrayOutputStream();
        private int count;
        private long leastBytes;
        private boolean full;
        private long nextLeastBytes;
        private int nextLargest;
        private int nextLargestBytes;
    }

    @Override
    public void begin(Work.Types ofConnection) {
        known = ofConnection;
    }

    @Override
    public void columns(String[] columnNames, int[] columnTypes) {
        cards = new CardNumbers(cardNumbers);
        result = new ResultWriter(limits, cards);
        names = columnNames;
        oids = columnTypes;
        types = new @Nullable ColumnType[oids.length];
        held = null;
        for (int i = 0; i < oids.length; i++) {
            ColumnType type = known == null ? ColumnType.of(oids[i]) : known.known(oids[i]);
            types[i] = type;
            if (type == null) {
                held = new Held();
            }
            result.reserve(names[i], type == null ? TYPE_NAME_BYTES_MAX : type.name().length());
        }
    }

    @Override
    public boolean wants(int bytes) throws SQLException {
        pace.on(bytes);
        return held == null
                ? result.wants(bytes / BYTES_PER_JSON_BYTE)
                : holds(held, leastBytes(bytes));
    }

    /** A value has one byte at the least, and so has what stands between values. */
    private int leastBytes(int bytes) {
        return Math.max(bytes / BYTES_PER_JSON_BYTE, oids.length) + oids.length + 1;
    }

    private boolean holds(Held some, int leastBytes) {
        if (!some.full) {
            some.full =
                    some.count == limits.rowsMax()
                            || !result.hasRoomFor(some.leastBytes + leastBytes);
            some.leastBytes += leastBytes;
            some.nextLeastBytes = leastBytes;
        }
        return !some.full;
    }

    @Override
    public void row(byte[] bytes, int columns) throws SQLException {
        if (held == null) {
            write(bytes, 0, columns);
        } else {
            held.count++;
            held.rows.write(bytes, 0, end(bytes, 0, columns));
        }
    }

    private static int end(byte[] bytes, int from, int columns) {
        int at = from;
        for (int i = 0; i < columns; i++) {
            at += 4 + Math.max(0, Wire.intAt(bytes, at));
        }
        return at;
    }

    private void write(byte[] bytes, int from, int columns) throws SQLException {
        JsonGenerator json = result.startRow();
        int at = from;
        for (int i = 0; i < columns; i++) {
            int length = Wire.intAt(bytes, at);
            at += 4;
            if (length < 0) {
                json.writeNull();
            } else {
                ColumnType type = Objects.requireNonNull(types[i]);
                ValueWriter.write(json, bytes, at, at + length, type, cards, pace);
            }
            at += Math.max(0, length);
        }
        if (!result.endRow()) {
            nameLargest(bytes, from, columns);
        }
    }

    private void nameLargest(byte[] bytes, int from, int columns) {
        int at = from;
        int largest = 0;
        int size = -1;
        for (int i = 0; i < columns; i++) {
            int length = Math.max(0, Wire.intAt(bytes, at));
            at += 4 + length;
            if (length > size) {
                largest = i;
                size = length;
            }
        }
        name(largest, size);
    }

    private void name(int column, int bytes) {
        if (column < names.length) {
            result.largest(names[column], bytes);
        }
    }

    @Override
    public void skipped(int column, int bytes) {
        if (held == null) {
            name(column, bytes);
        } else if (held.nextLargestBytes == 0) {
            held.nextLargest = column;
            held.nextLargestBytes = bytes;
        }
    }

    int rows() {
        return result.rows();
    }

    @Override
    public Result made(long affected) throws SQLException {
        askTypes();
        if (held != null) {
            writeHeld(held);
        }
        List<Column> columns = new ArrayList<>(oids.length);
        for (int i = 0; i < oids.length; i++) {
            columns.add(new Column(names[i], Objects.requireNonNull(types[i]).name()));
        }
        return write ? result.written(columns, affected) : result.read(columns);
    }

    private void askTypes() throws SQLException {
        Set<Integer> unknown = new LinkedHashSet<>();
        for (int i = 0; i < oids.length; i++) {
            if (types[i] == null) {
                unknown.add(oids[i]);
            }
        }
        if (unknown.isEmpty()) {
            return;
        }
        Map<Integer, ColumnType> told = known == null ? Map.of() : known.ask(unknown);
        for (int i = 0; i < oids.length; i++) {
            if (types[i] == null) {
                types[i] = told.getOrDefault(oids[i], ColumnType.UNKNOWN);
            }
        }
    }

    private void writeHeld(Held some) throws SQLException {
        byte[] rows = some.rows.toByteArray();
        int at = 0;
        for (int i = 0; i < some.count; i++) {
            int end = end(rows, at, oids.length);
            if (!result.wants((end - at - 4L * oids.length) / BYTES_PER_JSON_BYTE)) {
                return;
            }
            write(rows, at, oids.length);
            at = end;
        }
        if (some.full) {
            name(some.nextLargest, some.nextLargestBytes);
            result.more(some.nextLeastBytes);
        }
    }
}
