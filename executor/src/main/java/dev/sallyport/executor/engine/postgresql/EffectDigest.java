package dev.sallyport.executor.engine.postgresql;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An effect's digest as callers and approvals carry it: {@code <mac>} or {@code <mac>.<tables>},
 * each base64url. The mac alone decides. The tables, of an effect of few, are there to say what
 * differs: for each four bytes of its name's SHA-256, four of its content's mac, and the rows
 * inserted, updated and deleted, in seven bits a byte, the lowest first.
 */
final class EffectDigest {
    /** As the schema of commands has it. */
    private static final int CHARS_MAX = 255;

    private static final int DIFFERENCES_MAX = 10;
    private static final int SEVEN_BITS = 7;
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

    private EffectDigest() {}

    /** What a digest says of a table. */
    private record Summary(int content, long inserted, long updated, long deleted) {
        static Summary of(Effect.Table table, SealKey key) {
            byte[] mac = key.mac("table " + HexFormat.of().formatHex(table.content()));
            return new Summary(
                    ByteBuffer.wrap(mac).getInt(),
                    table.inserted(),
                    table.updated(),
                    table.deleted());
        }

        boolean hasCountsOf(Summary other) {
            return inserted == other.inserted
                    && updated == other.updated
                    && deleted == other.deleted;
        }

        String counts() {
            List<String> counts = new ArrayList<>(3);
            add(counts, inserted, "inserted");
            add(counts, updated, "updated");
            add(counts, deleted, "deleted");
            return String.join(", ", counts);
        }

        private static void add(List<String> counts, long rows, String what) {
            if (rows > 0) {
                counts.add(rows + " " + what);
            }
        }
    }

    /** The effect's digest under the key. */
    static String of(Effect effect, SealKey key) {
        ByteArrayOutputStream tables = new ByteArrayOutputStream();
        for (Effect.Table table : effect.tables()) {
            Summary summary = Summary.of(table, key);
            tables.writeBytes(
                    ByteBuffer.allocate(2 * Integer.BYTES)
                            .putInt(name(table.name()))
                            .putInt(summary.content)
                            .array());
            write(tables, summary.inserted);
            write(tables, summary.updated);
            write(tables, summary.deleted);
        }
        String mac = mac(effect, key);
        String whole = mac + "." + ENCODER.encodeToString(tables.toByteArray());
        return whole.length() <= CHARS_MAX ? whole : mac;
    }

    /** Keyed, so that nobody can guess values from it. */
    private static String mac(Effect effect, SealKey key) {
        return ENCODER.encodeToString(
                key.mac("effect " + HexFormat.of().formatHex(effect.content())));
    }

    private static int name(String table) {
        try {
            return ByteBuffer.wrap(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(table.getBytes(StandardCharsets.UTF_8)))
                    .getInt();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static void write(ByteArrayOutputStream out, long rows) {
        long left = rows;
        while (left >= 1 << SEVEN_BITS) {
            out.write((int) ((left & 0x7f) | 0x80));
            left >>>= SEVEN_BITS;
        }
        out.write((int) left);
    }

    /** Whether it is the effect's; how long that takes says nothing about the right one. */
    static boolean isOf(String digest, Effect effect, SealKey key) {
        int end = digest.indexOf('.');
        String approved = end < 0 ? digest : digest.substring(0, end);
        return MessageDigest.isEqual(
                approved.getBytes(StandardCharsets.UTF_8),
                mac(effect, key).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * What of the effect is not as the digest says: tables and numbers of rows, and never a value.
     * Empty where the digest does not tell.
     */
    static List<String> differences(String digest, Effect effect, SealKey key) {
        int end = digest.indexOf('.');
        if (end < 0) {
            return List.of();
        }
        Map<Integer, Summary> approved = tables(digest.substring(end + 1));
        List<String> differences = new ArrayList<>();
        for (Effect.Table table : effect.tables()) {
            Summary now = Summary.of(table, key);
            Summary was = approved.remove(name(table.name()));
            String counts = table.name() + ": " + now.counts();
            if (was == null) {
                differences.add(counts + ", where none was approved");
            } else if (!now.hasCountsOf(was)) {
                differences.add(counts + ", where " + was.counts() + " was approved");
            } else if (now.content != was.content) {
                differences.add(counts + " as approved, but other rows or values");
            }
        }
        for (Summary was : approved.values()) {
            differences.add("a table with " + was.counts() + " was approved and is not changed");
        }
        return differences.subList(0, Math.min(differences.size(), DIFFERENCES_MAX));
    }

    /** Empty where it is in another form. */
    private static Map<Integer, Summary> tables(String text) {
        Map<Integer, Summary> tables = new LinkedHashMap<>();
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
            while (bytes.hasRemaining()) {
                int name = bytes.getInt();
                tables.put(
                        name, new Summary(bytes.getInt(), read(bytes), read(bytes), read(bytes)));
            }
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            tables.clear();
        }
        return tables;
    }

    private static long read(ByteBuffer bytes) {
        long rows = 0;
        int shift = 0;
        while (true) {
            byte next = bytes.get();
            rows |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return rows;
            }
            shift += SEVEN_BITS;
        }
    }
}
