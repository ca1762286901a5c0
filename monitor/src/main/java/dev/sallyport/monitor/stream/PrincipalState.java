package dev.sallyport.monitor.stream;

import dev.sallyport.monitor.detect.Detector;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of one principal: the state of each detector, and how it stands with the response.
 * Its row, in big-endian order:
 *
 * <pre>
 * byte version, long seen (epoch ms), boolean suspended,
 * byte n, n times: UTF detector, long alerted (epoch ms)
 * byte n, n times: UTF detector, int length, that many bytes: the detector's state
 * </pre>
 */
final class PrincipalState {
    private static final byte VERSION = 1;
    private static final int USUAL_BYTES = 2_048;

    private final List<Watch<?>> watches;
    private Standing standing;
    private long seenMillis;

    private PrincipalState(List<Watch<?>> watches, Standing standing, long seenMillis) {
        this.watches = List.copyOf(watches);
        this.standing = standing;
        this.seenMillis = seenMillis;
    }

    static PrincipalState fresh(List<Detector<?>> detectors) {
        return new PrincipalState(freshWatches(detectors), Standing.GOOD, 0);
    }

    private static List<Watch<?>> freshWatches(List<Detector<?>> detectors) {
        return detectors.stream().<Watch<?>>map(Watch::fresh).toList();
    }

    List<Watch<?>> watches() {
        return watches;
    }

    /** Whether a detector knows too little of the principal. */
    boolean isNewcomer() {
        return watches.stream().anyMatch(Watch::isNewcomer);
    }

    Standing standing() {
        return standing;
    }

    void stands(Standing now) {
        standing = now;
    }

    /** When an event last spoke of the principal, as this machine's clock had it, in epoch ms. */
    long seenMillis() {
        return seenMillis;
    }

    void seen(long nowMillis) {
        seenMillis = nowMillis;
    }

    /** When the principal of that row was last seen; the row must be of this version. */
    static long seenMillis(byte[] row) {
        return ByteBuffer.wrap(row).getLong(1);
    }

    /** Whether the principal of that row is suspended; the row must be of this version. */
    static boolean isSuspended(byte[] row) {
        return row[1 + Long.BYTES] != 0;
    }

    /** Whether the row is written as this version writes them. */
    static boolean readable(byte[] row) {
        return row.length > 1 + Long.BYTES && row[0] == VERSION;
    }

    byte[] toRow() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(USUAL_BYTES);
        DataOutputStream out = new DataOutputStream(bytes);
        try {
            out.writeByte(VERSION);
            out.writeLong(seenMillis);
            out.writeBoolean(standing.suspended());
            out.writeByte(standing.alertedAtMillis().size());
            for (Map.Entry<String, Long> alerted : standing.alertedAtMillis().entrySet()) {
                out.writeUTF(alerted.getKey());
                out.writeLong(alerted.getValue());
            }
            out.writeByte(watches.size());
            for (Watch<?> watch : watches) {
                ByteArrayOutputStream part = new ByteArrayOutputStream(USUAL_BYTES);
                watch.write(new DataOutputStream(part));
                out.writeUTF(watch.detector().name());
                out.writeInt(part.size());
                part.writeTo(out);
            }
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException("memory took no bytes", e);
        }
    }

    /**
     * The state in the row. A detector that the row does not know starts afresh, and what it knows
     * of a detector that is gone is dropped.
     *
     * @throws IOException if the row is of another version or broken
     * @throws IllegalArgumentException if it holds what cannot be
     */
    static PrincipalState ofRow(byte[] row, List<Detector<?>> detectors) throws IOException {
        if (!readable(row)) {
            throw new IOException("not a row of version " + VERSION);
        }
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(row, 1, row.length - 1));
        long seenMillis = in.readLong();
        boolean suspended = in.readBoolean();
        SortedMap<String, Long> alertedAtMillis = new TreeMap<>();
        for (int left = in.readByte(); left > 0; left--) {
            alertedAtMillis.put(in.readUTF(), in.readLong());
        }
        Map<String, byte[]> parts = new TreeMap<>();
        for (int left = in.readByte(); left > 0; left--) {
            String name = in.readUTF();
            byte[] part = new byte[Math.min(in.readInt(), in.available())];
            in.readFully(part);
            parts.put(name, part);
        }
        Watch<?>[] watches = new Watch<?>[detectors.size()];
        for (int i = 0; i < watches.length; i++) {
            watches[i] = watch(detectors.get(i), parts.get(detectors.get(i).name()));
        }
        return new PrincipalState(
                List.of(watches), new Standing(suspended, alertedAtMillis), seenMillis);
    }

    private static Watch<?> watch(Detector<?> detector, byte @Nullable [] part) throws IOException {
        return part == null
                ? Watch.fresh(detector)
                : Watch.read(detector, new DataInputStream(new ByteArrayInputStream(part)));
    }
}
