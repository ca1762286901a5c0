package dev.sallyport.monitor.detect;

import dev.sallyport.schema.config.Default;
import java.time.Duration;

/**
 * When a volume is too much for an hour or a day, though no minute of it was. Floors and newcomers'
 * limits mean the same as in {@link VolumeTuning}.
 *
 * @param grace how late an event may arrive and still be counted in its hour and day
 * @param hourRowsFloor rows that an hour may always hold
 * @param hourBytesFloor bytes that an hour may always hold
 * @param hourRowsNewcomer rows that an hour may hold before there is a baseline of hours
 * @param hourBytesNewcomer bytes that an hour may hold before there is a baseline of hours
 * @param dayRowsFloor rows that 24 hours may always hold
 * @param dayBytesFloor bytes that 24 hours may always hold
 * @param dayRowsNewcomer rows that 24 hours may hold before there is a baseline of days
 * @param dayBytesNewcomer bytes that 24 hours may hold before there is a baseline of days
 * @param newcomersRowsFloor rows that all newcomers of a tenant together may always read in an hour
 * @param newcomersBytesFloor bytes that all newcomers of a tenant together may always read in an
 *     hour
 * @param baseline how what is usual is learnt
 */
public record SlowVolumeTuning(
        @Default("PT5M") Duration grace,
        @Default("20000") long hourRowsFloor,
        @Default("20000000") long hourBytesFloor,
        @Default("100000") long hourRowsNewcomer,
        @Default("100000000") long hourBytesNewcomer,
        @Default("100000") long dayRowsFloor,
        @Default("100000000") long dayBytesFloor,
        @Default("1000000") long dayRowsNewcomer,
        @Default("1000000000") long dayBytesNewcomer,
        @Default("100000") long newcomersRowsFloor,
        @Default("100000000") long newcomersBytesFloor,
        BaselineTuning baseline) {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration DAY = Duration.ofDays(1);

    public SlowVolumeTuning {
        Sliding.require(HOUR, grace);
        VolumeTuning.requireOrdered("hourRows", hourRowsFloor, hourRowsNewcomer);
        VolumeTuning.requireOrdered("hourBytes", hourBytesFloor, hourBytesNewcomer);
        VolumeTuning.requireOrdered("dayRows", dayRowsFloor, dayRowsNewcomer);
        VolumeTuning.requireOrdered("dayBytes", dayBytesFloor, dayBytesNewcomer);
        VolumeTuning.requireOrdered("newcomersRows", newcomersRowsFloor, newcomersRowsFloor);
        VolumeTuning.requireOrdered("newcomersBytes", newcomersBytesFloor, newcomersBytesFloor);
    }

    VolumeTuning hour() {
        return window(
                HOUR,
                new Volume(hourRowsFloor, hourBytesFloor),
                new Volume(hourRowsNewcomer, hourBytesNewcomer));
    }

    VolumeTuning day() {
        return window(
                DAY,
                new Volume(dayRowsFloor, dayBytesFloor),
                new Volume(dayRowsNewcomer, dayBytesNewcomer));
    }

    VolumeTuning newcomersTogether() {
        Volume floor = new Volume(newcomersRowsFloor, newcomersBytesFloor);
        return window(HOUR, floor, floor);
    }

    /** A single call is looked at by the detector of minutes. */
    private VolumeTuning window(Duration window, Volume floor, Volume newcomer) {
        return new VolumeTuning(
                window,
                grace,
                floor.rows(),
                floor.bytes(),
                newcomer.rows(),
                newcomer.bytes(),
                Long.MAX_VALUE,
                Long.MAX_VALUE,
                Long.MAX_VALUE,
                Long.MAX_VALUE,
                baseline);
    }
}
