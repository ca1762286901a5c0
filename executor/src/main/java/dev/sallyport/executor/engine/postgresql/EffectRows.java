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
 * Takes what the enrolment's {@code effect} tells, row after row, and keeps the first rows and
 * digests of all. Each row carries the cursor's token: a cursor that the statement put in the place
 * of ours cannot know it.
 */
final class EffectRows implements Rows {
    /** Those of {@code effect}, and the token. */
    private static final int COLUMNS = 7;

    private static final int TOKEN = 6;

    private final int rowsShown;
    private final Pace pace;
    private final MessageDigest content = sha256();
    private final MessageDigest contents = sha256();
    private final List<Effect.Table> tables = new ArrayList<>();
    private final List<Effect.Row> rows = new ArrayList<>();
    private @Nullable String token;
    private @Nullable String hindrance;
    private Effect.@Nullable Table table;
    private boolean ended;
    private long rowsChanged;
    private long before;
    private long after;

    /**
     * Nothing yet.
     *
     * @param rowsShown rows to keep at the most
     */
    EffectRows(int rowsShown, Pace pace) {
        this.rowsShown = rowsShown;
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
        return true;
    }

    @Override
    public void row(byte[] bytes, int columns) throws SQLException {
        if (columns != COLUMNS || ended) {
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
        String what = text(values[0]);
        if (token == null && what.equals("begun")) {
            token = text(values[TOKEN]);
        } else if (text(values[TOKEN]).equals(token)) {
            take(what, values);
        } else {
            throw unreadable();
        }
    }

    private void take(String what, byte[][] values) throws SQLException {
        switch (what) {
            case "cannot" -> hinder(text(values[1]));
            case "table" -> {
                endTable();
                table =
                        new Effect.Table(
                                text(values[1]),
                                Long.parseLong(text(values[2])),
                                Long.parseLong(text(values[3])),
                                Long.parseLong(text(values[4])),
                                0,
                                0,
                                new byte[0]);
                digest(values, TOKEN);
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
            case "ended" -> {
                endTable();
                ended = true;
            }
            default -> throw unreadable();
        }
    }

    /** It cannot be told, for this reason; the first one counts. */
    void hinder(String why) {
        hindrance = hindrance == null ? why : hindrance;
    }

    /** Each value with its length in front, so that no two effects have the same bytes. */
    private void digest(byte[][] values, int count) {
        for (int i = 0; i < count; i++) {
            byte[] value = values[i];
            int length = value == null ? -1 : value.length;
            for (int shift = 24; shift >= 0; shift -= 8) {
                content.update((byte) (length >> shift));
            }
            if (value != null) {
                content.update(value);
            }
        }
    }

    private void endTable() {
        if (table != null) {
            byte[] digest = content.digest();
            contents.update(digest);
            tables.add(
                    new Effect.Table(
                            table.name(),
                            table.inserted(),
                            table.updated(),
                            table.deleted(),
                            before,
                            after,
                            digest));
        }
        table = null;
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
        return new SQLException("what is told is not the effect as this executor asks it", "XX000");
    }

    /**
     * What was told.
     *
     * @throws SQLException if it was not told to its end
     */
    Effect effect(long affected) throws SQLException {
        if (!ended) {
            throw unreadable();
        }
        return new Effect(affected, hindrance, tables, rows, rowsChanged, contents.digest());
    }
}
