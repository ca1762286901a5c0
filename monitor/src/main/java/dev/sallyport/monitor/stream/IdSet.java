package dev.sallyport.monitor.stream;

/**
 * A set of 128-bit ids whose high halves are not 0: one array of longs, two an id, searched by
 * linear probing and never more than three quarters full.
 */
final class IdSet {
    private static final int FIRST_PLACES = 64;

    /** High and low half by turns; a high half of 0 is a free place. */
    private long[] halves = new long[2 * FIRST_PLACES];

    private int size;

    int size() {
        return size;
    }

    /** Whether the id is new to the set. */
    boolean add(long high, long low) {
        if (high == 0) {
            throw new IllegalArgumentException("the high half of an id must not be 0");
        }
        if (4L * (size + 1) > 3L * (halves.length / 2)) {
            grow();
        }
        if (!place(halves, high, low)) {
            return false;
        }
        size++;
        return true;
    }

    private void grow() {
        long[] larger = new long[2 * halves.length];
        for (int at = 0; at < halves.length; at += 2) {
            if (halves[at] != 0) {
                place(larger, halves[at], halves[at + 1]);
            }
        }
        halves = larger;
    }

    private static boolean place(long[] halves, long high, long low) {
        int mask = halves.length - 1;
        // 0x9E37...: 2^64 divided by the golden ratio spreads neighbours over the table
        long hash = (high ^ Long.rotateLeft(low, 32)) * 0x9E3779B97F4A7C15L;
        int at = (int) (hash >>> 32) << 1 & mask;
        while (halves[at] != 0) {
            if (halves[at] == high && halves[at + 1] == low) {
                return false;
            }
            at = at + 2 & mask;
        }
        halves[at] = high;
        halves[at + 1] = low;
        return true;
    }
}
