package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;

/** The time that a limit is counted in. Windows follow the calendar in UTC. */
public enum Window {
    MINUTE("minute", ChronoUnit.MINUTES),
    HOUR("hour", ChronoUnit.HOURS),
    DAY("day", ChronoUnit.DAYS),
    MONTH("month", ChronoUnit.MONTHS);

    private final String wire;
    private final ChronoUnit unit;

    Window(String wire, ChronoUnit unit) {
        this.wire = wire;
        this.unit = unit;
    }

    /** The name in the registry, and the field of PostgreSQL's {@code date_trunc}. */
    @JsonValue
    public String wire() {
        return wire;
    }

    /**
     * The value of that name.
     *
     * @throws IllegalArgumentException if there is no such value
     */
    @JsonCreator
    public static Window of(String wire) {
        for (Window value : values()) {
            if (value.wire.equals(wire)) {
                return value;
            }
        }
        throw new IllegalArgumentException("window must be minute, hour, day or month: " + wire);
    }

    /** When the window began that the instant is in. */
    public Instant startOf(Instant instant) {
        ZonedDateTime utc = instant.atZone(ZoneOffset.UTC);
        return this == MONTH
                ? utc.withDayOfMonth(1).truncatedTo(ChronoUnit.DAYS).toInstant()
                : utc.truncatedTo(unit).toInstant();
    }

    /** When the window ends that the instant is in; that instant is in the next one. */
    public Instant endOf(Instant instant) {
        return startOf(instant).atZone(ZoneOffset.UTC).plus(1, unit).toInstant();
    }
}
