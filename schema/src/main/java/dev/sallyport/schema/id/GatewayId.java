package dev.sallyport.schema.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** One gateway instance: the name under which its signing key stands in the registry. */
public record GatewayId(@JsonValue String value) implements Comparable<GatewayId> {
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public GatewayId {
        Names.require("gateway id", value);
    }

    @Override
    public int compareTo(GatewayId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
