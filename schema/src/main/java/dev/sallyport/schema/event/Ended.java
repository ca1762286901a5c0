package dev.sallyport.schema.event;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** How a call ended. */
public enum Ended {
    /** The database did it and, for a write, committed it. */
    SUCCEEDED("succeeded"),
    /** The database or the executor refused it; nothing was changed. */
    FAILED("failed"),
    /** Its deadline passed; nothing was changed. */
    EXPIRED("expired"),
    /** It was stopped, as by a suspension; nothing was changed. */
    CANCELLED("cancelled"),
    /** Whether a write was committed cannot be told. */
    UNKNOWN("unknown");

    private final String wire;

    Ended(String wire) {
        this.wire = wire;
    }

    /** The name in events and in the API. */
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
    public static Ended of(String wire) {
        for (Ended value : values()) {
            if (value.wire.equals(wire)) {
                return value;
            }
        }
        throw new IllegalArgumentException("no such Ended: " + wire);
    }
}
