package dev.sallyport.schema.event;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** Who has to allow a call before it runs; from the mildest to the strictest. */
public enum ApprovalBy {
    /** Nobody: grant and scopes are enough. */
    NONE("none"),
    /** The caller itself, once it has seen the effect. */
    CONFIRM("confirm"),
    /** People other than the caller. */
    ANOTHER("another"),
    /** The call is refused: rules say so, and no approval is ever asked for. */
    NOBODY("nobody");

    private final String wire;

    ApprovalBy(String wire) {
        this.wire = wire;
    }

    /** The name in events and in the registry. */
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
    public static ApprovalBy of(String wire) {
        for (ApprovalBy value : values()) {
            if (value.wire.equals(wire)) {
                return value;
            }
        }
        throw new IllegalArgumentException("by must be none, confirm, another or nobody: " + wire);
    }
}
