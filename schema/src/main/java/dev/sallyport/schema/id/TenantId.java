package dev.sallyport.schema.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** A tenant: a team whose agents and databases are kept apart from every other's. */
public record TenantId(@JsonValue String value) implements Comparable<TenantId> {
    /**
     * The tenant of what belongs to no tenant, such as a token of an unknown issuer. No one's token
     * leads to it.
     */
    public static final TenantId PLATFORM = new TenantId("platform");

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public TenantId {
        Names.require("tenant id", value);
    }

    @Override
    public int compareTo(TenantId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
