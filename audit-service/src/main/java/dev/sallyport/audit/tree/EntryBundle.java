package dev.sallyport.audit.tree;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Entry bundles of C2SP tlog-tiles: entries one after the other, each after its length as a
 * big-endian uint16.
 */
public final class EntryBundle {
    /** The longest entry, in bytes, that a bundle can hold. */
    public static final int ENTRY_BYTES_MAX = 65_535;

    private EntryBundle() {}

    /**
     * What reading a bundle gave.
     *
     * @param entries the entries that could be read, in order
     * @param clean false when bytes were left over that are no entry: a length prefix or the end of
     *     the bundle was changed
     */
    public record Contents(List<byte[]> entries, boolean clean) {
        public Contents {
            entries = List.copyOf(entries);
        }
    }

    /** The bundle of these entries. */
    public static byte[] write(List<byte[]> entries) {
        var bundle = new ByteArrayOutputStream();
        for (byte[] entry : entries) {
            if (entry.length > ENTRY_BYTES_MAX) {
                throw new IllegalArgumentException(
                        "an entry has at most 65535 bytes, not " + entry.length);
            }
            bundle.write(entry.length >>> 8);
            bundle.write(entry.length);
            bundle.writeBytes(entry);
        }
        return bundle.toByteArray();
    }

    /** The entries of a bundle. */
    public static Contents read(byte[] bundle) {
        var entries = new ArrayList<byte[]>();
        int at = 0;
        while (at + 2 <= bundle.length) {
            int length = Byte.toUnsignedInt(bundle[at]) << 8 | Byte.toUnsignedInt(bundle[at + 1]);
            if (at + 2 + length > bundle.length) {
                break;
            }
            entries.add(Arrays.copyOfRange(bundle, at + 2, at + 2 + length));
            at += 2 + length;
        }
        return new Contents(entries, at == bundle.length);
    }
}
