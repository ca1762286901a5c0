package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.result.Column;
import dev.sallyport.executor.result.Result;
import dev.sallyport.executor.result.ResultWriter;
import dev.sallyport.schema.event.Limits;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** Writes a statement's rows as JSON as they come from the server. */
final class JsonRows implements Work.Taking<Result> {
    /** A schema's and a type's name in quotes, every byte escaped, and brackets. */
    private static final int TYPE_NAME_BYTES_MAX = 2 * (63 + 2) + 3;

    /** Hexadecimal digits and escapes in arrays become fewer bytes, but never less than this. */
    private static final int BYTES_PER_JSON_BYTE = 2;

    private final Limits limits;
    private final boolean write;
    private ResultWriter result;
    private String[] names = new String[0];
    private int[] oids = new int[0];
    private @Nullable ColumnType[] types = new @Nullable ColumnType[0];

    JsonRows(Limits limits, boolean write) {
        this.limits = limits;
        this.write = write;
        this.result = new ResultWriter(limits);
    }

    @Override
    public void columns(String[] columnNames, int[] columnTypes) {
        result = new ResultWriter(limits);
        names = columnNames;
        oids = columnTypes;
        types = new @Nullable ColumnType[oids.length];
        for (int i = 0; i < oids.length; i++) {
            ColumnType type = ColumnType.of(oids[i]);
            types[i] = type;
            result.reserve(names[i], type == null ? TYPE_NAME_BYTES_MAX : type.name().length());
        }
    }

    @Override
    public boolean wants(int bytes) {
        return result.wants(bytes / BYTES_PER_JSON_BYTE);
    }

    @Override
    public void row(byte[] bytes, int columns) throws SQLException {
        JsonGenerator json = result.startRow();
        int at = 0;
        for (int i = 0; i < columns; i++) {
            int length = Wire.intAt(bytes, at);
            at += 4;
            if (length < 0) {
                json.writeNull();
            } else {
                ValueWriter.write(json, bytes, at, at + length, types[i]);
                at += length;
            }
        }
        if (!result.endRow()) {
            nameLargest(bytes, columns);
        }
    }

    private void nameLargest(byte[] bytes, int columns) {
        int at = 0;
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
        skipped(largest, size);
    }

    @Override
    public void skipped(int column, int bytes) {
        if (column < names.length) {
            result.largest(names[column], bytes);
        }
    }

    int rows() {
        return result.rows();
    }

    @Override
    public Result made(long affected, Work.Types asked) throws SQLException {
        List<Integer> unknown = new ArrayList<>();
        for (int i = 0; i < oids.length; i++) {
            if (types[i] == null && !unknown.contains(oids[i])) {
                unknown.add(oids[i]);
            }
        }
        Map<Integer, String> asNamed = unknown.isEmpty() ? Map.of() : asked.names(unknown);
        List<Column> columns = new ArrayList<>(oids.length);
        for (int i = 0; i < oids.length; i++) {
            ColumnType type = types[i];
            columns.add(
                    new Column(
                            names[i],
                            type == null ? asNamed.getOrDefault(oids[i], "unknown") : type.name()));
        }
        return write ? result.written(columns, affected) : result.read(columns);
    }
}
