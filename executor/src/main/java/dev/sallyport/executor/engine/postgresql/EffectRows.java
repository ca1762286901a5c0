package dev.sallyport.executor.engine.postgresql;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes what the enrolment's {@code effect} tells, row after row, and keeps the first rows and a
 * digest of all. Rows of RETURNING are of no interest to a rehearsal.
 */
final class EffectRows implements Work.Taking<Effect> {
    private static final int COLUMNS = 6;

    private final int rowsShown;
    private final Pace pace;
    private final MessageDigest stream = sha256();
    private final List<Effect.Table> tables = new ArrayList<>();
    private final List<Effect.Row> rows = new ArrayList<>();
    private @Nullable String hindrance;
    private Effect.@Nullable Table table;
    private long rowsChanged;
    private long before;
    private long after;

    /**
     * Nothing yet.
     *
     * @param rowsShown rows to keep at the most
     */
    EffectRows(int rowsShown, Pace pace) {
        this.rowsShown = Math.min(rowsShown, Effect.ROWS_SHOWN_MAX);
        this.pace = pace;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    @Override
    public void columns(String[] names, int[] types) {}

    @Override
    public boolean wants(int bytes) throws SQLException {
        pace.on(bytes);
        return false;
    }

    @Override
    public void row(byte[] bytes, int columns) {}

    @Override
    public Rows effect() {
        return new Rows() {
            @Override
            public void columns(String[] names, int[] types) {}

            @Override
            public boolean wants(int bytes) throws SQLException {
                pace.on(bytes);
                return true;
            }

            @Override
            public void row(byte[] bytes, int columns) throws SQLException {
                take(bytes, columns);
            }
        };
    }

    private void take(byte[] bytes, int columns) throws SQLException {
        if (columns != COLUMNS) {
            throw unreadable();
        }
        byte[][] values = new byte[COLUMNS][];
        int at = 0;
        for (int i = 0; i < COLUMNS; i++) {
            int length = Wire.intAt(bytes, at);
            at += 4;
            if (length >= 0) {
                values[i] = Arrays.copyOfRange(bytes, at, at + length);
                at += length;
            }
        }
        switch (text(values[0])) {
            case "begun" -> {}
            case "cannot" -> hindrance = hindrance == null ? text(values[1]) : hindrance;
            case "table" -> {
                endTable();
                table =
                        new Effect.Table(
                                text(values[1]),
                                Long.parseLong(text(values[2])),
                                Long.parseLong(text(values[3])),
                                Long.parseLong(text(values[4])),
                                0,
                                0);
                digest(values, COLUMNS);
            }
            case "row" -> {
                rowsChanged++;
                before += values[2] == null ? 0 : 1;
                after += values[3] == null ? 0 : 1;
                digest(values, 4); // the JSON is the same row once more
                if (rows.size() < rowsShown) {
                    rows.add(new Effect.Row(text(values[1]), values[4], values[5]));
                }
            }
            default -> throw unreadable();
        }
    }

    /** Each value with its length in front, so that no two effects have the same bytes. */
    private void digest(byte[][] values, int count) {
        for (int i = 0; i < count; i++) {
            byte[] value = values[i];
            int length = value == null ? -1 : value.length;
            for (int shift = 24; shift >= 0; shift -= 8) {
                stream.update((byte) (length >> shift));
            }
            if (value != null) {
                stream.update(value);
            }
        }
    }

    private void endTable() {
        if (table != null) {
            tables.add(
                    new Effect.Table(
                            table.name(),
                            table.inserted(),
                            table.updated(),
                            table.deleted(),
                            before,
                            after));
        }
        before = 0;
        after = 0;
    }

    private static String text(byte @Nullable [] value) throws SQLException {
        if (value == null) {
            throw unreadable();
        }
        return new String(value, StandardCharsets.UTF_8);
    }

    private static SQLException unreadable() {
        return new SQLException("the enrolment tells an effect in another form", "XX000");
    }

    @Override
    public Effect made(long affected) {
        endTable();
        table = null;
        return new Effect(affected, hindrance, tables, rows, rowsChanged, stream.digest());
    }
}
