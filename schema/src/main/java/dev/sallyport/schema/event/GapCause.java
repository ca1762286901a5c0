package dev.sallyport.schema.event;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** Why the audit service does not hold some records. */
public enum GapCause {
    /** Kafka deleted them, by retention or on request, before they were read. */
    DELETED("deleted"),
    /** The topic ends before a place that was read already: its end was cut off. */
    CUT_BACK("cut_back"),
    /** The topic was deleted and made anew. */
    REPLACED("replaced"),
    /** A topic without transactions went on at a later record. */
    SKIPPED("skipped"),
    /** Somebody but the service marked them as read; they were read all the same. */
    FORGED("forged");

    private final String wire;

    GapCause(String wire) {
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
    public static GapCause of(String wire) {
        for (GapCause value : values()) {
            if (value.wire.equals(wire)) {
                return value;
            }
        }
        throw new IllegalArgumentException("no such GapCause: " + wire);
    }
}
