package dev.sallyport.monitor.detect;

import dev.sallyport.schema.config.Default;
import java.time.Duration;

/**
 * When a volume is too much. Up to a floor nothing alerts, whatever the baseline; a principal
 * without an established baseline is held to the newcomer's limit instead.
 *
 * @param window length of the sliding window
 * @param grace how late an event may arrive and still be counted in its window
 * @param windowRowsFloor rows that a window may always hold
 * @param windowBytesFloor bytes that a window may always hold
 * @param windowRowsNewcomer rows that a window may hold before there is a baseline
 * @param windowBytesNewcomer bytes that a window may hold before there is a baseline
 * @param callRowsFloor rows that a call may always return
 * @param callBytesFloor bytes that a call may always return
 * @param callRowsNewcomer rows that a call may return before there is a baseline
 * @param callBytesNewcomer bytes that a call may return before there is a baseline
 * @param baseline how what is usual is learnt
 */
public record VolumeTuning(
        @Default("PT60S") Duration window,
        @Default("PT30S") Duration grace,
        @Default("2000") long windowRowsFloor,
        @Default("2000000") long windowBytesFloor,
        @Default("10000") long windowRowsNewcomer,
        @Default("10000000") long windowBytesNewcomer,
        @Default("1000") long callRowsFloor,
        @Default("1000000") long callBytesFloor,
        @Default("5000") long callRowsNewcomer,
        @Default("2000000") long callBytesNewcomer,
        BaselineTuning baseline) {
    public VolumeTuning {
        Sliding.require(window, grace);
        requireOrdered("windowRows", windowRowsFloor, windowRowsNewcomer);
        requireOrdered("windowBytes", windowBytesFloor, windowBytesNewcomer);
        requireOrdered("callRows", callRowsFloor, callRowsNewcomer);
        requireOrdered("callBytes", callBytesFloor, callBytesNewcomer);
    }

    static void requireOrdered(String what, long floor, long newcomer) {
        if (floor < 0 || newcomer < floor) {
            throw new IllegalArgumentException(
                    what
                            + "Floor must not be negative, and "
                            + what
                            + "Newcomer not below it: "
                            + floor
                            + " and "
                            + newcomer);
        }
    }

    Volume windowFloor() {
        return new Volume(windowRowsFloor, windowBytesFloor);
    }

    Volume windowNewcomer() {
        return new Volume(windowRowsNewcomer, windowBytesNewcomer);
    }

    Volume callFloor() {
        return new Volume(callRowsFloor, callBytesFloor);
    }

    Volume callNewcomer() {
        return new Volume(callRowsNewcomer, callBytesNewcomer);
    }
}
