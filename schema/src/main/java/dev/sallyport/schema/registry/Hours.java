package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A time of the day. From 18:00 to 08:00 goes over midnight, and belongs to the day on which it
 * begins.
 *
 * @param from when it begins, as {@code HH:mm}
 * @param to when it is over
 * @param zone whose clock counts, such as {@code Europe/Berlin}
 * @param days on which days it begins; absent means every day
 */
public record Hours(String from, String to, String zone, @Nullable Set<Day> days) {

    /** A day of the week. */
    public enum Day {
        MON(DayOfWeek.MONDAY),
        TUE(DayOfWeek.TUESDAY),
        WED(DayOfWeek.WEDNESDAY),
        THU(DayOfWeek.THURSDAY),
        FRI(DayOfWeek.FRIDAY),
        SAT(DayOfWeek.SATURDAY),
        SUN(DayOfWeek.SUNDAY);

        private final DayOfWeek day;

        Day(DayOfWeek day) {
            this.day = day;
        }

        /** The name in the registry. */
        @JsonValue
        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }

        /**
         * The day of that name.
         *
         * @throws IllegalArgumentException if there is no such day
         */
        @JsonCreator
        public static Day of(String wire) {
            for (Day day : values()) {
                if (day.wire().equals(wire)) {
                    return day;
                }
            }
            throw new IllegalArgumentException(
                    "a day must be mon, tue, wed, thu, fri, sat or sun: " + wire);
        }
    }

    public Hours {
        time("from", from);
        time("to", to);
        if (from.equals(to)) {
            throw new IllegalArgumentException("from and to must be two times: " + from);
        }
        try {
            var _ = ZoneId.of(zone);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    "zone must be one such as Europe/Berlin or UTC: " + zone, e);
        }
        if (days != null && days.isEmpty()) {
            throw new IllegalArgumentException("days must be 1 to 7 days, or absent for all");
        }
        days = days == null ? null : Set.copyOf(days);
    }

    private static LocalTime time(String what, String text) {
        try {
            if (text.length() == "HH:mm".length()) {
                return LocalTime.parse(text);
            }
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(what + " must be a time such as 18:00: " + text, e);
        }
        throw new IllegalArgumentException(what + " must be a time such as 18:00: " + text);
    }

    /** Whether the instant is within it. */
    boolean contains(Instant instant) {
        ZonedDateTime there = instant.atZone(ZoneId.of(zone));
        LocalTime begins = time("from", from);
        LocalTime ends = time("to", to);
        LocalTime now = there.toLocalTime();
        DayOfWeek day = there.getDayOfWeek();
        if (begins.isBefore(ends)) {
            return !now.isBefore(begins) && now.isBefore(ends) && beginsOn(day);
        }
        return now.isBefore(begins) ? now.isBefore(ends) && beginsOn(day.minus(1)) : beginsOn(day);
    }

    private boolean beginsOn(DayOfWeek day) {
        return days == null || days.stream().anyMatch(one -> one.day == day);
    }
}
