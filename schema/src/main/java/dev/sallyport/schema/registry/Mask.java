package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** What is shown in place of a value. */
public enum Mask {
    /** Nothing: SQL's null, of the column's own type. */
    EMPTY("empty"),
    /** One text for all rows, those without a value included. */
    FIXED("fixed"),
    /** The beginning of a text, and of an e-mail address its domain; short texts not at all. */
    PARTIAL("partial"),
    /** A keyed hash: equal values have equal hashes. */
    HASH("hash"),
    /** The last four characters; values of fewer than eight not at all. */
    LAST_FOUR("last_four");

    private final String wire;

    Mask(String wire) {
        this.wire = wire;
    }

    @JsonValue
    public String wire() {
        return wire;
    }

    /**
     * The mask of that name.
     *
     * @throws IllegalArgumentException if there is no such mask
     */
    @JsonCreator
    public static Mask of(String wire) {
        for (Mask mask : values()) {
            if (mask.wire.equals(wire)) {
                return mask;
            }
        }
        throw new IllegalArgumentException(
                "mask must be empty, fixed, partial, hash or last_four: " + wire);
    }
}
