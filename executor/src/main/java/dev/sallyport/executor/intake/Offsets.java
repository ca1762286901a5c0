package dev.sallyport.executor.intake;

import java.util.OptionalLong;
import java.util.TreeSet;

/**
 * Which calls of one partition are settled. Calls settle in any order; what may be committed is the
 * offset of the oldest unsettled one, so that a crash delivers again whatever had not settled.
 */
final class Offsets {
    private final TreeSet<Long> open = new TreeSet<>();
    private long next = -1;
    private long committed = -1;

    /** A call was delivered; offsets grow, though not always by one. */
    synchronized void opened(long offset) {
        if (offset < next) {
            throw new IllegalArgumentException(
                    "offsets grow: " + offset + " came after " + (next - 1));
        }
        open.add(offset);
        next = offset + 1;
    }

    synchronized void settled(long offset) {
        if (!open.remove(offset)) {
            throw new IllegalArgumentException("no call is under way at offset " + offset);
        }
    }

    /** The offset to commit, where it is another than the one before. */
    synchronized OptionalLong toCommit() {
        if (next < 0) {
            return OptionalLong.empty();
        }
        long offset = open.isEmpty() ? next : open.first();
        return offset == committed ? OptionalLong.empty() : OptionalLong.of(offset);
    }

    synchronized void committed(long offset) {
        committed = offset;
    }

    synchronized int unsettled() {
        return open.size();
    }
}
