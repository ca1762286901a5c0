package dev.sallyport.schema.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** A cell: the unit of isolation of executors, with processes, secrets and network of its own. */
public record CellId(@JsonValue String value) implements Comparable<CellId> {
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public CellId {
        Names.require("cell id", value);
    }

    @Override
    public int compareTo(CellId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
