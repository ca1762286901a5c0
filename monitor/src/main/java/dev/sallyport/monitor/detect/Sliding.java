package dev.sallyport.monitor.detect;

import java.time.Duration;

/**
 * A sliding window cut into slots, so that its state is bounded however many events fall into it. A
 * window covers {@link #SLOTS} slots and moves by one slot. All times are epoch milliseconds.
 *
 * @param width length of the window
 * @param grace how late an event may arrive behind the newest of its principal and still be counted
 */
record Sliding(Duration width, Duration grace) {
    /** Slots a window: the window's edge is exact to a twelfth of its width. */
    static final int SLOTS = 12;

    Sliding {
        require(width, grace);
    }

    static void require(Duration width, Duration grace) {
        if (width.toMillis() < SLOTS || width.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException(
                    "window must be " + SLOTS + " ms to 1 day: " + width);
        }
        if (grace.isNegative() || grace.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("grace must be 0 to 1 day: " + grace);
        }
    }

    long slotMillis() {
        return width.toMillis() / SLOTS;
    }

    long slotOf(long atMillis) {
        return Math.floorDiv(atMillis, slotMillis()) * slotMillis();
    }

    long lastSlotOfWindowStartingWith(long slot) {
        return slot + (SLOTS - 1) * slotMillis();
    }

    /** Start of the first slot of the window whose last slot is this one. */
    long firstSlotOfWindowEndingWith(long slot) {
        return slot - (SLOTS - 1) * slotMillis();
    }

    /**
     * Start of the fixed window that the slot belongs to: fixed windows stand side by side, and are
     * what a baseline learns from.
     */
    long fixedWindowOf(long slot) {
        long width = SLOTS * slotMillis();
        return Math.floorDiv(slot, width) * width;
    }

    /**
     * Fixed windows that start before this are closed: nothing that is still counted can fall into
     * one.
     */
    long openSince(long newestMillis) {
        return fixedWindowOf(slotOf(newestMillis - grace.toMillis() - width.toMillis()));
    }
}
