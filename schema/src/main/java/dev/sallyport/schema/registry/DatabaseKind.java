package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** What kind of server a database is on. */
public enum DatabaseKind {
    POSTGRESQL("postgresql");

    private final String wire;

    DatabaseKind(String wire) {
        this.wire = wire;
    }

    @JsonValue
    public String wire() {
        return wire;
    }

    /**
     * The kind of that name.
     *
     * @throws IllegalArgumentException if there is no such kind
     */
    @JsonCreator
    public static DatabaseKind of(String wire) {
        for (DatabaseKind kind : values()) {
            if (kind.wire.equals(wire)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("no such database kind: " + wire);
    }
}
