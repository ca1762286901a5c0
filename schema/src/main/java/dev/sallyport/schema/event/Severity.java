package dev.sallyport.schema.event;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** How soon a human should look at an alert. */
public enum Severity {
    LOW("low"),
    MEDIUM("medium"),
    HIGH("high"),
    CRITICAL("critical");

    private final String wire;

    Severity(String wire) {
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
    public static Severity of(String wire) {
        for (Severity value : values()) {
            if (value.wire.equals(wire)) {
                return value;
            }
        }
        throw new IllegalArgumentException("no such Severity: " + wire);
    }
}
