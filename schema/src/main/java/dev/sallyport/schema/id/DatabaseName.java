package dev.sallyport.schema.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** A database as a tenant's callers name it; unique within the tenant. */
public record DatabaseName(@JsonValue String value) implements Comparable<DatabaseName> {
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public DatabaseName {
        Names.require("database name", value);
    }

    @Override
    public int compareTo(DatabaseName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
