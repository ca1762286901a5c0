package dev.sallyport.schema.event;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * What a statement does to a database, as far as its text tells; the database stays the boundary.
 */
public enum StatementClass {
    /** Returns rows and changes nothing. */
    READ("read"),
    /** Adds or changes rows. */
    WRITE("write"),
    /** Removes rows. */
    DELETE("delete"),
    /** Changes what tables there are. */
    DDL("ddl"),
    /** Changes who may do what. */
    ADMIN("admin"),
    /** Could not be told: treated as the worst. */
    UNKNOWN("unknown");

    private final String wire;

    StatementClass(String wire) {
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
    public static StatementClass of(String wire) {
        for (StatementClass value : values()) {
            if (value.wire.equals(wire)) {
                return value;
            }
        }
        throw new IllegalArgumentException("no such StatementClass: " + wire);
    }
}
